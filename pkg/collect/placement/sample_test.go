package placement

import (
	"math"
	"os"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

func TestParseAreas(t *testing.T) {
	areas, err := parseAreas(strings.NewReader(`00400000-00500000 r-xp 00000000 08:01 1 /usr/bin/x y
01fea000-02000000 rw-p 00000000 00:00 0 [heap]
7f0000000000-7f0040000000 ---p 00000000 00:00 0
7f0040000000-7f0040001000 rw-p 00000000 00:00 0
7f0050000000-7f0050001000 rw-s 00000000 00:01 7 /dev/shm/y
7f0060000000-7f0060001000 rw-p 00000000 00:00 0 [anon: Go: heap]
7ffc00000000-7ffc00001000 rw-p 00000000 00:00 0 [stack]
7ffc10000000-7ffc10001000 r--p 00000000 00:00 0 [vvar]
`))
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, a := range areas {
		kinds = append(kinds, string(a.kind))
	}
	if got := strings.Join(kinds, " "); got != "file heap anonymous shared anonymous stack" {
		t.Errorf("kinds %s", got)
	}
	for _, bad := range []string{"x", "10-5 rw-p 0 0 0", "zz-yy rw-p 0 0 0 "} {
		if _, err := parseAreas(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParseAreas(f *testing.F) {
	f.Add("00400000-00500000 r-xp 00000000 08:01 1 /usr/bin/x")
	f.Add("0-ffffffffffffffff rw-p 0 0 0")
	f.Fuzz(func(t *testing.T, text string) {
		areas, err := parseAreas(strings.NewReader(text))
		if err != nil {
			return
		}
		var total uint64
		for _, a := range areas {
			if a.end <= a.start {
				t.Fatalf("%q: %+v", text, a)
			}
			total += (a.end - a.start) >> 12
		}
		if total > 1<<52 {
			return // no address space
		}
		s := newSampler()
		s.draw(areas, 4096)
		for i, addr := range s.addresses {
			a := areas[s.areas[i]]
			if uint64(addr) < a.start || uint64(addr) >= a.end {
				t.Fatalf("%#x was drawn from %+v", addr, a)
			}
		}
	})
}

// TestDrawIsEven: every page of every area is as likely as any other.
func TestDrawIsEven(t *testing.T) {
	areas := []area{{start: 1 << 20, end: 1<<20 + 3<<12}, {start: 1 << 30, end: 1<<30 + 9<<12}, {start: 1 << 40, end: 1<<40 + 20000<<12}}
	s := newSampler()
	hits := make([]float64, 3)
	const rounds = 400
	for range rounds {
		total := s.draw(areas, 4096)
		if total != 20012 || len(s.addresses) != maxSamples {
			t.Fatalf("%d samples of %d pages", len(s.addresses), total)
		}
		for _, a := range s.areas {
			hits[a]++
		}
	}
	for i, pages := range []float64{3, 9, 20000} {
		want := pages / 20012 * maxSamples * rounds
		if math.Abs(hits[i]-want) > 6*math.Sqrt(want) {
			t.Errorf("area %d of %.0f pages was drawn from %.0f times, want about %.0f", i, pages, hits[i], want)
		}
	}
}

// TestSmallAreasAreAskedWhole: with fewer pages than samples nothing is left
// to chance.
func TestSmallAreasAreAskedWhole(t *testing.T) {
	const pages = 64
	page := os.Getpagesize()
	b, err := unix.Mmap(-1, 0, pages*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(b)
	if err := unix.Madvise(b, unix.MADV_NOHUGEPAGE); err != nil {
		t.Logf("madvise: %v", err)
	}
	for i := 0; i < pages; i += 2 {
		b[i*page] = 1
	}
	start := uint64(uintptr(unsafe.Pointer(&b[0])))
	sum := tally{}
	s := newSampler()
	if _, err := s.sample(os.Getpid(), []area{{start: start, end: start + uint64(len(b)), kind: export.PlacedHeap}}, int64(page), sum); err != nil {
		t.Skipf("[numa] %v", err)
	}
	var found int64
	for _, row := range sum.rows() {
		if row.Kind != export.PlacedHeap || row.Samples != row.Pages || row.Anon != -1 || row.Policy != "" {
			t.Errorf("%+v", row)
		}
		found += row.Pages
	}
	if found != pages/2 {
		t.Errorf("%d pages, want the %d that were touched", found, pages/2)
	}
}
