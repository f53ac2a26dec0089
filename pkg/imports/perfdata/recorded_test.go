package perfdata

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// recorded has perf record the faults of a shell, to a file or to a pipe.
func recorded(t *testing.T, piped bool, options ...string) string {
	t.Helper()
	perf, err := exec.LookPath("perf")
	if err != nil {
		t.Skipf("[perf] %v", err)
	}
	path := filepath.Join(t.TempDir(), "perf.data")
	out := path
	if piped {
		out = "-"
	}
	args := append([]string{"record", "-q", "-e", "minor-faults", "-c", "1", "-d", "--sample-cpu", "-W", "-o", out}, options...)
	cmd := exec.Command(perf, append(args, "--", "sh", "-c", "for i in 1 2 3 4 5; do ls -l / >/dev/null; done")...)
	stdout, err := cmd.Output()
	if err != nil {
		t.Skipf("[perf] perf record: %v", err)
	}
	if piped {
		if err := os.WriteFile(path, stdout, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

const recordedColumns = "comm,pid,tid,cpu,time,period,event,addr,data_src,weight,ip"

// TestRecordedHere reads what this host's perf records, in each of its ways,
// and holds it to what the same perf prints.
func TestRecordedHere(t *testing.T) {
	for name, way := range map[string]struct {
		piped   bool
		options []string
	}{
		"file": {false, nil}, "pipe": {true, nil}, "compressed": {false, []string{"-z"}}, "compressed well": {false, []string{"--compression-level=19"}},
		"compressed pipe": {true, []string{"-z"}}, "wall clock": {false, []string{"-k", "CLOCK_MONOTONIC"}}, "no build ids": {false, []string{"-B", "-N"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := recorded(t, way.piped, way.options...)
			f := readFile(t, path)
			if name == "wall clock" {
				f = f.unwound(t, path)
			}
			sameAsPerf(t, path, f, recordedColumns)
			host, _ := os.Hostname()
			if len(f.warnings) > 0 || f.fact("host") != host || f.topology == nil || f.samples[0].CPUNode < 0 {
				t.Errorf("warnings %q, host %q, topology %+v, first sample %+v", f.warnings, f.fact("host"), f.topology, f.samples[0])
			}
		})
	}
}

// unwound takes the wall clock out again, for perf prints the other one.
func (f *found) unwound(t *testing.T, path string) *found {
	t.Helper()
	if f.fact("clock") != "realtime" {
		t.Fatalf("the clock is %q", f.fact("clock"))
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if ago := time.Now().UnixNano() - f.samples[0].TS; ago < 0 || ago > int64(time.Minute) {
		t.Errorf("the first sample was %d ns ago by the wall clock", ago)
	}
	k := clockOf(t, whole)
	for i := range f.samples {
		f.samples[i].TS += int64(k.sampleNS - k.wallNS)
	}
	return f
}

func clockOf(t *testing.T, file []byte) clock {
	t.Helper()
	g := newReading(&found{})
	r, size := bytes.NewReader(file), int64(len(file))
	h, err := readHeader(r, size)
	if err != nil {
		t.Fatal(err)
	}
	g.fileFeatures(r, size, h)
	return g.clock
}

// TestRewritten turns the faults of a real recording into remote and local
// loads and stores, whose truth is known.
func TestRewritten(t *testing.T) {
	path := recorded(t, false, "--phys-data")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []uint64{remoteHITM, storeHit, remoteHITM, remoteMemory, localMemory}
	n := rewrite(t, file, kinds)
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	f := readFile(t, path)
	sameAsPerf(t, path, f, recordedColumns+",phys_addr")
	for i, s := range f.samples {
		want := export.MemoryLoad
		if kinds[i%len(kinds)] == storeHit {
			want = export.MemoryStore
		}
		if s.Kind != want || s.DataSrc != kinds[i%len(kinds)] || s.Latency != int32(300+i%50) || s.CPU != int32(i%2) {
			t.Fatalf("sample %d of %d: %+v", i, n, s)
		}
	}
}

// rewrite gives each sample of a file a data source, a weight and a CPU.
func rewrite(t *testing.T, file []byte, kinds []uint64) (n int) {
	t.Helper()
	h, err := readHeader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	e, err := parseEvent(file[h.attrs.offset:][:h.attrSize-16])
	if err != nil {
		t.Fatal(err)
	}
	const all = hasIP | hasTID | hasTime | hasAddr | hasCPU | hasWeightStruct | hasDataSrc | hasPhys
	if e.fields != all {
		t.Skipf("[perf] this perf records other fields: %#x", e.fields)
	}
	data := file[h.data.offset:][:h.data.size]
	for len(data) > 0 {
		size := le.Uint16(data[6:])
		if payload := data[8:size]; le.Uint32(data) == recordSample {
			le.PutUint64(payload[32:], uint64(n%2))
			le.PutUint64(payload[40:], uint64(300+n%50))
			le.PutUint64(payload[48:], kinds[n%len(kinds)])
			n++
		}
		data = data[size:]
	}
	return n
}
