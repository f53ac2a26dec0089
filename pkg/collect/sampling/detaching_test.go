package sampling

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// history is when probes went and came, by name, in seconds.
func history(a *agent, seconds int) (went, came map[string][]int) {
	went, came = map[string][]int{}, map[string][]int{}
	for range seconds {
		a.pass()
		if len(a.decision.Detach)+len(a.decision.Attach) > 1 {
			a.t.Fatalf("more than one probe at once: %+v", a.decision)
		}
		for _, name := range a.decision.Detach {
			went[name] = append(went[name], a.second)
		}
		for _, name := range a.decision.Attach {
			came[name] = append(came[name], a.second)
		}
	}
	return went, came
}

func TestTheCostliestProbeGoesAndComesBackLessAndLessOften(t *testing.T) {
	a := newAgent(t, 1, Limits{CPUs: 2}) // 10 % of one core
	a.load = [KindCount]float64{300e3, 50e3, 0, 0, 0}
	a.bpf[0], a.bpf[1] = 0.4, 0.4 // 12 % and 2 %
	went, came := history(a, 4000)
	if len(went) != 1 || len(came) != 1 {
		t.Errorf("went %v, came %v", went, came)
	}
	var waits []int
	for i, at := range came["kmalloc"] {
		waits = append(waits, at-went["kmalloc"][i])
	}
	if !slices.Equal(waits[:5], []int{60, 120, 240, 480, 600}) || slices.Max(waits) != 600 {
		t.Errorf("away for %v seconds", waits)
	}
	if want := "detached kmalloc: it took 12.00 % of one core, and with it all probes 14.00 %, over the limit of 10.00 %; it comes back after 1m0s"; a.notes[0] != want {
		t.Errorf("note %q\nwant %q", a.notes[0], want)
	}
	if want := "attached kmalloc: again after 1m0s, when it had taken 12.00 % of one core"; a.notes[1] != want {
		t.Errorf("note %q\nwant %q", a.notes[1], want)
	}
}

func TestOneProbeAfterTheOther(t *testing.T) {
	a := newAgent(t, 1, Limits{CPUs: 1})
	a.load = [KindCount]float64{300e3, 200e3, 100e3, 0, 0}
	a.bpf = [KindCount]float64{0.4, 0.4, 0.4, 0.4, 0.4} // 12, 8, 4 % for a limit of 5
	went, _ := history(a, 50)
	if fmt.Sprint(went) != "map[kmalloc:[10] page:[20]]" {
		t.Errorf("went at %v", went)
	}
	a.load = [KindCount]float64{1000, 1000, 1000, 0, 0}
	_, came := history(a, 60)
	if fmt.Sprint(came) != "map[kmalloc:[70] page:[80]]" {
		t.Errorf("came at %v", came)
	}
}

func TestAProbeThatStayedLongWaitsAMinuteAgain(t *testing.T) {
	a := newAgent(t, 1, Limits{CPUs: 1})
	a.bpf[0] = 0.4
	for range 3 {
		a.load[0] = 300e3
		went, _ := history(a, 30)
		a.load[0] = 100
		_, came := history(a, 700)
		if at := came["kmalloc"]; len(at) != 1 || at[0]-went["kmalloc"][0] != 60 {
			t.Errorf("went %v, came %v", went, came)
		}
	}
}

// A storm meets the rate that was right when its probe went.
func TestTheRateWaitsForItsProbe(t *testing.T) {
	a := newAgent(t, 1, Limits{CPUs: 1})
	a.load[0], a.bpf[0] = 300e3, 0.4
	if worst := a.passes(1000, 5, 1); worst > promise {
		t.Errorf("%s when the probe came back", percent(worst))
	}
	a.load[0] = 100
	a.passes(700, 5, 1)
	if a.decision.Every != every1 || !a.attached[0] {
		t.Errorf("idle: rates %v, attached %v", a.decision.Every, a.attached[0])
	}
}

func TestAProbeThatDoesNotGoIsToldAgain(t *testing.T) {
	a := newAgent(t, 1, Limits{CPUs: 1})
	a.load = [KindCount]float64{300e3, 1000, 0, 0, 0}
	a.bpf[0], a.deaf = 0.4, true
	went, came := history(a, 200)
	if len(went) != 1 || len(went["kmalloc"]) != 20 || len(came) != 0 {
		t.Errorf("went %v, came %v", went, came)
	}
	if len(a.notes) != 1 {
		t.Errorf("notes %q", a.notes)
	}
}

// No load makes a probe come and go quickly: near the limit, far over it, or
// changing all the time.
func TestNoFlapping(t *testing.T) {
	for seed := range uint64(100) {
		rng := rand.New(rand.NewPCG(seed, 3))
		a := newAgent(t, seed, Limits{CPUs: 1})
		went, came := map[string][]int{}, map[string][]int{}
		for a.second < 7200 {
			for i := range a.load {
				a.bpf[i] = 0.4
				a.load[i] = 125e3 * 2 * math.Pow(rng.Float64(), 3) // 5 % of a core is 125k/s
			}
			w, c := history(a, 1+rng.IntN(200))
			for name, at := range w {
				went[name] = append(went[name], at...)
			}
			for name, at := range c {
				came[name] = append(came[name], at...)
			}
		}
		for name, at := range went {
			// The shortest time for n departures is with a wait that doubles.
			least, wait := 0, firstWait
			for i := range at {
				if i > 0 && at[i]-at[i-1] < 70 {
					t.Errorf("seed %d: %s went at %d and at %d", seed, name, at[i-1], at[i])
				}
				if i > 0 && at[i]-came[name][i-1] < int(maxWait/time.Second) {
					if least = int(wait / time.Second); came[name][i-1]-at[i-1] < least {
						t.Errorf("seed %d: %s was away for %d s, after so many times %d s at least", seed, name, came[name][i-1]-at[i-1], least)
					}
					wait = min(2*wait, maxWait)
				} else {
					wait = firstWait
				}
			}
		}
		for _, n := range a.notes {
			if !strings.HasPrefix(n, "detached ") && !strings.HasPrefix(n, "attached ") {
				t.Errorf("seed %d: note %q", seed, n)
			}
		}
	}
}
