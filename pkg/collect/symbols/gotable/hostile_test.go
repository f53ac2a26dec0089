package gotable

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"runtime"
	"testing"

	"github.com/numalens/numalens/pkg/numa"
)

// askAll opens a file's table, if it has one, and names addresses of it.
func askAll(t testing.TB, content []byte) {
	r := bytes.NewReader(content)
	e, err := elf.NewFile(r)
	if err != nil {
		return
	}
	table, err := Open(e, r)
	if err != nil {
		var u *numa.Unavailable
		if !errors.Is(err, ErrNone) && !errors.As(err, &u) {
			t.Errorf("%v is neither", err)
		}
		return
	}
	step := (table.last-table.first)/500 + 1
	for addr := table.first; addr < table.last; addr += step {
		frames, start, end, ok := table.Frames(addr, nil)
		if ok && (len(frames) == 0 || addr < start || addr >= end || frames[0].Function == "") {
			t.Errorf("%#x: %+v, from %#x to %#x", addr, frames, start, end)
		}
		if addr+step < addr {
			return
		}
	}
}

// TestDamagedTables overwrites bytes of a real program's tables: nothing
// panics, hangs, or asks for memory that a number claims.
func TestDamagedTables(t *testing.T) {
	good, err := os.ReadFile(build(t, "local", "amd64", "-ldflags=-s -w"))
	if err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(good))
	if err != nil {
		t.Fatal(err)
	}
	var places []region
	for _, name := range []string{".gopclntab", ".go.module"} {
		s := e.Section(name)
		if s == nil {
			t.Skipf("[go] the toolchain writes no section %s", name)
		}
		places = append(places, region{s.Offset, min(s.FileSize, 1<<14)})
	}
	places = append(places, region{0, 1024}, region{e.Section(".gopclntab").Offset, 128}, region{e.Section(".gopclntab").Offset, e.Section(".gopclntab").FileSize})
	bad := bytes.Clone(good)
	for i := range 600 {
		p := places[i%len(places)]
		x := uint64(i) * 2654435761 % p.size
		at := bad[p.off+x:][:min(8, p.size-x)]
		was := bytes.Clone(at)
		copy(at, [][]byte{{0xff}, {0}, {0xff, 0xff, 0xff, 0x7f}, {0x80, 0, 0, 0, 0, 0, 0, 0x80}, {1}}[i%7%5])
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		askAll(t, bad)
		runtime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 64<<20 {
			t.Errorf("damage %d of %+v: %d bytes allocated", i, p, took)
		}
		copy(at, was)
	}
}

// FuzzTable puts bytes over a program: its header and moduledata, or any.
func FuzzTable(f *testing.F) {
	good, err := os.ReadFile(build(f, "local", "amd64", "-ldflags=-s -w"))
	if err != nil {
		f.Fatal(err)
	}
	e, err := elf.NewFile(bytes.NewReader(good))
	if err != nil {
		f.Fatal(err)
	}
	tables, module := e.Section(".gopclntab"), e.Section(".go.module")
	if tables == nil || module == nil {
		f.Skip("[go] the toolchain writes other sections")
	}
	f.Add(uint32(0), []byte{0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}, false)
	f.Add(uint32(8), []byte{0xff, 0xff, 0xff, 0xff}, false)
	f.Add(uint32(8*22), []byte{0, 0, 0, 0}, true)
	bad := bytes.Clone(good)
	f.Fuzz(func(t *testing.T, at uint32, with []byte, inModule bool) {
		s := tables
		if inModule {
			s = module
		}
		place := bad[s.Offset:][:s.FileSize]
		place = place[uint64(at)%s.FileSize:]
		was := bytes.Clone(place[:min(len(with), len(place))])
		copy(place, with)
		askAll(t, bad)
		copy(place, was)
	})
}
