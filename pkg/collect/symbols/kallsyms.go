package symbols

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"sort"
)

// kernelSymbols are the kernel's functions: names one after the other, and
// what points to them. 120,000 take some four megabytes.
type kernelSymbols struct {
	text  []byte
	at    []uint64 // addresses, ascending, each once
	names []uint32 // offsets in text, of a length and the name
	owner []uint16 // index of modules
	// modules are those that functions are of; the first is the kernel, "".
	modules     []string
	first, last uint64 // the kernel's own text; 0 where it does not say
}

// mostKernelText bounds what is kept of names.
const mostKernelText = 256 << 20

// parseKallsyms reads /proc/kallsyms: "address type name\t[module]". Data and
// what marks the space before a function are dropped. Where it is hidden all
// addresses are 0.
func parseKallsyms(r io.Reader) (*kernelSymbols, error) {
	k := &kernelSymbols{modules: []string{""}}
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 64<<10), 64<<10)
	module := uint16(0)
	for s.Scan() {
		line := s.Bytes()
		addr, rest, ok := hexUntil(line, ' ')
		if !ok || len(rest) < 3 || rest[1] != ' ' {
			return nil, fmt.Errorf("kallsyms: the line %.80q makes no sense", line)
		}
		kind, rest := rest[0], rest[2:]
		name, tail, _ := bytes.Cut(rest, []byte{'\t'})
		k.bounds(addr, name)
		if addr == 0 || !isText(kind) || isPadding(name) || len(name) == 0 || len(name) > 512 {
			continue
		}
		if module, ok = k.module(tail, module); !ok {
			continue
		}
		k.add(addr, kind, name, module)
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("kallsyms: %w", err)
	}
	k.sort()
	return k, nil
}

// isText says whether a symbol's type is that of code; capitals are global.
// Weak ones may be data, but no data lies where code does.
func isText(kind byte) bool { return kind == 't' || kind == 'T' || kind == 'w' || kind == 'W' }

// isPadding: of each function compiled with space before it, kernels since 6.2
// have a symbol for that space, which belongs to no one.
func isPadding(name []byte) bool {
	return bytes.HasPrefix(name, []byte("__pfx_")) || bytes.HasPrefix(name, []byte("__cfi_"))
}

// bounds notes where the kernel's text begins and ends.
func (k *kernelSymbols) bounds(addr uint64, name []byte) {
	switch string(name) {
	case "_text", "_stext":
		if k.first == 0 || addr < k.first {
			k.first = addr
		}
	case "_etext":
		k.last = addr
	}
}

// module gives the index of "[name]". Lines of a module follow each other.
func (k *kernelSymbols) module(tail []byte, last uint16) (uint16, bool) {
	if len(tail) < 2 || tail[0] != '[' || tail[len(tail)-1] != ']' {
		return 0, len(tail) == 0
	}
	tail = tail[1 : len(tail)-1]
	if k.modules[last] == string(tail) {
		return last, true
	}
	if i := slices.Index(k.modules, string(tail)); i >= 0 {
		return uint16(i), true
	}
	if len(k.modules) > 1<<15 {
		return 0, false
	}
	k.modules = append(k.modules, string(tail))
	return uint16(len(k.modules) - 1), true
}

// add keeps a function, or of several at one address the name that is better.
func (k *kernelSymbols) add(addr uint64, kind byte, name []byte, module uint16) {
	if len(k.text) > mostKernelText {
		return
	}
	global := byte(0)
	if kind == 'T' || kind == 'W' {
		global = 1
	}
	if n := len(k.at); n > 0 && k.at[n-1] == addr && k.owner[n-1] == module {
		was := k.candidate(n - 1)
		if was.or(candidate{string(name), global == 1}) == was {
			return
		}
		k.text = k.text[:k.names[n-1]]
	} else {
		k.at = append(k.at, addr)
		k.names = append(k.names, 0)
		k.owner = append(k.owner, module)
	}
	k.names[len(k.names)-1] = uint32(len(k.text))
	k.text = append(k.text, global, byte(len(name)), byte(len(name)>>8))
	k.text = append(k.text, name...)
}

func (k *kernelSymbols) candidate(i int) candidate {
	b := k.text[k.names[i]:]
	return candidate{name: string(b[3 : 3+int(b[1])+int(b[2])<<8]), global: b[0] == 1}
}

func (k *kernelSymbols) Len() int           { return len(k.at) }
func (k *kernelSymbols) Less(i, j int) bool { return k.at[i] < k.at[j] }
func (k *kernelSymbols) Swap(i, j int) {
	k.at[i], k.at[j] = k.at[j], k.at[i]
	k.names[i], k.names[j] = k.names[j], k.names[i]
	k.owner[i], k.owner[j] = k.owner[j], k.owner[i]
}

// sort orders by address; the kernel's order nearly is so. What is at one
// address twice is left once.
func (k *kernelSymbols) sort() {
	if !sort.IsSorted(k) {
		sort.Stable(k)
	}
	n := 0
	for i := range k.at {
		if n > 0 && k.at[n-1] == k.at[i] {
			if best := k.candidate(n - 1); best.or(k.candidate(i)) != best {
				k.names[n-1], k.owner[n-1] = k.names[i], k.owner[i]
			}
			continue
		}
		k.at[n], k.names[n], k.owner[n] = k.at[i], k.names[i], k.owner[i]
		n++
	}
	k.at, k.names, k.owner = slices.Clip(k.at[:n]), slices.Clip(k.names[:n]), slices.Clip(k.owner[:n])
	k.text = slices.Clip(k.text)
}
