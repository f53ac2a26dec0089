package calibrate

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// measured is a cell that did n units, of which a host counted something.
func measured(work, place string, n int64) *cell {
	c := newCell(work, "CPU 0", place, request{})
	c.did = []result{{Units: n, CPUNS: n}}
	c.wallNS = n
	return c
}

var locality = []counted{
	{GroupEvent: export.GroupEvent{Name: "local", Spec: "local", Meaning: numa.DRAMLoadsLocal}},
	{GroupEvent: export.GroupEvent{Name: "remote", Spec: "remote", Meaning: numa.DRAMLoadsRemote}},
	{GroupEvent: export.GroupEvent{Name: "hitm", Spec: "hitm", Meaning: numa.HITMRemote}},
}

func TestVerdicts(t *testing.T) {
	const n = 1000
	for name, c := range map[string]struct {
		near, far, turns, apart []float64 // counts of local, remote, hitm
		want                    [3]export.Trust
		why                     string
	}{
		"all as they say":   {[]float64{n, 3, 0}, []float64{5, n, 0}, []float64{0, 0, n}, []float64{0, 0, 1}, [3]export.Trust{export.Trusted, export.Trusted, export.Trusted}, ""},
		"exchanged":         {[]float64{3, n, 0}, []float64{n, 5, 0}, []float64{0, 0, n}, []float64{0, 0, 0}, [3]export.Trust{export.Untrusted, export.Untrusted, export.Trusted}, "chase, CPU 0: 0.003 for each load, and 0.7 to 1.5 is expected"},
		"counts everything": {[]float64{n, n, n}, []float64{n, n, n}, []float64{n, n, n}, []float64{n, n, n}, [3]export.Trust{export.Untrusted, export.Untrusted, export.Untrusted}, "1 for each load, and 0 to 0.05 is expected"},
		"counts nothing":    {[]float64{0, 0, 0}, []float64{0, 0, 0}, []float64{0, 0, 0}, []float64{0, 0, 0}, [3]export.Trust{export.Untrusted, export.Untrusted, export.Untrusted}, "0 for each load"},
		"never scheduled":   {[]float64{n, -1, -1}, []float64{0, -1, -1}, []float64{0, -1, -1}, []float64{0, -1, -1}, [3]export.Trust{export.Trusted, export.Untested, export.Untested}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cells := []*cell{measured(workChase, ownNode, n), measured(workChase, otherSocket, n), measured(workPingPong, otherSocket, n), measured(pingpongPadded, otherSocket, n)}
			for i, counts := range [][]float64{c.near, c.far, c.turns, c.apart} {
				cells[i].judge(locality, counts)
			}
			for i, v := range verdicts(locality, cells) {
				if v.Trust != c.want[i] {
					t.Errorf("%s is %s (%s), want %s", v.Name, v.Trust, v.Why, c.want[i])
				}
				if v.Trust != export.Trusted && v.Why == "" {
					t.Errorf("%s is %s and nobody says why", v.Name, v.Trust)
				}
				if name == "never scheduled" && i > 0 && v.Why != noCounter {
					t.Errorf("%s: %s", v.Name, v.Why)
				}
				if i == 0 && !strings.Contains(v.Why, c.why) {
					t.Errorf("%s: %s; want %q", v.Name, v.Why, c.why)
				}
			}
		})
	}
}

// TestOneNodeLeavesRemoteUntested: what cannot be tried is neither trusted nor
// untrusted, and says what it needs.
func TestOneNodeLeavesRemoteUntested(t *testing.T) {
	c := measured(workChase, ownNode, 1000)
	c.judge(locality, []float64{1000, 0, 0})
	all := verdicts(locality, []*cell{c})
	if all[0].Trust != export.Trusted {
		t.Errorf("local: %+v", all[0])
	}
	for _, v := range all[1:] {
		if v.Trust != export.Untested || !strings.Contains(v.Why, "a second socket") {
			t.Errorf("%s is %s: %s", v.Name, v.Trust, v.Why)
		}
	}
}

