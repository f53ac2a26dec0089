package sampling

import (
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

const (
	firstWait = time.Minute
	maxWait   = 10 * time.Minute
)

// absence is what is known of a probe that had to go.
type absence struct {
	away  bool
	kind  export.Traced
	since time.Duration // it went, or came back
	wait  time.Duration // before it comes back
	cost  float64       // share of one core when it went
}

// detaching takes probes off and puts them on again. It acts at the end of a
// window only, on one probe, so that the next window is wholly after it.
type detaching struct {
	limit  float64 // share of one core
	probes map[string]*absence
}

// judge looks at a full window.
func (d *detaching) judge(now time.Duration, w *window, to *Decision) {
	total := w.share(w.bpf + w.traps)
	if total > d.limit {
		if name := w.costliest(); name != "" {
			d.detach(now, name, w, to)
		}
		return
	}
	if name := d.due(now); name != "" {
		d.attach(now, name, to)
	}
}

func (d *detaching) detach(now time.Duration, name string, w *window, to *Decision) {
	a := d.probes[name]
	if a == nil {
		a = &absence{}
		d.probes[name] = a
	}
	to.Detach = append(to.Detach, name)
	if a.away { // it was told to go, and still costs: said again, not noted
		return
	}
	switch {
	case a.wait == 0 || now-a.since >= maxWait: // never away, or back for long
		a.wait = firstWait
	default:
		a.wait = min(2*a.wait, maxWait)
	}
	a.away, a.since, a.kind, a.cost = true, now, w.kinds[name], w.share(w.byProbe[name])
	to.Notes = append(to.Notes, fmt.Sprintf("detached %s: it took %s of one core, and with it all probes %s, over the limit of %s; it comes back after %s",
		name, percent(a.cost), percent(w.share(w.bpf+w.traps)), percent(d.limit), a.wait))
}

// due is the probe that has waited longest past its time; "" for none.
func (d *detaching) due(now time.Duration) string {
	best, past := "", time.Duration(-1)
	for name, a := range d.probes {
		if over := now - a.since - a.wait; a.away && over >= 0 && (over > past || over == past && name < best) {
			best, past = name, over
		}
	}
	return best
}

func (d *detaching) attach(now time.Duration, name string, to *Decision) {
	a := d.probes[name]
	gone := now - a.since
	a.away, a.since = false, now
	to.Attach = append(to.Attach, name)
	to.Notes = append(to.Notes, fmt.Sprintf("attached %s: again after %s, when it had taken %s of one core", name, gone.Round(time.Second), percent(a.cost)))
}

// kinds are those of which a probe is away.
func (d *detaching) kinds() Kinds {
	var set Kinds
	for _, a := range d.probes {
		if i, ok := KindIndex(a.kind); ok && a.away {
			set |= 1 << i
		}
	}
	return set
}

func percent(share float64) string { return fmt.Sprintf("%.2f %%", 100*share) }
