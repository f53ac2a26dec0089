package placement

import (
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

func open(t *testing.T, o Options) *Collector {
	t.Helper()
	o.Roots, o.PageBytes = collect.HostRoots(), os.Getpagesize()
	c, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skipf("[numa] %+v", report.Unavailable)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*Collector)
}

// drain looks once; the first drain only begins.
func drain(t *testing.T, c *Collector) []export.PlacementRow {
	t.Helper()
	rows := &collecttest.Rows{}
	for c.ticks == 0 || rows.Placed == nil && c.ticks < 3 {
		if err := c.Drain(rows); err != nil {
			t.Fatal(err)
		}
	}
	return rows.Placed
}

func pagesOf(rows []export.PlacementRow) (pages, samples int64) {
	for _, r := range rows {
		pages += r.Pages * (r.PageBytes / int64(os.Getpagesize()))
		samples += r.Samples
	}
	return pages, samples
}

// touched maps memory and writes to every page of it.
func touched(t *testing.T, mib int) {
	t.Helper()
	b, err := unix.Mmap(-1, 0, mib<<20, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Munmap(b) })
	for i := 0; i < len(b); i += os.Getpagesize() {
		b[i] = 1
	}
}

// TestBothWaysAgree: what random pages estimate is what all pages sum up to.
func TestBothWaysAgree(t *testing.T) {
	touched(t, 128)
	counted, none := pagesOf(drain(t, open(t, Options{PIDs: []int{os.Getpid()}, HoldLimit: time.Hour})))
	estimate, samples := pagesOf(drain(t, open(t, Options{PIDs: []int{os.Getpid()}, HoldLimit: 1})))
	if none != 0 || samples == 0 {
		t.Fatalf("%d samples in what was counted, %d in the estimate", none, samples)
	}
	if counted < 128<<20/int64(os.Getpagesize()) {
		t.Errorf("%d pages counted, fewer than were touched", counted)
	}
	// Some pages come and go with the Go runtime, and numa_maps counts shared
	// ones that move_pages may find elsewhere.
	deviation := float64(counted) / math.Sqrt(float64(samples))
	if math.Abs(float64(estimate-counted)) > 6*deviation+2000 {
		t.Errorf("%d pages estimated from %d samples, %d counted: more than six deviations of %.0f apart", estimate, samples, counted, deviation)
	}
}

func TestNodesAreTheHosts(t *testing.T) {
	rows := drain(t, open(t, Options{PIDs: []int{os.Getpid()}}))
	for _, r := range rows {
		if _, err := os.Stat("/sys/devices/system/node/node" + string(rune('0'+r.Node))); err != nil && r.Node < 10 {
			t.Errorf("%+v is on a node that is not there", r)
		}
		if r.PID != int32(os.Getpid()) || r.Comm == "" || r.TS == 0 || r.Policy == "" || r.Pages <= 0 {
			t.Errorf("%+v", r)
		}
	}
}

// TestDescendants: a child of a child is found, stays when its parent ends,
// and goes when it ends.
func TestDescendants(t *testing.T) {
	sh := exec.Command("sh", "-c", "sh -c 'sleep 60 & echo $!; sleep 60' & wait")
	out, err := sh.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	sh.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	if err := sh.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		unix.Kill(-sh.Process.Pid, unix.SIGKILL)
		sh.Wait()
	}()
	grandchild := make([]byte, 16)
	n, err := out.Read(grandchild)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat("/proc/thread-self/children"); err != nil {
		t.Skip("[children] this kernel does not list children (CONFIG_PROC_CHILDREN)")
	}
	c := open(t, Options{Command: sh.Process.Pid})
	await := func(members int) {
		t.Helper()
		for range 500 { // a shell takes its time, and so does who buries its dead
			if c.family.update(); len(c.family.members) == members {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("%d processes, want %d", len(c.family.members), members)
	}
	await(4) // two shells and two sleeps
	var names []string
	for _, r := range drain(t, c) {
		if !slices.Contains(names, r.Comm) {
			names = append(names, r.Comm)
		}
	}
	if slices.Sort(names); !slices.Equal(names, []string{"sh", "sleep"}) {
		t.Errorf("looked at %q", names)
	}
	if err := exec.Command("kill", strings.TrimSpace(string(grandchild[:n]))).Run(); err != nil {
		t.Fatal(err)
	}
	await(3)
}

func TestFirstDrainOnlyBegins(t *testing.T) {
	c := open(t, Options{PIDs: []int{os.Getpid()}})
	rows := &collecttest.Rows{}
	if err := c.Drain(rows); err != nil || rows.Placed != nil {
		t.Errorf("%d rows, %v", len(rows.Placed), err)
	}
	if c.Period() != firstPeriod {
		t.Errorf("period %v at the beginning", c.Period())
	}
	for range firstLooks {
		c.Drain(rows)
	}
	if c.Period() != period {
		t.Errorf("period %v after %d looks", c.Period(), firstLooks)
	}
}

func TestCostIsSpreadOverTime(t *testing.T) {
	c := open(t, Options{PIDs: []int{os.Getpid()}})
	drain(t, c)
	p := c.family.members[os.Getpid()]
	p.due = time.Now().Add(time.Hour)
	rows := &collecttest.Rows{}
	if err := c.Drain(rows); err != nil || rows.Placed != nil {
		t.Errorf("a process that is not due was looked at: %d rows, %v", len(rows.Placed), err)
	}
}

func TestNobodyToLookAt(t *testing.T) {
	c, report, err := Open(Options{Roots: collect.HostRoots(), PageBytes: 4096})
	if c != nil || err != nil || report.Unavailable != nil {
		t.Errorf("%v, %+v, %v", c, report, err)
	}
}

func TestKernelWithoutNumaMaps(t *testing.T) {
	c, report, err := Open(Options{Roots: collect.Roots{Proc: t.TempDir()}, PageBytes: 4096, Command: 1})
	if c != nil || err != nil || len(report.Unavailable) != 1 || !strings.Contains(report.Unavailable[0].Remedy, "CONFIG_NUMA") {
		t.Errorf("%v, %+v, %v", c, report, err)
	}
}

func TestForeignProcessIsToldOnce(t *testing.T) {
	c := open(t, Options{PIDs: []int{os.Getpid()}})
	c.family.members[os.Getpid()].born = 1
	c.family.update()
	if len(c.family.members) != 0 {
		t.Error("another process of the same number is still followed")
	}
	if os.Getuid() == 0 {
		t.Skip("[plain user] root may look at every process")
	}
	c.family.join(1)
	rows := &collecttest.Rows{}
	c.begun = true
	for range 3 {
		c.family.members[1].due = time.Time{}
		if err := c.Drain(rows); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows.Notes) != 1 || !strings.Contains(rows.Notes[0].Text, "cannot be looked at") {
		t.Errorf("notes %+v", rows.Notes)
	}
}
