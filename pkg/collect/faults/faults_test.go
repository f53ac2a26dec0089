package faults

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/perfevent"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
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
	return Options{Roots: collect.HostRoots(), Clock: clock, Topology: &info.Topology, Period: 1}
}

// open opens the collector, or skips.
func open(t testing.TB, o Options) (*Collector, collect.Report) {
	t.Helper()
	c, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		if !o.CommandOnly && perfevent.ReadPermission(o.Roots).MayCountCPUs() && !collecttest.Filtered() {
			t.Fatalf("allowed, and yet refused: %+v", report.Unavailable)
		}
		t.Skipf("[root] fault samples need CAP_PERFMON here: %v", &report.Unavailable[0])
	}
	t.Cleanup(func() { c.Close() })
	return c.(*Collector), report
}

// record samples a held workload and gives what both sides say.
func record(t *testing.T, o Options, work collecttest.Workload) (*Collector, collecttest.Result, *collecttest.Rows) {
	t.Helper()
	work.Hold = true
	w := work.Start(t)
	o.Command = w.PID
	released := false
	defer func() {
		if !released {
			w.Cancel() // the test is skipped
		}
	}()
	c, report := open(t, o)
	if report.Rung != numa.FaultSamples {
		t.Errorf("rung %v", report.Rung)
	}
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	released = true
	rows := &collecttest.Rows{}
	wake := make(chan struct{}, 1)
	c.Notify(wake)
	for !w.Done() {
		select {
		case <-wake:
		case <-time.After(20 * time.Millisecond):
		}
		c.Drain(rows)
	}
	result := w.Result(t)
	if err := c.Finish(rows); err != nil {
		t.Fatal(err)
	}
	if status := w.End(t); status != 0 {
		t.Fatalf("the workload failed with %d", status)
	}
	return c, result, rows
}

// checkPages: at one sample a fault, every page that was touched has its
// sample, and the sample's node is the one that the process itself learned
// from move_pages while the page was mapped. gone allows that the node of a
// process that has ended is not known.
func checkPages(t *testing.T, result collecttest.Result, rows *collecttest.Rows, o Options, gone func(pid int) bool) {
	t.Helper()
	for _, n := range rows.Notes {
		t.Errorf("note %+v", n)
	}
	type page struct {
		pid    int32
		number uint64
	}
	samples := map[page]export.Sample{}
	for _, s := range rows.Samples {
		if s.Weight != 1 {
			t.Fatalf("a sample of weight %d", s.Weight)
		}
		samples[page{s.PID, s.Addr / uint64(o.Topology.PageBytes)}] = s
	}
	missing, wrong, known := 0, 0, 0
	for _, touched := range result.Touched {
		for i, node := range touched.Nodes {
			if node < 0 {
				continue // swapped out or migrated meanwhile
			}
			s, ok := samples[page{int32(touched.PID), touched.Base/uint64(touched.PageBytes) + uint64(i)}]
			switch {
			case !ok:
				missing++
			case int(s.MemNode) == node:
				known++
			case s.MemNode < 0 && gone(touched.PID):
			default:
				wrong++
				t.Logf("page %d: the sample says node %d, move_pages %d: %+v", i, s.MemNode, node, s)
			}
			if ok && int(s.TID) != touched.TID {
				t.Errorf("page %d was touched by thread %d, the sample says %d", i, touched.TID, s.TID)
			}
			if cpu, found := o.Topology.CPUByID(int(s.CPU)); ok && (!found || int32(cpu.Node) != s.CPUNode) {
				t.Errorf("CPU %d is not of node %d", s.CPU, s.CPUNode)
			}
		}
	}
	if missing > 0 || wrong > 0 || known == 0 {
		t.Errorf("%d pages without a sample, %d with another node, %d agree", missing, wrong, known)
	}
}

