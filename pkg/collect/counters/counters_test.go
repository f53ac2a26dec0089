package counters

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/export"
)

func TestMain(m *testing.M) { collecttest.Main(m) }

func options(t testing.TB) Options {
	t.Helper()
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Roots: collect.HostRoots(), Clock: clock, CPUs: info.Topology.CPUs, Hz: 100}
}

// openCPUs counts whole CPUs, or skips.
func openCPUs(t testing.TB, o Options) (*Collector, collect.Report) {
	t.Helper()
	c, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		if perfevent.ReadPermission(o.Roots).MayCountCPUs() && !collecttest.Filtered() {
			t.Fatalf("allowed, and yet refused: %+v", report.Unavailable)
		}
		t.Skipf("[root] CPU-wide events need CAP_PERFMON: %v", &report.Unavailable[0])
	}
	t.Cleanup(func() { c.Close() })
	return c.(*Collector), report
}

// total sums an event's last readings over all CPUs.
func total(rows []export.CounterRow, groups []export.Group, event string) int64 {
	last := map[int32]int64{}
	for _, r := range rows {
		for i, e := range groups[r.Group].Events {
			if e.Name == event {
				last[r.Instance] = r.Values[i]
			}
		}
	}
	var sum int64
	for _, v := range last {
		sum += v
	}
	return sum
}

// checkSeries: every CPU has rows from zero on, and nothing runs backwards.
func checkSeries(t *testing.T, rows []export.CounterRow, cpus int) {
	t.Helper()
	type key struct {
		instance int32
		group    int
	}
	last := map[key]export.CounterRow{}
	for _, r := range rows {
		k := key{r.Instance, r.Group}
		before, seen := last[k]
		last[k] = r
		if !seen {
			if slices.Max(r.Values) != 0 || r.Enabled != 0 {
				t.Errorf("CPU %d group %d begins with %v", r.Instance, r.Group, r.Values)
			}
			continue
		}
		if r.TS < before.TS || r.Enabled < before.Enabled || r.Running > r.Enabled {
			t.Errorf("after %+v came %+v", before, r)
		}
		for i := range r.Values {
			if r.Values[i] < before.Values[i] {
				t.Errorf("CPU %d: count %d fell from %d to %d", r.Instance, i, before.Values[i], r.Values[i])
			}
		}
	}
	if len(last) == 0 || len(last)%cpus != 0 {
		t.Errorf("%d series for %d CPUs", len(last), cpus)
	}
}

// TestWholeCPUs counts a workload of known faults by counting everything.
func TestWholeCPUs(t *testing.T) {
	for _, method := range []Method{Both, KernelTimer, SystemCall} {
		t.Run(method.String(), func(t *testing.T) {
			o := options(t)
			o.Method = method
			c, report := openCPUs(t, o)
			var rows collecttest.Rows
			w := collecttest.Workload{Pages: 500, Threads: 2}.Start(t)
			if err := w.Release(); err != nil {
				t.Fatal(err)
			}
			for range 10 {
				time.Sleep(20 * time.Millisecond)
				if err := c.Drain(&rows); err != nil {
					t.Fatal(err)
				}
			}
			w.Result(t)
			w.End(t)
			if err := c.Finish(&rows); err != nil {
				t.Fatal(err)
			}
			checkSeries(t, rows.Counters, len(o.CPUs))
			if faults := total(rows.Counters, report.Groups, "minor-faults"); faults < 1000 {
				t.Errorf("%d minor faults, the workload alone makes 1000", faults)
			}
			if switches := total(rows.Counters, report.Groups, "context-switches"); switches < 10 {
				t.Errorf("%d context switches, this test alone makes 10", switches)
			}
			// The first and the last of each CPU, and more as the pace allows.
			if len(rows.Counters) <= 2*len(o.CPUs) {
				t.Errorf("only %d readings", len(rows.Counters))
			}
			for _, n := range rows.Notes {
				// A slow host may be read less often than 100 times a second.
				if n.Kind != export.NoteMark || method == KernelTimer {
					t.Errorf("note %+v", n)
				}
			}
		})
	}
}

