package symbols

import (
	"strings"
	"testing"
)

const drawnMaps = `5583e2c00000-5583e2c03000 r--p 00000000 fe:00 247741                     /usr/bin/sed
5583e2c03000-5583e2c17000 r-xp 00003000 fe:00 247741                     /usr/bin/sed
7f0000000000-7f0000001000 rwxp 00000000 00:00 0
7f5d01e7b000-7f5d01e7c000 r-xp 00001000 103:02 1844674407370955161      /a b/with\012line (deleted)
7f5d01e7d000-7f5d01e7e000 --xp 00000000 00:01 77                         /memfd:jit (deleted)
7ffc3c7f1000-7ffc3c7f3000 r-xp 00000000 00:00 0                          [vdso]
ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
`

func TestParseMaps(t *testing.T) {
	got, err := parseMaps(strings.NewReader(drawnMaps), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []area{
		{start: 0x5583e2c03000, end: 0x5583e2c17000, offset: 0x3000, device: "fe:00", inode: 247741, path: "/usr/bin/sed"},
		{start: 0x7f0000000000, end: 0x7f0000001000, device: "00:00"},
		{start: 0x7f5d01e7b000, end: 0x7f5d01e7c000, offset: 0x1000, device: "103:02", inode: 1844674407370955161, path: "/a b/with\nline", deleted: true},
		{start: 0x7f5d01e7d000, end: 0x7f5d01e7e000, device: "00:01", inode: 77, path: "/memfd:jit", deleted: true},
		{start: 0x7ffc3c7f1000, end: 0x7ffc3c7f3000, device: "00:00", path: "[vdso]"},
		{start: 0xffffffffff600000, end: 0xffffffffff601000, device: "00:00", path: "[vsyscall]"},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	for i, file := range []string{"/usr/bin/sed", "[anon]", "/a b/with\nline", "/memfd:jit", "[vdso]", "[vsyscall]"} {
		if r := got[i].row(7, 9); r.File != file || r.PID != 7 || r.TS != 9 || r.Start != got[i].start {
			t.Errorf("%+v, want %s", r, file)
		}
	}
}

func FuzzParseMaps(f *testing.F) {
	f.Add(drawnMaps)
	f.Add("0-1 --xp 0 0 0")
	f.Fuzz(func(t *testing.T, text string) {
		areas, err := parseMaps(strings.NewReader(text), nil)
		if err != nil {
			return
		}
		if len(areas) > len(text)/8+1 {
			t.Errorf("%d areas in %d bytes", len(areas), len(text))
		}
		for _, a := range areas {
			if a.end <= a.start || a.row(1, 1).File == "" {
				t.Errorf("%+v", a)
			}
		}
	})
}

func FuzzBuildID(f *testing.F) {
	f.Add([]byte(kernelNotes))
	f.Add([]byte("\x04\x00\x00\x00\xff\xff\xff\xff\x03\x00\x00\x00GNU\x00"))
	f.Fuzz(func(t *testing.T, notes []byte) {
		if id := buildID(notes); len(id) > 2*len(notes) {
			t.Errorf("%q of %d bytes", id, len(notes))
		}
	})
}

func TestBuildID(t *testing.T) {
	for notes, want := range map[string]string{
		kernelNotes: "deadbeef", "": "", kernelNotes[:len(kernelNotes)-1]: "", kernelNotes[24:]: "deadbeef", "\x04\x00\x00\x00": "",
		"\xff\xff\xff\xff\xff\xff\xff\xff\x03\x00\x00\x00GNU\x00": "",
	} {
		if got := buildID([]byte(notes)); got != want {
			t.Errorf("%q: %q, want %q", notes, got, want)
		}
	}
}

func TestStartTime(t *testing.T) {
	for stat, want := range map[string]string{
		"77 (a) b (c d) S 1 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 9": "4242", "": "", "77 (a) S 1": "", "no": "",
	} {
		if got, ok := startTime([]byte(stat)); got != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", stat, got, ok, want)
		}
	}
}