// TestEveryPageOfTheHost samples whole CPUs, with physical addresses.
func TestEveryPageOfTheHost(t *testing.T) {
	o := options(t)
	_, result, rows := record(t, o, collecttest.Workload{Pages: 400, Threads: 2, Children: 1})
	if !perfevent.ReadPermission(o.Roots).MayCountCPUs() {
		t.Skip("[root] only the command was sampled: whole CPUs need CAP_PERFMON")
	}
	checkPages(t, result, rows, o, func(int) bool { return false })
}

// TestEveryPageOfTheCommand samples the command alone. Without physical
// addresses, as for a plain user, move_pages has to tell, and only knows of
// the process that still lives.
func TestEveryPageOfTheCommand(t *testing.T) {
	o := options(t)
	o.CommandOnly = true
	// With a node more, empty, the question is asked on a host of one too.
	o.Topology.Nodes = append(o.Topology.Nodes, numa.Node{ID: 1 << 10})
	c, result, rows := record(t, o, collecttest.Workload{Pages: 400, Threads: 2, Children: 1})
	main := result.Touched[0].PID
	for _, touched := range result.Touched {
		main = min(main, touched.PID)
	}
	checkPages(t, result, rows, o, func(pid int) bool { return !c.physical && pid != main })
	mine := int32(os.Getpid())
	for _, s := range rows.Samples {
		if s.PID == mine {
			t.Fatalf("a sample of this test's own: %+v", s)
		}
	}
}

func TestEveryPageOfTheCommandAsPlainUser(t *testing.T) {
	if !collecttest.AsPlainUser(t) {
		TestEveryPageOfTheCommand(t)
	}
}

// TestOneNodeNeedsNoQuestion: on a host of one node, where the memory of a
// process that is gone lay is known.
func TestOneNodeNeedsNoQuestion(t *testing.T) {
	o := options(t)
	o.CommandOnly = true
	o.Topology.Nodes = o.Topology.Nodes[:1]
	if _, err := os.Stat("/sys/devices/system/node/node1"); err == nil {
		t.Skip("[one node] this host has several")
	}
	c, _, rows := record(t, o, collecttest.Workload{Pages: 50, Threads: 1, Children: 1})
	for _, s := range rows.Samples {
		if int(s.MemNode) != o.Topology.Nodes[0].ID {
			t.Fatalf("node %d: %+v", s.MemNode, s)
		}
	}
	if c.Period() != drainPeriod {
		t.Errorf("drained every %v, with nothing to ask", c.Period())
	}
}

// TestPlainUserIsTold: what a plain user does not get is said, with what
// helps.
func TestPlainUserIsTold(t *testing.T) {
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
	_, report := open(t, o)
	if len(report.Unavailable) != 2 {
		t.Fatalf("unavailable %+v", report.Unavailable)
	}
	for i, want := range []string{"whole CPUs", "physical addresses"} {
		if u := report.Unavailable[i]; !strings.Contains(u.Feature, want) || !strings.Contains(u.Remedy, "CAP_PERFMON") {
			t.Errorf("%+v", u)
		}
	}
}

// TestWeights: samples that stand for several faults add up to what happened.
func TestWeights(t *testing.T) {
	const pages = 50000
	for name, period := range map[string]int{"fixed": 7, "by rate": 0} {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			o.CommandOnly, o.Period = true, period
			_, result, rows := record(t, o, collecttest.Workload{Pages: pages, Threads: 1})
			var weight int64
			for _, s := range rows.Samples {
				weight += s.Weight
			}
			for _, n := range rows.Notes {
				// A burst can fill a ring before it is thinned out, but
				// not without a note.
				weight += n.Count * int64(max(period, 1))
			}
			t.Logf("%d samples stand for %d of %d faults", len(rows.Samples), weight, result.Faults)
			if weight < pages*8/10 || weight > result.Faults*12/10 {
				t.Errorf("%d samples stand for %d faults, %d happened", len(rows.Samples), weight, result.Faults)
			}
			if period > 1 && len(rows.Samples) > pages {
				t.Errorf("%d samples of one in %d", len(rows.Samples), period)
			}
		})
	}
}

