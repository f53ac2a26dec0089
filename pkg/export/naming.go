package export

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path"
	"slices"
	"sync"
)

// Frame is one frame of a stack, named as far as the run can name it.
type Frame struct {
	// Function is its name; else the file and the offset in it, or the
	// address.
	Function string
	Source   string // "" is not known
	Line     int32  // 0 is not known
	Kernel   bool
}

// Naming names the frames of a run's stacks. It is safe for concurrent use.
type Naming struct {
	mappings map[int32][]Mapping
	symbols  map[fileKey]*symbolTable
	rows     [2]int // of mappings and symbols that it is made of

	mu     sync.Mutex
	frames []Frame // each once
	ids    map[Frame]int32
	named  map[int64][]int32 // frames by stack, innermost first
}

type (
	// stackRow is one frame's address.
	stackRow struct {
		ts, number int64
		depth, pid int32 // pid 0 is the kernel
		addr       uint64
	}
	fileKey struct{ file, buildID string }
)

// Naming gives the names of some of a run's stacks. The others are not read:
// a run of many short processes has more of them than fit in memory.
func (r *Reader) Naming(ctx context.Context, host, run string, stacks []int64) (*Naming, error) {
	return again(ctx, r, host, run, func(m *Manifest) (*Naming, error) {
		mappings, err := wholeTable(ctx, r, m, TableMappings, mappingAt)
		if err != nil {
			return nil, err
		}
		symbols, err := wholeTable(ctx, r, m, TableSymbols, symbolAt)
		if err != nil {
			return nil, err
		}
		key := "naming\x00" + host + "/" + run
		n, _ := r.cache.get(key).(*Naming)
		if rows := [2]int{len(mappings), len(symbols)}; n == nil || n.rows != rows || n.many() {
			n = newNaming(mappings, symbols)
		}
		if err := n.add(ctx, r, m, stacks); err != nil {
			return nil, err
		}
		r.cache.put(key, n, n.bytes())
		return n, nil
	})
}

