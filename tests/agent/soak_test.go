package agent_test

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

const (
	// soakMinutes is the variable that says how long the soak is.
	soakMinutes = "NUMALENS_SOAK_MINUTES"
	soakShortly = 40 * time.Second
	// soakMost is what the agent may take of memory at any time. Its own
	// limit on the heap is 128 MiB (cmd/numalens-agent/place.go); with the
	// binary's pages, and the rings, which count as resident, it is below this.
	soakMost = 192 << 20
	// soakGrowth is by how much the last third's typical size may exceed the
	// second's. Between two collections the heap grows to five times what is
	// in use, which a short soak sees a few times only.
	soakGrowth = 32 << 20
)

// TestSoak has the agent trace everything, while processes with names and
// stacks that were never there before come and go; then it is killed.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("[time] takes most of a minute; the full suite has it")
	}
	needRoot(t, "tracing by BPF needs it")
	before := pinned(t)
	out := outDir(t)
	load := startCommand(t, exec.Command(helper), withEnv(helperVariable+"=churn"))
	r := start(t, []string{"record", "--out", out, "--name", "soaked", "--trace", "all", "--go", helper, "--pid", strconv.Itoa(load.cmd.Process.Pid),
		"--keep", "comm~^kept", "--keep", "size>=64K"})
	r.awaitText(t, r.stderr, "recording into")

	first, sizes := watchSoak(t, r, soakLong(t))
	steady(t, sizes)
	r.signal(t, syscall.SIGKILL)
	<-r.done
	nothingLeft(t, first)
	if now := pinned(t); !slices.Equal(now, before) {
		t.Errorf("pinned objects: %v before, %v after", before, now)
	}
	mended(t, out)
}

func soakLong(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(soakMinutes)
	if text == "" {
		return soakShortly
	}
	minutes, err := strconv.ParseFloat(text, 64)
	if err != nil || minutes <= 0 {
		t.Fatalf("%s=%s: want a number of minutes", soakMinutes, text)
	}
	return time.Duration(minutes * float64(time.Minute))
}

// watchSoak looks at the agent each second. What it holds of the kernel must
// stay the same from the first look on, but for descriptors of files that are
// open for a moment.
func watchSoak(t *testing.T, r *run, long time.Duration) (first *held, sizes []int64) {
	t.Helper()
	const warm = 5 * time.Second
	time.Sleep(warm)
	var files []int
	for end := time.Now().Add(long - warm); time.Now().Before(end); time.Sleep(time.Second) {
		h, err := heldBy(r.cmd.Process.Pid)
		if err != nil {
			t.Fatalf("the agent has ended: %v; stderr:\n%s", err, r.stderr)
		}
		if first == nil {
			first = h
			if len(h.programs) == 0 || len(h.maps) == 0 || len(h.links) == 0 {
				t.Skipf("[bpf] the agent does not trace here: it holds %v", h)
			}
			if left := h.remaining(t); len(left) < len(h.programs)+len(h.maps) {
				t.Fatalf("the agent holds %v, and the kernel has %v", h, left)
			}
		}
		// Links come and go where the governor takes probes off.
		if len(h.programs) != len(first.programs) || len(h.maps) != len(first.maps) || len(h.links) > len(first.links) {
			t.Fatalf("at first the agent held %v, now it holds %v", first, h)
		}
		for id := range h.links {
			first.links[id] = true
		}
		files, sizes = append(files, h.files), append(sizes, h.resident)
		if s := len(sizes); s%10 == 1 {
			t.Logf("second %d: %v", s+int(warm.Seconds()), h)
		}
	}
	if begun, ended := typical(files[:len(files)/3]), typical(files[2*len(files)/3:]); ended > begun+2 {
		t.Errorf("typically %d descriptors were open at first, and %d in the end: %v", begun, ended, files)
	}
	return first, sizes
}

func steady(t *testing.T, sizes []int64) {
	t.Helper()
	n := len(sizes)
	if most := slices.Max(sizes); most > soakMost {
		t.Errorf("the agent had %.1f MB resident, more than %.1f", float64(most)/1e6, soakMost/1e6)
	}
	if second, last := typical(sizes[n/3:2*n/3]), typical(sizes[2*n/3:]); last > second+soakGrowth {
		t.Errorf("the agent grows: typically %.1f MB in the second third, %.1f MB in the last: %v", float64(second)/1e6, float64(last)/1e6, sizes)
	}
}

// typical is the median.
func typical[N cmp.Ordered](v []N) N {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}

// nothingLeft waits until the kernel has freed what a process had, which it
// does when no CPU can be at work with it any more.
func nothingLeft(t *testing.T, h *held) {
	t.Helper()
	began := time.Now()
	left := h.remaining(t)
	for range 500 {
		if len(left) == 0 {
			t.Logf("%v: freed within %v", h, time.Since(began).Round(time.Millisecond))
			return
		}
		time.Sleep(20 * time.Millisecond)
		left = h.remaining(t)
	}
	t.Errorf("%v after it ended, the kernel still has of it: %s", time.Since(began).Round(time.Second), strings.Join(left, ", "))
}

// mended has the next agent look after the run that was left behind.
func mended(t *testing.T, out string) {
	t.Helper()
	want, err := wholeRows(out)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := exec.Command(bin, "record", "--quiet", "--out", out, "--name", "next", "--", "true").CombinedOutput(); err != nil {
		t.Fatalf("the next agent: %v\n%s", err, b)
	}
	sound(t, out)
	for _, m := range manifests(t, out) {
		if m.Name != "soaked" {
			continue
		}
		if m.State != export.Recovered {
			t.Errorf("the run that was killed is %s", m.State)
		}
		if err := compareSoaked(m, want); err != nil {
			t.Error(err)
		}
		return
	}
	t.Error("the run that was killed is gone")
}

// compareSoaked holds the rows that were whole in tails against those that
// are sealed; what was sealed before comes on top.
func compareSoaked(m *export.Manifest, want map[string]int64) error {
	got := map[string]int64{}
	for _, s := range m.Segments {
		if s.Format != "parquet" {
			return fmt.Errorf("segment %s is not sealed", s.File)
		}
		got[s.Table] += s.Rows
	}
	for _, table := range []string{export.TableAllocations, export.TableEvents, export.TableStacks, export.TableSymbols} {
		if got[table] < want[table] || got[table] == 0 {
			return fmt.Errorf("%s has %d rows, and %d were whole in its tail", table, got[table], want[table])
		}
	}
	return nil
}

// TestStartingAndStoppingLeavesNothing: also what ends as it should frees all.
func TestStartingAndStoppingLeavesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("[time] takes a quarter of a minute; the full suite has it")
	}
	needRoot(t, "tracing by BPF needs it")
	before := pinned(t)
	for i := range 10 {
		r := start(t, []string{"record", "--out", outDir(t), "--trace", "all", "--go", helper})
		r.awaitText(t, r.stderr, "recording into")
		h, err := heldBy(r.cmd.Process.Pid)
		if err != nil {
			t.Fatal(err)
		}
		if len(h.links) == 0 {
			t.Skipf("[bpf] the agent does not trace here: it holds %v", h)
		}
		r.signal(t, []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}[i%3])
		if code := r.wait(t); code != 0 {
			t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
		}
		nothingLeft(t, h)
	}
	if now := pinned(t); !slices.Equal(now, before) {
		t.Errorf("pinned objects: %v before, %v after", before, now)
	}
}
