package symbols

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Modules and BPF programs are loaded while we run: names are read again when
// an address has none, but not sooner than after firstAge, and twice as long
// each time, up to lastAge. Reading takes 50 ms.
const (
	firstAge = time.Minute
	lastAge  = time.Hour
)

// kernel names the kernel's addresses.
type kernel struct {
	roots   collect.Roots
	symbols *kernelSymbols
	images  []image // by start; they do not overlap
	age     time.Duration
	again   time.Time // not sooner

	seen    map[uint64]struct{}
	wanted  []uint64
	written map[codeOf]struct{}
}

// image is a part of the kernel that has a mapping of its own.
type image struct {
	name       string // with its brackets
	start, end uint64
	told       bool
	buildID    string
}

// codeOf is a function, whichever way the kernel was laid out.
type codeOf struct {
	image string
	start uint64 // in the image
}

func newKernel(roots collect.Roots) *kernel {
	return &kernel{roots: roots, seen: map[uint64]struct{}{}, written: map[codeOf]struct{}{}}
}

// hidden says why there are no names of the kernel, if there are none.
func hidden(roots collect.Roots) *numa.Unavailable {
	name := filepath.Join(roots.Proc, "kallsyms")
	u := &numa.Unavailable{Feature: "symbols: names of the kernel's functions"}
	f, err := os.Open(name)
	if err != nil {
		u.Why = err.Error()
		if u.Remedy = "use a kernel with CONFIG_KALLSYMS"; !errors.Is(err, fs.ErrNotExist) {
			u.Remedy = "let the agent read " + name
		}
		return u
	}
	defer f.Close()
	// The first addresses of some kernels are 0 in truth: per-CPU data.
	const enough = 1 << 16
	s := bufio.NewScanner(f)
	for i := 0; i < enough && s.Scan(); i++ {
		if addr, rest, ok := hexUntil(s.Bytes(), ' '); ok && addr != 0 && len(rest) > 0 && isText(rest[0]) {
			return nil
		}
	}
	u.Why = name + " shows no addresses: the kernel hides them (kernel.kptr_restrict)"
	u.Remedy = "give the agent CAP_SYSLOG, or set kernel.kptr_restrict to 0 and kernel.perf_event_paranoid to 1"
	return u
}

func (k *kernel) want(addr uint64) {
	if _, ok := k.seen[addr]; !ok {
		k.seen[addr] = struct{}{}
		k.wanted = append(k.wanted, addr)
	}
}

// load reads the names, again if they are old and something has none.
func (k *kernel) load() {
	now := time.Now()
	if now.Before(k.again) {
		return
	}
	k.age = min(max(2*k.age, firstAge), lastAge)
	k.again = now.Add(k.age)
	f, err := os.Open(filepath.Join(k.roots.Proc, "kallsyms"))
	if err != nil {
		return
	}
	defer f.Close()
	symbols, err := parseKallsyms(f)
	if err != nil {
		return
	}
	told := map[image]bool{}
	for _, i := range k.images {
		told[image{name: i.name, start: i.start, end: i.end}] = i.told
	}
	k.symbols = symbols
	k.images = imagesOf(symbols, readModules(k.roots))
	for i := range k.images {
		m := &k.images[i]
		m.told = told[image{name: m.name, start: m.start, end: m.end}]
	}
}

// find gives the function that an address lies in, and its image.
func (k *kernel) find(addr uint64) (i int, m *image, ok bool) {
	if k.symbols == nil {
		k.load()
	}
	if i, m, ok = k.lookUp(addr); !ok {
		k.load()
		i, m, ok = k.lookUp(addr)
	}
	return i, m, ok
}

func (k *kernel) lookUp(addr uint64) (i int, m *image, ok bool) {
	if k.symbols == nil {
		return 0, nil, false
	}
	j := sort.Search(len(k.images), func(j int) bool { return k.images[j].end > addr })
	if j == len(k.images) || addr < k.images[j].start {
		return 0, nil, false
	}
	m = &k.images[j]
	i = sort.Search(len(k.symbols.at), func(i int) bool { return k.symbols.at[i] > addr }) - 1
	return i, m, i >= 0 && k.symbols.at[i] >= m.start
}

