package calibrate

import (
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestTheChainIsOneCycle: a chain of several cycles would stay in a cache.
func TestTheChainIsOneCycle(t *testing.T) {
	m, err := allocate(0, 4<<20, false, true)
	if err != nil {
		t.Fatal(err)
	}
	const spacing = 256
	m.chain(spacing)
	n := int64(len(m.bytes)) / spacing
	at, seen := m.at(0), map[unsafe.Pointer]bool{}
	for range n {
		if seen[at] {
			t.Fatalf("after %d of %d steps the chain comes back", len(seen), n)
		}
		seen[at] = true
		at = chase(at, 1)
	}
	if at != m.at(0) {
		t.Error("the chain does not end where it began")
	}
	if chase(m.at(0), n) != m.at(0) {
		t.Error("all steps at once end elsewhere")
	}
}

// TestMisplacedMemoryIsRefused: what lies elsewhere than it should is told,
// and not measured.
func TestMisplacedMemoryIsRefused(t *testing.T) {
	m, err := allocate(0, 4<<20, false, true)
	if err != nil {
		t.Fatal(err)
	}
	if !m.sure {
		t.Skip("[root] the kernel does not tell where memory lies (a seccomp filter)")
	}
	m.node = 1
	if err := m.check(); err == nil || !strings.Contains(err.Error(), "1024 of 1024 pages are not on node 1") {
		t.Errorf("check says %v", err)
	}
	if _, err := allocate(77, 4<<20, false, false); err == nil {
		t.Error("memory of node 77 was given")
	}
}

func allowed(t *testing.T) []int {
	t.Helper()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		t.Fatal(err)
	}
	var all []int
	for cpu := 0; len(all) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all
}

// TestEveryWorkloadDoesItsUnits runs each in a process of its own, as
// calibrate does.
func TestEveryWorkloadDoesItsUnits(t *testing.T) {
	cpus := allowed(t)
	c, err := startChild()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	if _, err := c.ask(request{Op: "memory", Bytes: 8 << 20, Spacing: 128, Only: true}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []request{
		{Kind: workChase, CPUs: cpus[:1], Count: 10000},
		{Kind: workStream, CPUs: cpus[:1], Count: 10000},
		{Kind: workTouch, CPUs: cpus[:1], Count: 100},
		{Kind: workSleep, CPUs: cpus[:1], Count: 10},
		{Kind: workSpin, CPUs: cpus[:1], Count: 1000},
		{Kind: workMigrate, CPUs: cpus[:min(2, len(cpus))], Count: 10},
		{Kind: workPingPong, CPUs: cpus[:min(2, len(cpus))], Count: 100},
		{Kind: workPingPong, CPUs: cpus[:min(2, len(cpus))], Count: 100, Padded: true},
		{Kind: workHandover, CPUs: cpus[:min(2, len(cpus))], Count: 100},
		{Kind: workHandover, CPUs: cpus[:min(2, len(cpus))], Count: 100, Padded: true},
	} {
		if len(r.CPUs) < 2 && slices.Contains([]string{workPingPong, workHandover, workMigrate}, r.Kind) {
			continue // one CPU alone
		}
		r.Op, r.Rounds = "prepare", 3
		if _, err := c.ask(r); err != nil {
			t.Errorf("%s: %v", r.Kind, err)
			continue
		}
		a, err := c.ask(request{Op: "go"})
		if err != nil {
			t.Errorf("%s: %v", r.Kind, err)
			continue
		}
		for _, did := range a.Did {
			if did.Units != 3*r.Count || len(did.RoundNS) != 3 || slices.Min(did.RoundNS) <= 0 || did.EndNS <= did.BeginNS {
				t.Errorf("%s: %+v", r.Kind, did)
			}
		}
		t.Logf("%-9s padded=%-5v %+v", r.Kind, r.Padded, a.Did)
	}
}

func TestWrongRequestsAreAnswered(t *testing.T) {
	c, err := startChild()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for want, r := range map[string]request{
		"is not known":       {Op: "what"},
		"there is no memory": {Op: "prepare", Kind: workChase, CPUs: []int{0}, Rounds: 1, Count: 1},
		"0 CPUs":             {Op: "prepare", Kind: workSpin, Rounds: 1, Count: 1},
		"two CPUs":           {Op: "prepare", Kind: workPingPong, CPUs: []int{0}, Rounds: 1, Count: 1},
		"pin a thread":       {Op: "prepare", Kind: workSpin, CPUs: []int{1000}, Rounds: 1, Count: 1},
	} {
		if _, err := c.ask(r); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", r, err, want)
		}
	}
}
