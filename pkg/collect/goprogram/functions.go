package goprogram

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"slices"
	"strings"
)

// found is a function or variable of the program.
type found struct {
	name  string
	entry uint64
	size  uint64 // may count padding
}

// The names that are looked for.
const (
	nameGrowslice = "runtime.growslice"
	nameMemmove   = "runtime.memmove"
	nameMorestack = "runtime.morestack"
	nameProfile   = "runtime.mProf_Malloc"
	nameRate      = "runtime.MemProfileRate"
	// What reads the heap profile: until Go 1.22, and later.
	nameReader      = "runtime.MemProfile"
	nameReaderSince = "runtime.memProfileInternal"
)

var wanted = []string{
	nameGrowslice, nameMemmove, nameMorestack, nameMorestack + "_noctxt",
	nameProfile, nameRate, nameReader, nameReaderSince,
}

// names are the symbols that were found, by name. A name may have several:
// the linker puts trampolines to a far function near to its callers, and they
// count as the function.
type names map[string][]found

func (n names) one(name string) (found, bool) {
	if len(n[name]) != 1 {
		return found{}, false
	}
	return n[name][0], true
}

// entries are the addresses of functions.
func (n names) entries(functions ...string) map[uint64]bool {
	at := map[uint64]bool{}
	for _, f := range functions {
		for _, s := range n[f] {
			at[s.entry] = true
		}
	}
	return at
}

// meant is the wanted name that a symbol stands for; "" is none.
func meant(symbol string) string {
	if i := strings.Index(symbol, "-tramp"); i >= 0 {
		symbol = strings.TrimSuffix(symbol[:i], "+0")
		if symbol == nameGrowslice || symbol == nameProfile {
			return "" // is probed itself
		}
	}
	symbol = strings.TrimSuffix(symbol, ".abi0") // what the symbol table adds to assembly
	if slices.Contains(wanted, symbol) {
		return symbol
	}
	return ""
}

// symbols looks for the wanted names in the symbol table. The table of a big
// program has millions of entries: the strings are searched first, and then
// only numbers are compared.
func (m *image) symbols() names {
	all := names{}
	for _, s := range m.elf.Sections {
		if s.Type != elf.SHT_SYMTAB || !readable(s) || int(s.Link) >= len(m.elf.Sections) {
			continue
		}
		table := m.elf.Sections[s.Link]
		if table.Type != elf.SHT_STRTAB || !readable(table) {
			continue
		}
		m.symbolTable(s, search(table, 0, table.Size), all)
	}
	return all
}

func (m *image) symbolTable(s *elf.Section, at map[uint64]string, all names) {
	const entry = 24 // Elf64_Sym
	seen := map[found]bool{}
	chunks(s, 0, s.Size, entry, func(_ uint64, b []byte) bool {
		for ; len(b) >= entry; b = b[entry:] {
			name := at[uint64(binary.LittleEndian.Uint32(b))]
			undefined := binary.LittleEndian.Uint16(b[6:]) == uint16(elf.SHN_UNDEF)
			if name == "" || undefined {
				continue
			}
			f := found{meant(name), binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])}
			if len(all[f.name]) < maxFound && !seen[f] {
				seen[f] = true
				all[f.name] = append(all[f.name], f)
			}
		}
		return true
	})
}

// maxFound bounds the symbols of one name.
const maxFound = 64

// maxName is longer than any wanted name with what a trampoline adds to it.
const maxName = 64

// beginnings are what every wanted name has one of.
var beginnings = [][]byte{[]byte("runtime.m"), []byte("runtime.growslice"), []byte("runtime.MemProfile")}

// search finds the wanted names among strings that end in zero, and gives
// their offsets from start.
func search(r io.ReaderAt, start, end uint64) map[uint64]string {
	at := map[uint64]string{}
	overlapping(r, start, end, func(offset uint64, b []byte) {
		for _, n := range beginnings {
			for from := 0; ; {
				i := bytes.Index(b[from:], n)
				if i < 0 {
					break
				}
				from += i
				if name := text(b[from:]); meant(name) != "" && len(at) < maxFound {
					at[offset+uint64(from)-start] = name
				}
				from++
			}
		}
	})
	return at
}

// text is the string at the beginning, "" when it does not end soon.
func text(b []byte) string {
	b = b[:min(len(b), maxName)]
	if i := bytes.IndexByte(b, 0); i >= 0 {
		return string(b[:i])
	}
	return ""
}

// overlapping reads in pieces that begin again with the end of the one
// before, so that each name is whole in one of them.
func overlapping(r io.ReaderAt, start, end uint64, visit func(at uint64, b []byte)) {
	buffer := make([]byte, window)
	kept := 0
	for at := start; at < end; {
		n, err := r.ReadAt(buffer[kept:kept+int(min(uint64(window-kept), end-at))], int64(at))
		if n == 0 {
			return
		}
		visit(at-uint64(kept), buffer[:kept+n])
		at += uint64(n)
		if err != nil {
			return
		}
		have := kept + n
		kept = min(have, maxName)
		copy(buffer, buffer[have-kept:have])
	}
}
