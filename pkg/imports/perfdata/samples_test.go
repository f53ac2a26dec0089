package perfdata

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// samplesVariable names the folder of other people's captures, which are not
// ours to copy into the repository.
const samplesVariable = "NUMALENS_SAMPLES"

func capture(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv(samplesVariable)
	if dir == "" {
		t.Skipf("[samples] %s does not name the folder of captures", samplesVariable)
	}
	path := filepath.Join(dir, "perf_data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("[samples] %v", err)
	}
	return path
}

func readFile(t *testing.T, path string) *found {
	t.Helper()
	r, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f := &found{}
	if err := Read(r, f); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestSkylakeTwoNodes reads a recording of a Xeon Platinum 8173M, which came
// through a pipe and was made a file.
func TestSkylakeTwoNodes(t *testing.T) {
	f := readFile(t, capture(t, "weight_struct_skx8173M_2node.perf.data"))
	total, node1 := int32(0), 0
	for _, s := range f.samples {
		total += s.Latency
		if s.CPUNode == 1 {
			node1++
		}
		if s.Kind != "load" || s.Weight != 10009 || s.MemNode != -1 || s.Phys != 0 {
			t.Errorf("sample %+v", s)
		}
	}
	if len(f.samples) != 14 || total != 1725 || node1 != 10 {
		t.Errorf("%d samples, latencies of %d, %d of node 1; want 14, 1725, 10", len(f.samples), total, node1)
	}
	if f.topology == nil || len(f.topology.CPUs) != 112 || len(f.topology.Nodes) != 2 {
		t.Fatalf("topology %+v", f.topology)
	}
	for i, want := range []struct {
		first, next int
		bytes       int64
	}{{0, 56, 97837096 << 10}, {28, 84, 99016324 << 10}} {
		n := f.topology.Nodes[i]
		if n.ID != i || n.MemoryBytes != want.bytes || len(n.CPUs) != 56 || n.CPUs[0] != want.first || n.CPUs[28] != want.next {
			t.Errorf("node %d: %+v", i, n)
		}
	}
	if c, _ := f.topology.CPUByID(84); c.Socket != 1 || c.Node != 1 || !slices.Equal(c.Siblings, []int{28}) {
		t.Errorf("CPU 84: %+v", c)
	}
	for key, want := range map[string]string{
		"host": "oxco15.prod.google.com", "kernel": "4.15.0-smp-923.44.0.0", "arch": "x86_64", "cpus": "112", "cpuid": "GenuineIntel,6,85,4",
		"cpu": "Intel(R) Xeon(R) Platinum 8173M CPU @ 2.00GHz", "clock": "", "records MMAP2": "6930", "records COMM": "2959", "records SAMPLE": "14",
	} {
		if got := f.fact(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if !strings.Contains(f.fact("command"), "--pfm-events MEM_TRANS_RETIRED.LOAD_LATENCY") || len(f.warnings) > 0 {
		t.Errorf("command %q, warnings %q", f.fact("command"), f.warnings)
	}
}

// TestEqualToPerfScript holds every sample to what perf itself prints of it.
func TestEqualToPerfScript(t *testing.T) {
	path := capture(t, "weight_struct_skx8173M_2node.perf.data")
	sameAsPerf(t, path, readFile(t, path), "comm,pid,tid,cpu,time,period,event,addr,data_src,weight,ip")
}

// perfLine finds the numbers of a line of perf script.
var perfLine = regexp.MustCompile(`^\s*\S.*?\s+(\d+/\d+)\s+(\[\d+\]) +(\d+\.\d+):\s+(\d+) .+?:\s+([0-9a-f]+)\s+([0-9a-f]+) \|OP .*?\s{2,}(\d+)\s+([0-9a-f]+)(?:\s+([0-9a-f]+))?\s*$`)

// sameAsPerf compares the samples found in a file with perf script's lines.
func sameAsPerf(t *testing.T, path string, f *found, columns string) {
	t.Helper()
	perf, err := exec.LookPath("perf")
	if err != nil {
		t.Skipf("[perf] %v", err)
	}
	out, err := exec.Command(perf, "script", "--ns", "-G", "-i", path, "-F", columns).Output()
	if err != nil {
		t.Fatalf("perf script: %v", err)
	}
	lines := strings.Split(strings.TrimRight(string(out), "\n"), "\n")
	samples := f.byTime()
	if len(lines) != len(samples) || len(lines) == 0 {
		t.Fatalf("perf finds %d samples in %s, we %d", len(lines), path, len(samples))
	}
	differ := 0
	for i, l := range lines {
		m := perfLine.FindStringSubmatch(l)
		if m == nil {
			t.Fatalf("perf prints a line that this test can't read: %q", l)
		}
		if m[9] == "" {
			m[9] = "0"
		}
		if want := strings.Join(m[1:], " "); line(samples[i]) != want && differ < 5 {
			differ++
			t.Errorf("sample %d is %s, perf says %s", i, line(samples[i]), want)
		}
	}
}
