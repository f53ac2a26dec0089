package placement

import (
	"reflect"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

func TestTally(t *testing.T) {
	sum := tally{}
	for _, line := range []string{
		"1000 default anon=10 dirty=10 N0=10 kernelpagesize_kB=4",
		"2000 default anon=8 dirty=2 N0=4 N1=4 kernelpagesize_kB=4", // all anonymous, so known by node; dirty is not
		"3000 bind:1 anon=2 N1=2 kernelpagesize_kB=2048",
		"4000 default file=/lib/x mapped=3 N1=3 kernelpagesize_kB=4",
		"5000 default file=/lib/x anon=1 dirty=1 mapped=3 N0=1 N1=2 kernelpagesize_kB=4",
	} {
		m, err := parseMapping(line, 4096)
		if err != nil {
			t.Fatal(err)
		}
		sum.add(m)
	}
	want := []export.PlacementRow{
		{Node: 0, Kind: "anonymous", Policy: "default", PageBytes: 4096, Pages: 14, Anon: 14, Dirty: -1},
		{Node: 0, Kind: "file", Policy: "default", PageBytes: 4096, Pages: 1, Anon: -1, Dirty: -1},
		{Node: 1, Kind: "anonymous", Policy: "bind:1", PageBytes: 2 << 20, Pages: 2, Anon: 2, Dirty: 0},
		{Node: 1, Kind: "anonymous", Policy: "default", PageBytes: 4096, Pages: 4, Anon: 4, Dirty: -1},
		{Node: 1, Kind: "file", Policy: "default", PageBytes: 4096, Pages: 5, Anon: -1, Dirty: -1},
	}
	if got := sum.rows(); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestWalkCostBelievesASlowHost(t *testing.T) {
	w := walkCost{perPage: nsPerPage}
	w.learn(100, 1e9) // too few to tell
	if w.perPage != nsPerPage {
		t.Errorf("%v after a short walk", w.perPage)
	}
	w.learn(100_000, 100_000*500)
	if w.perPage != 500 {
		t.Errorf("%v after a slow walk, want 500", w.perPage)
	}
	w.learn(100_000, 100_000*10)
	if w.perPage >= 500 || w.perPage <= nsPerPage {
		t.Errorf("%v after a quick one, want a little less than 500", w.perPage)
	}
}