// TestLostSamplesAreCounted lets a ring overflow: what it could not hold is
// noted to the last fault.
func TestLostSamplesAreCounted(t *testing.T) {
	o := options(t)
	o.CommandOnly = true
	const pages = 150000
	w := collecttest.Workload{Pages: pages, Threads: 1, Hold: true}.Start(t)
	defer w.End(t)
	o.Command = w.PID
	c, _ := open(t, o)
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	w.Result(t)
	var rows collecttest.Rows
	if err := c.Finish(&rows); err != nil {
		t.Fatal(err)
	}
	var counted uint64
	for _, p := range c.cpus {
		n, _, err := p.events[0].Count()
		if err != nil {
			t.Fatal(err)
		}
		counted += n
	}
	var lost int64
	for _, n := range rows.Notes {
		if n.Kind != export.NoteDrop || n.Table != export.TableSamples {
			t.Errorf("note %+v", n)
		}
		lost += n.Count
	}
	if lost == 0 || uint64(lost)+uint64(len(rows.Samples)) != counted {
		t.Errorf("%d samples and %d lost, %d faults were counted", len(rows.Samples), lost, counted)
	}
}

// TestFullRingWakes: a burst is drained before it overflows the ring, without
// any drain by time.
func TestFullRingWakes(t *testing.T) {
	o := options(t)
	o.CommandOnly = true
	w := collecttest.Workload{Pages: 100000, Threads: 1, Hold: true}.Start(t)
	defer w.End(t)
	o.Command = w.PID
	c, _ := open(t, o)
	wake := make(chan struct{}, 1)
	c.Notify(wake)
	if err := w.Release(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-wake:
	case <-time.After(20 * time.Second):
		t.Fatal("100,000 faults, and nobody was woken")
	}
	var rows collecttest.Rows
	c.Drain(&rows)
	if len(rows.Samples) == 0 {
		t.Error("woken without samples")
	}
	w.Result(t)
}

// TestDeadEventIsReopened: a CPU that went and came back between two looks at
// the list has dead events, whose time stands still as that of a disabled
// one does.
func TestDeadEventIsReopened(t *testing.T) {
	c, _ := open(t, options(t))
	if c.commandOn {
		t.Fatal("no command was given")
	}
	var rows collecttest.Rows
	c.nextCheck = 0
	c.Drain(&rows)
	if len(rows.Notes) > 0 {
		t.Fatalf("notes %+v", rows.Notes)
	}
	if err := c.cpus[0].stop(); err != nil {
		t.Fatal(err)
	}
	c.cpus[0].alive()
	c.nextCheck = 0
	c.Drain(&rows)
	if len(rows.Notes) != 1 || !strings.HasSuffix(rows.Notes[0].Text, "are sampled again") {
		t.Errorf("notes %+v, want one that CPU %d is sampled again", rows.Notes, c.cpus[0].id)
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
	if len(report.Unavailable) != 2 {
		t.Errorf("unavailable %+v", report.Unavailable)
	}
	for _, u := range report.Unavailable {
		if !strings.Contains(u.Why, "seccomp filter") || !strings.Contains(u.Remedy, "seccomp profile") {
			t.Errorf("%+v", u)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	o := options(t)
	o.Period = -1
	if _, _, err := Open(o); err == nil || !strings.Contains(err.Error(), "-1") {
		t.Errorf("error %v", err)
	}
	o = options(t)
	o.Topology = nil
	if _, _, err := Open(o); err == nil {
		t.Error("no topology, no error")
	}
}

func TestDrainDoesNotAllocate(t *testing.T) {
	o := options(t)
	c, _ := open(t, o)
	c.Drain(collecttest.Discard{})
	page := make([]byte, 64<<20)
	at := 0
	n := testing.AllocsPerRun(20, func() {
		for range 50 {
			at = (at + 4096) % len(page)
			page[at] = 1
		}
		c.Drain(collecttest.Discard{})
	})
	if n > 0 {
		t.Errorf("%v allocations a drain", n)
	}
}
