package formats_test

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/formats"
)

// TestEachCaptureGoesToItsOwnFormat asks every format about every real
// capture: the one that its folder names is the surest, and what is of no
// format is nobody's.
func TestEachCaptureGoesToItsOwnFormat(t *testing.T) {
	dir := os.Getenv("NUMALENS_SAMPLES")
	if dir == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the directory of real captures")
	}
	own := map[string]string{
		"bench": "go-bench benchstat", "bpf": "bcc bpftrace", "gotrace": "", "pprof": "", "numa_maps": "numa-maps", "numactl": "numactl", "numastat": "numastat",
		"perf_c2c": "perf-c2c", "perf_data": "perf-data", "perf_mem": "perf-mem", "perf_script": "perf-script", "perf_stat": "perf-stat", "sysfs_tree": "sysfs-tree",
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures below %s: %v", dir, err)
	}
	for _, path := range files {
		folder := filepath.Base(filepath.Dir(path))
		want, known := own[folder]
		if !known {
			t.Errorf("%s: say here which format reads what is in %s", path, folder)
			continue
		}
		best, sure, second := "", 0, 0
		h := head(t, path)
		for _, f := range formats.All() {
			switch n := f.Detect(h); {
			case n > sure:
				best, sure, second = f.Name, n, sure
			case n > second:
				second = n
			}
		}
		switch {
		case want == "" && sure >= 50:
			t.Errorf("%s: taken for %s, and is of no format", path, best)
		case want != "" && (sure < 50 || sure == second || !strings.Contains(" "+want+" ", " "+best+" ")):
			t.Errorf("%s: %q is the surest with %d, the next has %d; it is of %s", path, best, sure, second, want)
		}
	}
}

// head is what a format is asked about, unpacked.
func head(t *testing.T, path string) []byte {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(path, ".bz2") {
		if p, err = io.ReadAll(bzip2.NewReader(bytes.NewReader(p))); err != nil {
			t.Fatal(err)
		}
		if _, err := tar.NewReader(bytes.NewReader(p)).Next(); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return p[:min(len(p), 64<<10)]
}