// TestTotalsReachTheEnd: what happens after the kernel's last sample is still
// counted, by the reading at the end.
func TestTotalsReachTheEnd(t *testing.T) {
	o := options(t)
	o.Hz = 1
	c, report := openCPUs(t, o)
	w := collecttest.Workload{Pages: 2000, Threads: 1}.Start(t)
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	w.Result(t)
	w.End(t)
	var rows collecttest.Rows
	if err := c.Finish(&rows); err != nil {
		t.Fatal(err)
	}
	if faults := total(rows.Counters, report.Groups, "minor-faults"); faults < 2000 {
		t.Errorf("%d minor faults, the workload alone makes 2000", faults)
	}
}

// TestCommand counts only the command: its threads and its children, from
// exec to exit. It holds for a plain user as well.
func TestCommand(t *testing.T) {
	o := options(t)
	o.CommandOnly = true
	work := collecttest.Workload{Pages: 300, Threads: 3, Children: 2, Hold: true}
	w := work.Start(t)
	o.Command = w.PID
	c, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		w.Cancel()
		t.Skipf("[perf] %v", &report.Unavailable[0])
	}
	defer c.Close()
	var rows collecttest.Rows
	time.Sleep(30 * time.Millisecond)
	c.Drain(&rows) // before exec: all zero
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		time.Sleep(10 * time.Millisecond)
		c.Drain(&rows)
	}
	result := w.Result(t)
	if status := w.End(t); status != 0 {
		t.Fatalf("the workload failed with %d", status)
	}
	if err := c.Finish(&rows); err != nil {
		t.Fatal(err)
	}
	checkSeries(t, rows.Counters, len(o.CPUs))
	for _, r := range rows.Counters {
		if r.Scope != export.ScopeProcessCPU {
			t.Fatalf("scope %q", r.Scope)
		}
		if r.Enabled != r.Running {
			t.Fatalf("software events look multiplexed: enabled %d, running %d", r.Enabled, r.Running)
		}
	}
	faults := total(rows.Counters, report.Groups, "minor-faults")
	t.Logf("%d minor faults counted, the workload says %d", faults, result.Faults)
	atLeast := result.Faults
	if kernelLeftOut(report) {
		atLeast = 300 * 5 // those that the workload takes in user mode
	}
	if faults < atLeast || faults > result.Faults*3/2+2000 {
		t.Errorf("%d minor faults, want at least %d and not far above %d", faults, atLeast, result.Faults)
	}
	if ns := total(rows.Counters, report.Groups, "task-clock"); ns <= 0 {
		t.Errorf("task-clock is %d", ns)
	}
}

func kernelLeftOut(report collect.Report) bool {
	return slices.ContainsFunc(report.Groups, func(g export.Group) bool {
		return g.Name == "software" && !slices.ContainsFunc(g.Events, func(e export.GroupEvent) bool { return e.Name == "context-switches" })
	})
}

func TestCommandAsPlainUser(t *testing.T) {
	if !collecttest.AsPlainUser(t) {
		TestCommand(t)
	}
}

// TestPlainUserGetsNoFalseZeros: events that the kernel would count as 0 for
// a plain user are left out, with the reason.
func TestPlainUserGetsNoFalseZeros(t *testing.T) {
	if collecttest.AsPlainUser(t) {
		return
	}
	o := options(t)
	if perfevent.ReadPermission(o.Roots).MayCountKernel() {
		t.Skip("[paranoid] kernel.perf_event_paranoid lets every user count the kernel here")
	}
	w := collecttest.Workload{Pages: 1, Threads: 1}.Start(t)
	defer w.Cancel()
	o.Command = w.PID
	c, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skipf("[perf] %v", report.Unavailable)
	}
	defer c.Close()
	if !kernelLeftOut(report) {
		t.Errorf("groups %+v", report.Groups)
	}
	var text strings.Builder
	for _, u := range report.Unavailable {
		text.WriteString(u.Error() + "\n")
	}
	for _, want := range []string{"counters of whole CPUs: kernel.perf_event_paranoid is", "context-switches, cpu-migrations", "CAP_PERFMON"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("nothing says %q:\n%s", want, text.String())
		}
	}
}

