package sampling

import (
	"cmp"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// windowLength is how long costs are summed up before they are judged.
const windowLength = 10 * time.Second

// window sums up costs since it began.
type window struct {
	seconds    float64
	cpu, rows  float64            // ms; rows
	bpf, traps float64            // ms
	byProbe    map[string]float64 // ms of both
	kinds      map[string]export.Traced
}

func newWindow() *window {
	return &window{byProbe: map[string]float64{}, kinds: map[string]export.Traced{}}
}

func (w *window) add(s step) {
	w.seconds += s.seconds
	w.cpu += s.cpu
	w.rows += s.rows
	for _, p := range s.probes {
		w.bpf += p.bpf
		w.traps += p.trap
		w.byProbe[p.name] += p.bpf + p.trap
		w.kinds[p.name] = p.kind
	}
}

// full allows for readings that come a little early.
func (w *window) full() bool { return w.seconds >= windowLength.Seconds()-0.5 }

// share is ms of the window as a share of one core.
func (w *window) share(ms float64) float64 { return ms / 1000 / w.seconds }

func (w *window) cost(atNS int64) Cost {
	return Cost{AtNS: atNS, Agent: w.share(w.cpu), BPF: w.share(w.bpf), Probes: w.share(w.traps)}
}

// costliest is the probe that cost most; "" where none cost anything.
func (w *window) costliest() string {
	names := make([]string, 0, len(w.byProbe))
	for name, ms := range w.byProbe {
		if ms > 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return slices.MaxFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(w.byProbe[a], w.byProbe[b]), cmp.Compare(b, a))
	})
}
