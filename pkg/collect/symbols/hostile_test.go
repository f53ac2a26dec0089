package symbols

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// smallELF gives small programs of the system's compiler, where there is one,
// and this program's first bytes.
func smallELF(t testing.TB) [][]byte {
	var all [][]byte
	if own, err := os.ReadFile("/proc/self/exe"); err == nil {
		all = append(all, own[:min(len(own), 64<<10)])
	}
	for _, flags := range [][]string{{"-O1", "-g"}, {"-O1", "-s"}, {"-O0", "-g", "-gz"}} {
		name := filepath.Join(t.TempDir(), "nested")
		cmd := exec.Command("gcc", append(flags, "-x", "c", "testdata/nested.c.txt", "-o", name)...)
		if cmd.Run() != nil {
			continue
		}
		if b, err := os.ReadFile(name); err == nil {
			all = append(all, b)
		}
	}
	return all
}

// nameBytes names offsets of a file with a content.
func nameBytes(t testing.TB, content []byte, offset uint64) {
	fd, err := unix.MemfdCreate("content", unix.MFD_CLOEXEC)
	if err != nil {
		t.Skipf("[memfd] %v", err)
	}
	opened := os.NewFile(uintptr(fd), "content")
	if _, err := opened.Write(content); err != nil {
		t.Fatal(err)
	}
	fs := newFiles(t.Name())
	f := &file{name: "content", reader: opened, closer: opened, written: map[uint64]struct{}{}}
	defer f.rest()
	if f.readSegments() != nil {
		return
	}
	at := []uint64{offset}
	for _, s := range f.segments {
		at = append(at, s.offset, s.offset+s.size/2, s.offset+s.size-1)
	}
	for _, offset := range at {
		frames, e, ok := fs.name(f, offset, nil)
		if ok && (len(frames) == 0 || offset < e.start || offset >= e.end || frames[0].Function == "") {
			t.Errorf("%#x: %+v %+v", offset, frames, e)
		}
	}
	f.release()
}

// TestDamagedFiles overwrites bytes of real programs: nothing panics, and
// memory is not asked for in proportion to what a number claims.
func TestDamagedFiles(t *testing.T) {
	for _, good := range smallELF(t) {
		limit := uint64(len(good))*200 + 64<<20
		for i := 0; i < 3000; i++ {
			bad := bytes.Clone(good)
			x := uint32(i) * 2654435761
			at := int(x) % len(bad)
			if i%2 == 0 {
				at %= min(len(bad), 4096) // headers
			}
			for j, c := range [][]byte{{0xff}, {0}, {0xff, 0xff, 0xff, 0x7f}, {0x80, 0, 0, 0, 0, 0, 0, 0x80}}[i%4] {
				if at+j < len(bad) {
					bad[at+j] = c
				}
			}
			if i%7 == 0 {
				bad = bad[:at]
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			nameBytes(t, bad, uint64(x))
			runtime.ReadMemStats(&after)
			if took := after.TotalAlloc - before.TotalAlloc; took > limit {
				t.Errorf("damage %d at %d: %d bytes allocated for a file of %d", i, at, took, len(bad))
			}
		}
	}
}