// add reads the stacks that are not known yet.
func (n *Naming) add(ctx context.Context, r *Reader, m *Manifest, stacks []int64) error {
	wanted := n.unknown(stacks)
	if len(wanted) == 0 {
		return nil
	}
	rows := map[int64][]stackRow{}
	in := func(of span) bool {
		i, _ := slices.BinarySearch(wanted, of.from)
		return i < len(wanted) && wanted[i] <= of.to
	}
	for _, s := range m.segmentsOf(TableStacks, 0, math.MaxInt64, 0) {
		err := r.eachIn(ctx, m, s, in, []string{"stack", "ts", "depth", "pid", "addr"}, func(count int, cols []vector) error {
			for i := range count {
				number := cols[0].values[i]
				if _, ok := slices.BinarySearch(wanted, number); ok {
					rows[number] = append(rows[number], stackAt(cols, i))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for number, of := range rows {
		n.named[number] = n.name(of)
	}
	return nil
}

func (n *Naming) unknown(stacks []int64) []int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []int64
	for _, number := range stacks {
		if _, ok := n.named[number]; !ok && number != 0 {
			out = append(out, number)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// many tells that so many stacks were asked for that it is time to forget.
func (n *Naming) many() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.named) > 1<<18
}

func (n *Naming) bytes() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return int64(len(n.named))*200 + int64(len(n.frames))*100
}

// tableRows gathers rows as they are.
type tableRows[T any] struct {
	rows []T
	at   func(cols []vector, r int) T
}

func (l *tableRows[T]) take(rows int, cols []vector) error {
	for r := range rows {
		l.rows = append(l.rows, l.at(cols, r))
	}
	return nil
}

func (l *tableRows[T]) view() []T    { return l.rows }
func (l *tableRows[T]) bytes() int64 { return int64(len(l.rows)) * 64 }

// wholeTable gives all rows of one of the tables that name addresses.
func wholeTable[T any](ctx context.Context, r *Reader, m *Manifest, table string, at func([]vector, int) T) ([]T, error) {
	t, _ := TableByName(table)
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = c.Name
	}
	var all []T
	for _, s := range m.segmentsOf(table, 0, math.MaxInt64, 0) {
		rows, err := follow(ctx, r, m, s, "rows", columns, func() gathering[[]T] { return &tableRows[T]{at: at} })
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

func stackAt(cols []vector, r int) stackRow {
	s := stackRow{number: cols[0].values[r], ts: cols[1].values[r], depth: int32(cols[2].values[r]), addr: uint64(cols[4].values[r])}
	if !cols[3].isNull(r) {
		s.pid = int32(cols[3].values[r])
	}
	return s
}

func mappingAt(cols []vector, r int) Mapping {
	x := Mapping{TS: cols[0].values[r], Start: uint64(cols[2].values[r]), End: uint64(cols[3].values[r]), Offset: uint64(cols[4].values[r]), File: cols[5].text(r), BuildID: cols[6].text(r)}
	if !cols[1].isNull(r) {
		x.PID = int32(cols[1].values[r])
	}
	return x
}

func symbolAt(cols []vector, r int) Symbol {
	x := Symbol{TS: cols[0].values[r], File: cols[1].text(r), BuildID: cols[2].text(r), Start: uint64(cols[3].values[r]), End: uint64(cols[4].values[r]),
		Depth: int32(cols[5].values[r]), Symbol: cols[6].text(r), Source: cols[7].text(r)}
	if !cols[8].isNull(r) {
		x.Line = int32(cols[8].values[r])
	}
	return x
}

func newNaming(mappings []Mapping, symbols []Symbol) *Naming {
	n := &Naming{mappings: map[int32][]Mapping{}, symbols: map[fileKey]*symbolTable{}, rows: [2]int{len(mappings), len(symbols)},
		ids: map[Frame]int32{}, named: map[int64][]int32{}}
	for _, x := range mappings {
		n.mappings[x.PID] = append(n.mappings[x.PID], x)
	}
	for _, of := range n.mappings {
		slices.SortStableFunc(of, func(a, b Mapping) int { return cmp.Compare(a.TS, b.TS) })
	}
	for _, s := range symbols {
		k := fileKey{s.File, s.BuildID}
		if n.symbols[k] == nil {
			n.symbols[k] = &symbolTable{}
		}
		n.symbols[k].rows = append(n.symbols[k].rows, s)
	}
	for _, t := range n.symbols {
		t.arrange()
	}
	return n
}

// Frames gives a stack's frames, innermost first; code that was inlined has
// frames of its own. nil is a stack that was not asked for, or of which
// nothing is known.
func (n *Naming) Frames(number int64) []Frame {
	n.mu.Lock()
	defer n.mu.Unlock()
	var out []Frame
	for _, id := range n.named[number] {
		out = append(out, n.frames[id])
	}
	return out
}

// name names a stack. The lock is held.
func (n *Naming) name(rows []stackRow) []int32 {
	slices.SortStableFunc(rows, func(a, b stackRow) int { return cmp.Compare(a.depth, b.depth) })
	rows = slices.CompactFunc(rows, func(a, b stackRow) bool { return a.depth == b.depth })
	var ids []int32
	for i := range rows {
		// An address to return to lies behind the call. The innermost frame's
		// is where it is, and so is that at which the process entered the
		// kernel.
		exact := i == 0 || rows[i].pid != 0 && rows[i-1].pid == 0
		for _, f := range n.at(&rows[i], exact) {
			id, ok := n.ids[f]
			if !ok {
				id = int32(len(n.frames))
				n.ids[f], n.frames = id, append(n.frames, f)
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// at names one address.
func (n *Naming) at(s *stackRow, exact bool) []Frame {
	addr := s.addr
	if !exact && addr > 0 {
		addr--
	}
	kernel := s.pid == 0
	m, ok := n.mapping(s, addr)
	if !ok {
		where := "[unknown]"
		if kernel {
			where = "[kernel]"
		}
		return []Frame{{Function: fmt.Sprintf("0x%x (%s)", s.addr, where), Kernel: kernel}}
	}
	offset := addr - m.Start + m.Offset
	if rows := n.symbols[fileKey{m.File, m.BuildID}].find(offset); len(rows) > 0 {
		out := make([]Frame, len(rows))
		for i, x := range rows {
			out[i] = Frame{x.Symbol, x.Source, x.Line, kernel}
		}
		return out
	}
	if kernel {
		return []Frame{{Function: fmt.Sprintf("0x%x (%s)", s.addr, m.File), Kernel: true}}
	}
	return []Frame{{Function: fmt.Sprintf("%s+0x%x", path.Base(m.File), s.addr-m.Start+m.Offset)}}
}

// mappedLate is how long after its first stack a process's mappings may have
// been read.
const mappedLate = 1e9

// mapping finds what lay at an address when the stack was seen: a process may
// have mapped several files there, one after the other.
func (n *Naming) mapping(s *stackRow, addr uint64) (m Mapping, ok bool) {
	for _, x := range n.mappings[s.pid] {
		if addr < x.Start || addr >= x.End {
			continue
		}
		if ok && x.TS > s.ts+mappedLate {
			break
		}
		m, ok = x, true
	}
	return m, ok
}
