package hostinfo

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
)

func TestOnlineWatch(t *testing.T) {
	sys := t.TempDir()
	file := filepath.Join(sys, "devices/system/cpu/online")
	if _, err := WatchOnline(collect.Roots{Sys: sys}); err == nil {
		t.Error("a file that is not there was watched")
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(list string) {
		if err := os.WriteFile(file, []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("0-3\n")
	w, err := WatchOnline(collect.Roots{Sys: sys})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for _, c := range []struct {
		list    string
		want    []int
		changed bool
	}{
		{"0-3\n", nil, false},
		{"0-2\n", []int{0, 1, 2}, true},
		{"0-2\n", nil, false},
		{"nonsense\n", nil, false},
		{"0-3\n", []int{0, 1, 2, 3}, true},
	} {
		write(c.list)
		if cpus, changed := w.Changed(); changed != c.changed || !slices.Equal(cpus, c.want) {
			t.Errorf("%q: %v, %v", c.list, cpus, changed)
		}
	}
}
