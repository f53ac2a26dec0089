package formats_test

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/formats"
)

// TestEachCaptureGoesToItsOwnFormat asks every format about every real
// capture: the one that its folder names is sure of it and no other is, and
// what is of no format is nobody's.
func TestEachCaptureGoesToItsOwnFormat(t *testing.T) {
	dir := os.Getenv("NUMALENS_SAMPLES")
	if dir == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the directory of real captures")
	}
	own := map[string]string{
		filepath.Base(dir): "", // the page and the table of the captures themselves
		"bench":            "go-bench benchstat", "bpf": "bcc bpftrace", "gotrace": "", "pprof": "", "numa_maps": "numa-maps", "numactl": "numactl", "numastat": "numastat",
		"perf_c2c": "perf-c2c", "perf_data": "perf-data", "perf_mem": "perf-mem", "perf_script": "perf-script", "perf_stat": "perf-stat", "sysfs_tree": "sysfs-tree",
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	pages, _ := filepath.Glob(filepath.Join(dir, "*.*"))
	files = append(files, pages...)
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
		raw, unpacked := heads(t, path)
		by := sureOf(unpacked)
		if want == "" && len(by) > 0 || want != "" && (len(by) != 1 || !slices.Contains(strings.Fields(want), by[0])) {
			t.Errorf("%s: %v are sure of it; it is of %q", path, by, want)
		}
		if by := sureOf(raw); strings.HasSuffix(path, ".bz2") && len(by) > 0 {
			t.Errorf("%s: %v are sure of it as it is packed", path, by)
		}
	}
}

// sureOf are the formats that would take a head.
func sureOf(head []byte) (names []string) {
	for _, f := range formats.All() {
		if f.Detect(head) >= 50 {
			names = append(names, f.Name)
		}
	}
	return names
}

// heads are what a format is asked about, as the file lies there and unpacked.
func heads(t *testing.T, path string) (raw, unpacked []byte) {
	t.Helper()
	const most = 64 << 10
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, unpacked = p, p
	if strings.HasSuffix(path, ".bz2") {
		if unpacked, err = io.ReadAll(bzip2.NewReader(bytes.NewReader(p))); err != nil {
			t.Fatal(err)
		}
		if _, err := tar.NewReader(bytes.NewReader(unpacked)).Next(); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	return raw[:min(len(raw), most)], unpacked[:min(len(unpacked), most)]
}