// TestAnotherAttemptMayPass: other work on the host can spoil one.
func TestAnotherAttemptMayPass(t *testing.T) {
	c := measured(workChase, ownNode, 1000)
	if c.judge(locality, []float64{200, 0, 0}) {
		t.Error("a fifth of the loads is enough")
	}
	if !c.judge(locality, []float64{1000, 0, 0}) {
		t.Error("the second attempt does not count")
	}
	if v := verdicts(locality, []*cell{c}); v[0].Trust != export.Trusted {
		t.Errorf("%+v", v[0])
	}
}

// TestACacheThatHoldsTheChainTellsNothing of memory.
func TestACacheThatHoldsTheChainTellsNothing(t *testing.T) {
	c := measured(workChase, ownNode, 1000)
	c.memory = 0.1
	c.judge(locality, []float64{20, 0, 0})
	v := verdicts(locality, []*cell{c})[0]
	if v.Trust != export.Untested || !strings.Contains(v.Why, "--bytes") {
		t.Errorf("%s: %s", v.Trust, v.Why)
	}
}

// TestWithinASocket: whether memory of the socket's other node is local
// depends on the processor; only one that says so is held to it.
func TestWithinASocket(t *testing.T) {
	c := measured(workChase, sameSocket, 1000)
	intel, amd := locality[0], locality[0]
	intel.Caveat, amd.Caveat = "local means the socket", "local is the node; MMIO is in it"
	c.judge([]counted{intel, amd}, []float64{1000, 1000})
	all := verdicts([]counted{intel, amd}, []*cell{c})
	if all[0].Trust != export.Untested || all[1].Trust != export.Untrusted {
		t.Errorf("%+v", all)
	}
}

// TestEveryExpectationSaysWhatItIs: bounds in order, a unit, a reason, and
// nothing that is expected twice.
func TestEveryExpectationSaysWhatItIs(t *testing.T) {
	known := map[numa.Meaning]bool{}
	for _, m := range numa.Meanings() {
		known[m.Meaning] = true
	}
	seen := map[string]bool{}
	for _, x := range expectations {
		key := string(x.meaning) + x.work + strings.Join(x.places, ",")
		software := x.work == workTouch || x.work == workSleep || x.work == workMigrate || x.work == workSpin
		if x.low > x.high || x.because == "" || units[x.work] == "" || seen[key] || !known[x.meaning] && !software {
			t.Errorf("%+v", x)
		}
		seen[key] = true
	}
}

func TestPlaces(t *testing.T) {
	topology := &numa.Topology{
		CPUs: []numa.CPU{
			{ID: 0, Node: 0, Socket: 0, Siblings: []int{1}}, {ID: 1, Node: 0, Socket: 0, Siblings: []int{0}},
			{ID: 2, Node: 0, Socket: 0}, {ID: 3, Node: 0, Socket: 0}, {ID: 4, Node: 1, Socket: 0}, {ID: 5, Node: 2, Socket: 1},
		},
		Nodes:  []numa.Node{{ID: 0, MemoryBytes: 1}, {ID: 1, MemoryBytes: 1}, {ID: 2, MemoryBytes: 1}},
		Caches: []numa.Cache{{Level: 1, CPUs: []int{0, 1}}, {Level: 3, CPUs: []int{0, 1, 2}, SizeBytes: 32 << 20}, {Level: 3, CPUs: []int{3}}},
	}
	for cpu, want := range map[int]string{1: "same core", 2: "same cache", 3: "own node", 4: "same socket", 5: "other socket"} {
		if got := placeOf(topology, 0, cpu); got != want {
			t.Errorf("CPU %d is in %q, want %q", cpu, got, want)
		}
	}
	p := &plan{topology: topology}
	for _, n := range topology.Nodes {
		p.initiators = append(p.initiators, initiatorOf(topology, n.ID, []int{0, 1, 2, 3, 4, 5}))
	}
	if got := p.initiators[0].cpus; len(got) != 3 {
		t.Errorf("node 0 is used by %v, want one CPU a core", got)
	}
	p.choosePartners([]int{0, 1, 2, 3, 4, 5})
	if len(p.partners) != 6 {
		t.Errorf("partners %v, want three within node 0 and each two nodes", p.partners)
	}
	if p.bytes = 128 << 20; p.missing(0) != 0.75 {
		t.Errorf("%v of the accesses miss", p.missing(0))
	}
}
