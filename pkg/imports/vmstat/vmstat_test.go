package vmstat

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"nr_free_pages 1\nnr_dirty 2\npgfault 3\n",
		"==> /sys/devices/system/node/node0/numastat <==\nnuma_hit 1\n\nnode1/meminfo:Node 1 MemTotal: 5 kB",
	)
}

func TestRefused(t *testing.T) {
	for text, says := range map[string]string{
		"numa_hit 5\nnuma_miss 6\nnuma_foreign 6\n":                                 "of which node",
		"numa_hit 5\nlocal_node 6\n":                                                "of which node",
		"$ cat /sys/devices/system/node/node*/numastat\nnuma_hit 5\nother_node 3\n": "of which node",
		"nr_free_pages 1,234\n":                                                     "a name and a number",
		"nr_free_pages 1 2\n":                                                       "a name and a number",
		"Node 0, zone      DMA\n  nr_free_pages 3\n":                                "zoneinfo",
		"node0/meminfo:Node 1 MemTotal: 5 kB\n":                                     "node 0",
	} {
		if k := importstest.Read(Format(), text); k.Err == nil || !strings.Contains(k.Err.Error(), says) {
			t.Errorf("%q: %v", text, k.Err)
		}
	}
}

// The running kernel's own files are read to the last row.
func TestTheRunningKernel(t *testing.T) {
	for _, file := range []string{"/proc/vmstat", "/proc/meminfo"} {
		p, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if Format().Detect(p) < 50 {
			t.Errorf("%s is not detected", file)
		}
		k := importstest.Read(Format(), string(p))
		if k.Err != nil || len(k.Warnings) > 0 || len(k.Figures) != strings.Count(string(p), "\n") {
			t.Errorf("%s: %v, %v, %d figures", file, k.Err, k.Warnings, len(k.Figures))
		}
	}
}

// No sample of another kind is taken for this one.
func TestOthersAreNotTaken(t *testing.T) {
	importstest.Sample(t, "INDEX.tsv")
	files, err := filepath.Glob(filepath.Join(os.Getenv("NUMALENS_SAMPLES"), "*/*"))
	if err != nil || len(files) < 50 {
		t.Fatal(err, len(files))
	}
	for _, f := range files {
		p, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if n := Format().Detect(p[:min(len(p), 64<<10)]); n > 0 {
			t.Errorf("%s: %d", f, n)
		}
	}
}

func TestPlaces(t *testing.T) {
	k := importstest.Read(Format(), "numa_hit 5\nnuma_interleave 1\nnr_dirty 2\n$ cat /sys/devices/system/node/node3/vmstat\nnr_dirty 4\nnuma_hit 7\n$ grep . /sys/devices/system/node/node*/numastat\n/sys/devices/system/node/node1/numastat:numa_hit 8\n")
	for _, c := range []struct {
		scope          imports.Scope
		instance, name string
		value          float64
		column         string
	}{{imports.ScopeHost, "", "numa_hit", 5, ""}, {imports.ScopeHost, "", "nr_dirty", 2, ""}, {imports.ScopeNode, "3", "nr_dirty", 4, "vmstat.nr_dirty"}, {imports.ScopeNode, "3", "vmstat.numa_hit", 7, "vmstat.numa_hit"}, {imports.ScopeNode, "1", "numa_hit", 8, "numa_hit"}} {
		f := k.Find(c.scope, c.instance, c.name)
		if len(f) != 1 || f[0].Value != c.value || f[0].Column != c.column {
			t.Errorf("%+v: %+v", c, f)
		}
	}
	if k.Err != nil || len(k.Warnings) > 0 {
		t.Error(k.Err, k.Warnings)
	}
}
