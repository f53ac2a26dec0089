package sampling

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// agent is a model of the agent and of the kernel's head, a second at a time.
type agent struct {
	t        testing.TB
	rng      *rand.Rand
	governor *Governor
	decision Decision
	reading  Reading
	second   int

	// What it costs: ms a second, µs, µs.
	base, event, row float64
	batched          float64            // µs an event where many come at once; 0: as ever
	noise            float64            // of each second's CPU
	load             [KindCount]float64 // events a second
	ruled            float64            // share of them that a rule keeps
	keys             float64            // aggregates that differ
	ring             float64            // events that it holds
	bpf              [KindCount]float64 // µs a hit
	attached         [KindCount]bool    // probes
	deaf             bool               // carries out no Detach

	drained int // second of the last reading of aggregates
	pending [KindCount]float64
	cpu     []float64 // share of one core, by second
	notes   []string
}

func newAgent(t testing.TB, seed uint64, l Limits) *agent {
	a := &agent{t: t, rng: rand.New(rand.NewPCG(seed, 7)), governor: NewGovernor(l), base: 1.5, event: 1.2, row: 0.3, ring: 1 << 16, keys: 20}
	a.reading.AtNS = 1e12
	for i, k := range order {
		a.reading.Probes = append(a.reading.Probes, ProbeReading{Name: string(k), Kind: k})
		a.attached[i], a.bpf[i] = true, 0.2
	}
	a.decision = a.governor.Decide(a.reading)
	return a
}

// about is n as a count that came by chance.
func (a *agent) about(n float64) float64 {
	return max(math.Round(n+math.Sqrt(n)*a.rng.NormFloat64()), 0)
}

// pass lets a second go by.
func (a *agent) pass() {
	a.second++
	a.reading.AtNS += 1e9
	events, kept := 0.0, 0.0
	for i := range order {
		if !a.attached[i] {
			continue
		}
		n := a.about(a.load[i])
		ruled := math.Round(n * a.ruled)
		sampled := n - ruled
		if every := float64(a.decision.Every[i]); every > 1 {
			sampled = min(a.about(sampled/every), sampled)
		}
		p := &a.reading.Probes[i]
		room := max(a.ring-kept, 0)
		fits := min(ruled+sampled, room)
		p.Hits += int64(n)
		p.RunTime += time.Duration(n * a.bpf[i] * 1e3)
		p.Kept += int64(fits)
		p.Ruled += int64(math.Round(ruled * fits / max(ruled+sampled, 1)))
		p.Dropped += int64(ruled + sampled - fits)
		events += n
		kept += fits
	}
	a.spend(kept, events)
	a.decide()
}

func (a *agent) spend(kept, events float64) {
	event := a.event
	if a.batched > 0 && kept > 10e3 {
		event = a.batched
	}
	ms := a.base + event*kept/1000
	for i := range a.pending {
		a.pending[i] += events / KindCount
	}
	if d := a.second - a.drained; d >= int(a.decision.DrainEvery/time.Second) {
		rows := math.Round(a.keys * (1 - math.Exp(-KindCount*a.pending[0]/max(a.keys, 1))))
		a.reading.Rows += int64(rows)
		ms += a.row * rows / 1000
		a.drained, a.pending = a.second, [KindCount]float64{}
	}
	ms *= max(1+a.noise*a.rng.NormFloat64(), 0.2)
	a.reading.AgentCPU += time.Duration(ms * 1e6)
	a.cpu = append(a.cpu, ms/1000)
}

func (a *agent) decide() {
	a.decision = a.governor.Decide(a.reading)
	a.notes = append(a.notes, a.decision.Notes...)
	for i, k := range order {
		for _, name := range a.decision.Detach {
			if name == string(k) && !a.deaf {
				a.attached[i] = false
			}
		}
		for _, name := range a.decision.Attach {
			if name == string(k) {
				a.attached[i] = true
				p := &a.reading.Probes[i]
				p.Hits, p.RunTime, p.Kept, p.Ruled, p.Dropped = 0, 0, 0, 0, 0
			}
		}
	}
}

// storm is a load of all kinds, most of it kmalloc and page.
func (a *agent) storm(events, keys float64) {
	a.load = [KindCount]float64{0.6 * events, 0.35 * events, 0.01 * events, 0.04 * events, min(20, events)}
	a.keys = keys
}

// passes lets seconds go by, and gives the dearest time of so many seconds
// that begins after settling.
func (a *agent) passes(seconds, settle, mean int) float64 {
	begin := len(a.cpu)
	for range seconds {
		a.pass()
	}
	worst, cpu := 0.0, a.cpu[begin+settle:]
	for i := mean; i <= len(cpu); i++ {
		sum := 0.0
		for _, c := range cpu[i-mean : i] {
			sum += c
		}
		worst = max(worst, sum/float64(mean))
	}
	return worst
}
