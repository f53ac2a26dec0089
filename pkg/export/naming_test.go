package export

import (
	"context"
	"fmt"
	"slices"
	"testing"
)

func functions(frames []Frame) []string {
	var out []string
	for _, f := range frames {
		out = append(out, f.Function)
	}
	return out
}

// TestNaming: every address of a stack has a name or says where it is.
func TestNaming(t *testing.T) {
	const kernel, text, libc = 0xffffffff81000000, 0x400000, 0x7f0000000000
	mappings := []Mapping{
		{Start: kernel, End: kernel + 0x1000, File: "[kernel]", BuildID: "k"},
		{PID: 7, Start: text, End: text + 0x1000, Offset: 0x200, File: "/bin/a", BuildID: "a"},
		{PID: 7, Start: libc, End: libc + 0x1000, File: "/lib/libc.so.6"},
		{PID: 8, TS: 1e9, Start: text, End: text + 0x1000, File: "/bin/old"},
		{PID: 8, TS: 60e9, Start: text, End: text + 0x1000, File: "/bin/new"},
	}
	symbols := []Symbol{
		{File: "[kernel]", BuildID: "k", Start: 0x0, End: 0x20, Symbol: "alloc_pages"},
		{File: "[kernel]", BuildID: "k", Start: 0x20, End: 0x40, Symbol: "do_fault"},
		{File: "/bin/a", BuildID: "a", Start: 0x210, End: 0x220, Depth: 1, Symbol: "outer"},
		{File: "/bin/a", BuildID: "a", Start: 0x210, End: 0x220, Symbol: "inner", Source: "a.c", Line: 3},
		{File: "/bin/a", BuildID: "a", Start: 0x210, End: 0x220, Symbol: "inner", Source: "a.c", Line: 3}, // looked up twice
		{File: "/bin/a", BuildID: "a", Start: 0x200, End: 0x300, Symbol: "whole"},
		{File: "/bin/a", BuildID: "b", Start: 0x200, End: 0x300, Symbol: "of another build"},
		{File: "/bin/old", Start: 0, End: 0x10, Symbol: "old"},
		{File: "/bin/new", Start: 0, End: 0x10, Symbol: "new"},
	}
	frame := func(number int64, ts int64, depth, pid int32, addr uint64) stackRow {
		return stackRow{ts, number, depth, pid, addr}
	}
	stacks := []stackRow{
		// The kernel's innermost and the process's are where they are; what is
		// between ends where the next function begins.
		frame(1, 0, 1, 0, kernel+0x40), frame(1, 0, 0, 0, kernel+0x0), frame(1, 0, 2, 7, text+0x10), frame(1, 0, 3, 7, text+0x20),
		frame(2, 0, 0, 7, libc+0x123), frame(2, 0, 1, 7, 0xdead), frame(2, 0, 2, 7, text+0x80),
		frame(3, 0, 0, 0, kernel+0x500), frame(3, 0, 1, 0, 0xffffffffc0000000),
		frame(4, 30e9, 0, 8, text), frame(5, 59.5e9, 0, 8, text), frame(6, 90e9, 0, 8, text),
		frame(7, 0, 0, 9, text),
	}
	n := newNaming(mappings, symbols)
	rows := map[int64][]stackRow{}
	for _, s := range stacks {
		rows[s.number] = append(rows[s.number], s)
	}
	for number, of := range rows {
		n.named[number] = n.name(of)
	}
	for number, want := range map[int64][]string{
		1: {"alloc_pages", "do_fault", "inner", "outer", "inner", "outer"},
		2: {"libc.so.6+0x123", "0xdead ([unknown])", "whole"},
		3: {"0xffffffff81000500 ([kernel])", "0xffffffffc0000000 ([kernel])"},
		4: {"old"}, 5: {"new"}, 6: {"new"}, // mapped anew, and read half a second after the stack
		7: {"0x400000 ([unknown])"},
		9: nil,
	} {
		if got := functions(n.Frames(number)); !slices.Equal(got, want) {
			t.Errorf("stack %d: %q, want %q", number, got, want)
		}
	}
	if f := n.Frames(1); f[2].Source != "a.c" || f[2].Line != 3 || !f[1].Kernel || f[2].Kernel {
		t.Errorf("frames %+v", f)
	}
}

// TestNamingReadsWhatIsAsked: of many stacks those asked for, from a tail and
// from sealed row groups, and what is new since.
func TestNamingReadsWhatIsAsked(t *testing.T) {
	root := t.TempDir()
	w := create(t, testOptions(root), Manifest{Host: "h", Run: "r", StartNS: testStart})
	write := func(from, to int64) {
		for n := from; n < to; n++ {
			w.Stack(Stack{TS: testStart, Number: n, Kernel: []uint64{uint64(n), uint64(n) + 1}})
		}
		ok(t, w.Flush())
	}
	files, err := Dir(root)
	ok(t, err)
	r := NewReader(files)
	check := func(numbers ...int64) {
		t.Helper()
		n, err := r.Naming(context.Background(), "h", "r", numbers)
		ok(t, err)
		for _, x := range numbers {
			if got := n.Frames(x); len(got) != 2 || got[0].Function != fmt.Sprintf("0x%x ([kernel])", x) {
				t.Errorf("stack %d: %+v", x, got)
			}
		}
	}
	write(1, 2000)
	check(5, 1999, 5)
	write(2000, 3000)
	check(1, 5, 2500)
	ok(t, w.Rotate())
	write(3000, 3500)
	check(7, 2501, 3400)
	ok(t, w.Seal(nil))
	check(8, 2999, 3499)
	if n, err := NewReader(files).Naming(context.Background(), "h", "r", []int64{9, 99999}); err != nil || len(n.named) != 1 || n.Frames(99999) != nil {
		t.Errorf("a stack that is not there: %v", err)
	}
}

func FuzzSymbolTable(f *testing.F) {
	f.Add([]byte{0, 16, 4, 8, 4, 8, 20, 30}, uint8(5))
	f.Fuzz(func(t *testing.T, ranges []byte, offset uint8) {
		var table symbolTable
		narrowest := -1
		for i := 0; i+1 < len(ranges); i += 2 {
			s := Symbol{Start: uint64(ranges[i]), End: uint64(ranges[i+1])}
			table.rows = append(table.rows, s)
			if s.Start <= uint64(offset) && s.End > uint64(offset) && narrowest < int(s.Start) {
				narrowest = int(s.Start)
			}
		}
		table.arrange()
		got := table.find(uint64(offset))
		if (len(got) > 0) != (narrowest >= 0) || len(got) > 0 && int(got[0].Start) != narrowest {
			t.Errorf("%v at %d: %v, want one that starts at %d", ranges, offset, got, narrowest)
		}
	})
}