// TestRefusedByFilter: a container's seccomp profile refuses perf events.
func TestRefusedByFilter(t *testing.T) {
	if collecttest.BehindFilter(t) {
		return
	}
	o := options(t)
	o.Command = os.Getpid()
	c, report, err := Open(o)
	if c != nil || err != nil {
		t.Fatalf("collector %v, error %v", c, err)
	}
	for _, u := range report.Unavailable {
		if !strings.Contains(u.Why, "seccomp filter") || !strings.Contains(u.Remedy, "seccomp profile") {
			t.Errorf("%+v", u)
		}
	}
	if len(report.Unavailable) != 2 {
		t.Errorf("%d reasons, want one for whole CPUs and one for the command", len(report.Unavailable))
	}
}

// TestHotplug takes a CPU away in a copied /sys. The kernel's own events go
// on: what is tested is that the collector follows the list.
func TestHotplug(t *testing.T) {
	o := options(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "devices/system/cpu/online")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(list string) {
		if err := os.WriteFile(file, []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if len(o.CPUs) < 2 {
		t.Skip("[two CPUs] this host has one CPU")
	}
	last := o.CPUs[len(o.CPUs)-1].ID
	var rest []string
	for _, cpu := range o.CPUs[:len(o.CPUs)-1] {
		rest = append(rest, strconv.Itoa(cpu.ID))
	}
	without := strings.Join(rest, ",") + "\n"
	all, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		t.Fatal(err)
	}
	write(string(all))
	o.Roots.Sys = dir
	c, _ := openCPUs(t, o)
	var rows collecttest.Rows
	for _, list := range []string{string(all), without, without, string(all), string(all)} {
		write(list)
		time.Sleep(30 * time.Millisecond)
		if err := c.Drain(&rows); err != nil {
			t.Fatal(err)
		}
	}
	epochs := map[int32]int{}
	count := func() {
		clear(epochs)
		for _, r := range rows.Counters {
			if int(r.Instance) == last {
				epochs[r.Epoch]++
			} else if r.Epoch != 0 {
				t.Errorf("CPU %d, which stayed, is in epoch %d", r.Instance, r.Epoch)
			}
		}
	}
	// A loaded host may take a while until the new epoch has a second reading.
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if count(); epochs[1] >= 2 || time.Now().After(deadline) {
			break
		}
		if err := c.Drain(&rows); err != nil {
			t.Fatal(err)
		}
	}
	if len(epochs) != 2 || epochs[0] == 0 || epochs[1] < 2 {
		t.Errorf("readings by epoch: %v", epochs)
	}
	var texts []string
	for _, n := range rows.Notes {
		// Some hosts' CPUs sleep, and a busy host is read less often.
		if !strings.Contains(n.Text, "while it is idle") && !strings.Contains(n.Text, "takes") {
			texts = append(texts, string(n.Kind)+" "+n.Text)
		}
	}
	if len(texts) < 2 || !strings.HasSuffix(texts[0], "went offline") || !strings.HasSuffix(texts[len(texts)-1], "is counted again") {
		t.Errorf("notes %q", texts)
	}
}

// TestSilentCPUIsReopened: a CPU that went and came back between two looks at
// the list has dead events.
func TestSilentCPUIsReopened(t *testing.T) {
	c, _ := openCPUs(t, options(t))
	p := c.cpus[0]
	var rows collecttest.Rows
	p.aliveNS -= int64(time.Hour)
	p.lastEnabled = math.MaxInt64 // its time does not move either
	c.followHotplug(collect.MonotonicNS(), &rows)
	if p.epoch != 1 || len(rows.Notes) != 1 {
		t.Errorf("epoch %d, notes %+v", p.epoch, rows.Notes)
	}
}

func TestWrongOptions(t *testing.T) {
	o := options(t)
	o.Hz = 0
	if _, _, err := Open(o); err == nil || !strings.Contains(err.Error(), "1 to 1000") {
		t.Errorf("error %v", err)
	}
	o = options(t)
	o.CPUs = nil
	if _, _, err := Open(o); err == nil {
		t.Error("no CPUs, no error")
	}
}

func TestDrainDoesNotAllocate(t *testing.T) {
	for _, method := range []Method{Both, KernelTimer, SystemCall} {
		o := options(t)
		o.Hz, o.Method = 1000, method
		c, _ := openCPUs(t, o)
		c.Drain(collecttest.Discard{})
		n := testing.AllocsPerRun(20, func() {
			time.Sleep(2 * time.Millisecond)
			c.Drain(collecttest.Discard{})
		})
		if n > 0 {
			t.Errorf("%v: %v allocations a drain", method, n)
		}
	}
}
