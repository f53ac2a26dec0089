package debuginfo

import (
	"cmp"
	"debug/dwarf"
	"errors"
	"io"
	"slices"
)

// mostLines bounds a unit's line table.
const mostLines = 1 << 19

// row is where a line begins; it ends with the next row.
type row struct {
	addr uint64
	file int32 // index of files; -1 is none: after the end of a sequence
	line int32
}

// lines is a unit's line table.
type lines struct {
	rows  []row // by address, each once
	files []string
}

func (l *lines) bytes() int { return 16*len(l.rows) + 64*len(l.files) }

// readLines reads a unit's line table. What the linker left out has addresses
// where no code is, mostly from 0 on.
func readLines(data *dwarf.Data, root *dwarf.Entry, code func(uint64) bool) (lines, error) {
	var l lines
	r, err := data.LineReader(root)
	if err != nil || r == nil {
		return l, err
	}
	sequence := 0 // where the current one begins
	for {
		var e dwarf.LineEntry
		if err := r.Next(&e); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return l, err
		}
		if len(l.rows) >= mostLines {
			return l, errors.New("they are too many")
		}
		x := row{addr: e.Address, file: -1, line: int32(e.Line)}
		if !e.EndSequence {
			x.file = int32(slices.Index(r.Files(), e.File))
		}
		l.rows = append(l.rows, x)
		if e.EndSequence {
			if !code(l.rows[sequence].addr) {
				l.rows = l.rows[:sequence]
			}
			sequence = len(l.rows)
		}
	}
	l.rows = l.rows[:sequence]
	for _, f := range r.Files() {
		name := ""
		if f != nil {
			name = f.Name
		}
		l.files = append(l.files, name)
	}
	l.sort()
	return l, nil
}

// sort orders rows, and keeps of several at an address the last; but an end is
// kept only if nothing else begins there.
func (l *lines) sort() {
	slices.SortStableFunc(l.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.addr, b.addr), cmp.Compare(min(a.file, 0), min(b.file, 0)))
	})
	n := 0
	for _, x := range l.rows {
		if n > 0 && l.rows[n-1].addr == x.addr {
			l.rows[n-1] = x
			continue
		}
		l.rows[n] = x
		n++
	}
	l.rows = slices.Clip(l.rows[:n])
}

// at gives the line of an address, and the addresses that it has. Without one
// it gives the gap.
func (l *lines) at(addr uint64) (file string, line int, start, end uint64) {
	i, found := slices.BinarySearchFunc(l.rows, addr, func(x row, addr uint64) int { return cmp.Compare(x.addr, addr) })
	if !found {
		i--
	}
	end = ^uint64(0)
	if i+1 < len(l.rows) {
		end = l.rows[i+1].addr
	}
	if i < 0 {
		return "", 0, 0, end
	}
	x := l.rows[i]
	if x.file < 0 {
		return "", 0, x.addr, end
	}
	return l.file(int64(x.file)), int(x.line), x.addr, end
}

func (l *lines) file(i int64) string {
	if i < 0 || i >= int64(len(l.files)) {
		return ""
	}
	return l.files[i]
}