func (k *kernel) function(addr uint64) (string, bool) {
	i, _, ok := k.find(addr)
	if !ok {
		return "", false
	}
	return k.symbols.candidate(i).name, true
}

// write sends what is new of the addresses that were asked for.
func (k *kernel) write(sink collect.TraceSink, ts int64) {
	for _, addr := range k.wanted {
		i, m, ok := k.find(addr)
		if !ok {
			continue
		}
		if !m.told {
			m.told = true
			m.buildID = kernelBuildID(k.roots, m.name)
			sink.Mapping(export.Mapping{TS: ts, Start: m.start, End: m.end, File: m.name, BuildID: m.buildID})
		}
		code := codeOf{m.name, k.symbols.at[i] - m.start}
		if _, done := k.written[code]; done {
			continue
		}
		k.written[code] = struct{}{}
		end := m.end
		if i+1 < len(k.symbols.at) {
			end = min(end, k.symbols.at[i+1])
		}
		sink.Symbol(export.Symbol{TS: ts, File: m.name, BuildID: m.buildID, Start: code.start, End: end - m.start, Symbol: k.symbols.candidate(i).name})
	}
	k.wanted = nil
}

// kernelBuildID is that of an image, from the notes that the kernel shows.
func kernelBuildID(roots collect.Roots, name string) string {
	file := filepath.Join(roots.Sys, "kernel/notes")
	if name != kernelImage {
		module := strings.Trim(name, "[]")
		if module == "" || strings.ContainsAny(module, "/") || module == ".." {
			return ""
		}
		file = filepath.Join(roots.Sys, "module", module, "notes/.note.gnu.build-id")
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return buildID(b)
}

const (
	kernelImage = "[kernel]"
	// bpfModule is how kallsyms marks programs that were loaded for BPF.
	bpfModule = "bpf"
	// longestProgram bounds such a program: there is nothing that ends it.
	longestProgram = 64 << 10
	pageSize       = 4096
)

// loaded is a line of /proc/modules.
type loaded struct{ start, size uint64 }

// readModules reads where modules lie: "name size uses users state address".
// An address that is hidden is 0.
func readModules(roots collect.Roots) map[string]loaded {
	b, err := os.ReadFile(filepath.Join(roots.Proc, "modules"))
	if err != nil {
		return nil
	}
	all := map[string]loaded{}
	for line := range bytes.Lines(b) {
		var l loaded
		f := strings.Fields(string(line))
		if len(f) < 6 {
			continue
		}
		if _, err := fmt.Sscanf(f[1]+" "+f[5], "%d 0x%x", &l.size, &l.start); err == nil && l.start != 0 {
			all[f[0]] = l
		}
	}
	return all
}

// imagesOf finds the parts of the kernel: its own text, each module's, and
// each BPF program, which comes and goes by itself.
func imagesOf(k *kernelSymbols, modules map[string]loaded) []image {
	var all []image
	if k.first < k.last {
		all = append(all, image{name: kernelImage, start: k.first, end: k.last})
	}
	extents := make([]extent, len(k.modules))
	for i, addr := range k.at {
		m := k.owner[i]
		switch {
		case m == 0:
		case k.modules[m] == bpfModule:
			end := addr + longestProgram
			if i+1 < len(k.at) {
				end = min(end, k.at[i+1])
			}
			all = append(all, image{name: "[" + k.candidate(i).name + "]", start: addr, end: end})
		case extents[m].start == 0:
			extents[m] = extent{addr, addr + 1}
		default:
			extents[m].end = addr + 1
		}
	}
	for m, e := range extents {
		if e.start == 0 {
			continue
		}
		e.end = (e.end + pageSize - 1) &^ (pageSize - 1)
		if l := modules[k.modules[m]]; l.start != 0 && l.start <= e.start && e.start-l.start < l.size {
			e.start, e.end = l.start, max(e.end, l.start+l.size)
		}
		all = append(all, image{name: "[" + k.modules[m] + "]", start: e.start, end: e.end})
	}
	slices.SortFunc(all, func(a, b image) int { return cmp.Compare(a.start, b.start) })
	for i := range all[:max(len(all)-1, 0)] {
		all[i].end = min(all[i].end, all[i+1].start)
	}
	return all
}
