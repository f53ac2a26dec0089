package placement

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

func TestParseMapping(t *testing.T) {
	for _, c := range []struct {
		line string
		want mapping
		bad  bool
	}{
		{line: "00400000 default file=/usr/bin/bash mapped=110 mapmax=24 N0=110 kernelpagesize_kB=4",
			want: mapping{kind: export.PlacedFile, policy: "default", pageBytes: 4096, pages: []nodePages{{0, 110}}}},
		{line: "01fea000 default heap anon=112 dirty=112 mapmax=4 active=0 N0=111 N1=1 kernelpagesize_kB=4",
			want: mapping{kind: export.PlacedHeap, policy: "default", pageBytes: 4096, pages: []nodePages{{0, 111}, {1, 1}}, anon: 112, dirty: 112}},
		{line: `7f528be00000 interleave:2-3 file=/memfd:memory-backend\040(deleted) anon=1070 dirty=1070 mapped=1987 N2=582 N3=1405 kernelpagesize_kB=4`,
			want: mapping{kind: export.PlacedShared, policy: "interleave:2-3", pageBytes: 4096, pages: []nodePages{{2, 582}, {3, 1405}}, anon: 1070, dirty: 1070}},
		{line: "7f00 bind=static:1 huge anon=4 dirty=4 N1=4 kernelpagesize_kB=2048",
			want: mapping{kind: export.PlacedAnonymous, policy: "bind=static:1", pageBytes: 2 << 20, pages: []nodePages{{1, 4}}, anon: 4, dirty: 4}},
		{line: "7f00 weighted interleave:0-1 anon=4 N1=4 kernelpagesize_kB=4",
			want: mapping{kind: export.PlacedAnonymous, policy: "weighted interleave:0-1", pageBytes: 4096, pages: []nodePages{{1, 4}}, anon: 4}},
		{line: "7ffc prefer (many):0-1 stack anon=3 N0=3 kernelpagesize_kB=4",
			want: mapping{kind: export.PlacedStack, policy: "prefer (many):0-1", pageBytes: 4096, pages: []nodePages{{0, 3}}, anon: 3}},
		{line: "7f5c90200000 local", want: mapping{kind: export.PlacedAnonymous, policy: "local", pageBytes: 4096}},
		{line: "7f5c9020", bad: true},
		{line: "", bad: true},
		{line: "xyz default N0=1", bad: true},
		{line: "7f00 default N0=many", bad: true},
		{line: "7f00 default anon=-3", bad: true},
		{line: "7f00 default N0=99999999999999999999", bad: true},
	} {
		got, err := parseMapping(c.line, 4096)
		if (err != nil) != c.bad || !c.bad && !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q: %+v, %v; want %+v", c.line, got, err, c.want)
		}
	}
}

func FuzzParseMapping(f *testing.F) {
	f.Add("01fea000 default heap anon=112 dirty=112 mapmax=4 active=0 N0=111 N1=1 kernelpagesize_kB=4")
	f.Add("7f00 weighted interleave:0-1 huge N65535=1")
	f.Add("0 =")
	f.Fuzz(func(t *testing.T, line string) {
		m, err := parseMapping(line, 4096)
		if err != nil {
			return
		}
		sum := tally{}
		sum.add(m)
		for _, row := range sum.rows() {
			if row.Pages <= 0 || row.Anon < -1 || row.Dirty < -1 || row.Node < 0 {
				t.Errorf("%q: %+v", line, row)
			}
		}
	})
}

// TestCapturedNumaMaps reads what others captured.
func TestCapturedNumaMaps(t *testing.T) {
	dir := os.Getenv("NUMALENS_SAMPLES")
	if dir == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the folder of captured hosts")
	}
	for name, want := range map[string]struct {
		pages map[int32]int64
		says  export.PlacementRow
	}{
		"qemu_gmem_interleave.txt": {map[int32]int64{2: 582 + 32 + 512, 3: 1405 + 380},
			export.PlacementRow{Node: 2, Kind: export.PlacedShared, Policy: "interleave:2-3", PageBytes: 4096, Pages: 1126, Anon: -1, Dirty: -1}},
		"webfoot_bash_2node.txt": {nil,
			export.PlacementRow{Node: 1, Kind: export.PlacedHeap, Policy: "default", PageBytes: 4096, Pages: 1, Anon: 1, Dirty: 1}},
	} {
		b, err := os.ReadFile(filepath.Join(dir, "numa_maps", name))
		if err != nil {
			t.Skipf("[samples] %v", err)
		}
		sum := tally{}
		if err := parseNumaMaps(strings.NewReader(string(b)), 4096, sum.add); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pages, found := map[int32]int64{}, false
		for _, row := range sum.rows() {
			pages[row.Node] += row.Pages
			found = found || row == want.says
		}
		if want.pages != nil && !reflect.DeepEqual(pages, want.pages) || !found {
			t.Errorf("%s: %v by node, want %v, and a row %+v in %+v", name, pages, want.pages, want.says, sum.rows())
		}
	}
}

// TestReadsMappingsInPieces: the own process, whole lines and all of them.
func TestReadsMappingsInPieces(t *testing.T) {
	n, heldPages := 0, int64(0)
	walk, err := readNumaMaps(collect.HostRoots(), os.Getpid(), os.Getpagesize(), func(m mapping) {
		n++
		for _, p := range m.pages {
			heldPages += p.pages
		}
	})
	if err != nil {
		t.Skipf("[numa] %v", err)
	}
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(b), "\n"); n < lines/2 || heldPages == 0 || walk.longest > walk.took {
		t.Errorf("%d mappings with %d pages of %d lines; %+v", n, heldPages, lines, walk)
	}
}
