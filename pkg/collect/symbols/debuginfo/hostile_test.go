package debuginfo

import (
	"bytes"
	"debug/elf"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ask names addresses of a file with a content.
func ask(t testing.TB, content []byte) {
	fd, err := unix.MemfdCreate("content", unix.MFD_CLOEXEC)
	if err != nil {
		t.Skipf("[memfd] %v", err)
	}
	f := os.NewFile(uintptr(fd), "content")
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(f)
	if err != nil {
		return
	}
	d, err := Open(e, f, func(addr uint64) bool { return addr >= 0x1000 && addr < 1<<32 })
	if err != nil {
		return
	}
	defer d.Close()
	for addr := uint64(0x1000); addr < 0x1400; addr += 8 {
		frames, start, end, ok := d.Frames(addr, nil)
		if ok && (len(frames) == 0 || addr < start || addr >= end) {
			t.Errorf("%#x: %+v, from %#x to %#x", addr, frames, start, end)
		}
	}
}

// parts are where the sections of debugging information lie.
func parts(t testing.TB, content []byte) [][2]uint64 {
	e, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	var all [][2]uint64
	for _, s := range e.Sections {
		if strings.HasPrefix(s.Name, ".debug_") {
			all = append(all, [2]uint64{s.Offset, s.FileSize})
		}
	}
	return all
}

// TestDamagedInformation overwrites bytes of it: nothing panics or hangs.
func TestDamagedInformation(t *testing.T) {
	for _, flags := range [][]string{{"-O1", "-g"}, {"-O1", "-gdwarf-4"}, {"-O1", "-g", "-flto"}, {"-O1", "-g", "-gz"}} {
		good, err := os.ReadFile(compile(t, "gcc", flags...))
		if err != nil {
			t.Fatal(err)
		}
		places := parts(t, good)
		bad := bytes.Clone(good)
		for i := range 1500 {
			p := places[i%len(places)]
			x := uint64(i) * 2654435761 % p[1]
			at := bad[p[0]+x:][:min(8, p[1]-x)]
			was := bytes.Clone(at)
			copy(at, [][]byte{{0xff}, {0}, {0xff, 0xff, 0xff, 0x7f}, {0x80, 0, 0, 0, 0, 0, 0, 0x80}, {1}}[i/3%5])
			ask(t, bad)
			copy(at, was)
		}
	}
}

// TestFileMadeShorter faults while its sections are read: that is an error.
func TestFileMadeShorter(t *testing.T) {
	name := compile(t, "gcc", "-O1", "-g", "-no-pie")
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	d, err := Open(e, f, func(uint64) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := f.Truncate(0); err != nil {
		t.Fatal(err)
	}
	if frames, _, _, ok := d.Frames(e.Section(".text").Addr+0x100, nil); ok {
		t.Errorf("%+v", frames)
	}
}

func FuzzInformation(f *testing.F) {
	good, err := os.ReadFile(compile(f, "gcc", "-O1", "-g"))
	if err != nil {
		f.Fatal(err)
	}
	places := parts(f, good)
	f.Add(uint8(0), uint16(4), []byte{0xff, 0xff})
	f.Add(uint8(1), uint16(0), []byte{0x10})
	bad := bytes.Clone(good)
	f.Fuzz(func(t *testing.T, part uint8, at uint16, with []byte) {
		p := places[int(part)%len(places)]
		place := bad[p[0]+uint64(at)%p[1]:][:p[1]-uint64(at)%p[1]]
		was := bytes.Clone(place[:min(len(with), len(place))])
		copy(place, with)
		ask(t, bad)
		copy(place, was)
	})
}

func FuzzAbbreviations(f *testing.F) {
	f.Add([]byte{1, 0x11, 1, 3, 8, 0, 0, 2, 0x2e, 0, 0x31, 0x10, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if own, _, err := abbreviations(b); err == nil && len(own) > len(b) {
			t.Errorf("%d of %d bytes", len(own), len(b))
		}
	})
}
