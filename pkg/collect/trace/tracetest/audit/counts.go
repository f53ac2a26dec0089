package audit

import (
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// Counts are what the collector counted of one kind until the end.
type Counts struct{ Seen, Ruled, Sampled, Thinned, Lost int64 }

// countRow is what of the table counters is looked at; each kind that a test
// counts has its columns here.
type countRow struct {
	Scope          string `parquet:"scope"`
	Group          string `parquet:"group"`
	KmallocSeen    *int64 `parquet:"trace.kmalloc.seen,optional"`
	KmallocRuled   *int64 `parquet:"trace.kmalloc.ruled,optional"`
	KmallocSampled *int64 `parquet:"trace.kmalloc.sampled,optional"`
	KmallocThinned *int64 `parquet:"trace.kmalloc.thinned,optional"`
	KmallocLost    *int64 `parquet:"trace.kmalloc.lost,optional"`
	PageSeen       *int64 `parquet:"trace.page.seen,optional"`
	PageRuled      *int64 `parquet:"trace.page.ruled,optional"`
	PageSampled    *int64 `parquet:"trace.page.sampled,optional"`
	PageThinned    *int64 `parquet:"trace.page.thinned,optional"`
	PageLost       *int64 `parquet:"trace.page.lost,optional"`
}

const countGroup = "trace"

func (c *countRow) addTo(counts map[export.Traced]Counts) {
	if c.Scope != string(export.ScopeHost) || c.Group != countGroup {
		return
	}
	// They only grow, and rows are by time.
	if c.KmallocSeen != nil {
		counts[export.TracedKmalloc] = Counts{*c.KmallocSeen, *c.KmallocRuled, *c.KmallocSampled, *c.KmallocThinned, *c.KmallocLost}
	}
	if c.PageSeen != nil {
		counts[export.TracedPage] = Counts{*c.PageSeen, *c.PageRuled, *c.PageSampled, *c.PageThinned, *c.PageLost}
	}
}

// Accounted holds what the collector counted against itself and against the
// rows: every event that was seen was kept, thinned or lost, and is in a sum,
// or is said not to be.
func (r *Run) Accounted(kind export.Traced) *Ledger {
	l := &Ledger{}
	c, ok := r.Counts[kind]
	if !ok {
		l.wrong("the collector counted no %s", kind)
		return l.end()
	}
	want(l, fmt.Sprintf("%s kept + thinned + lost", kind), c.Ruled+c.Sampled+c.Thinned+c.Lost, c.Seen)
	var ruled, sampled, summed int64
	for i := range r.Events {
		switch e := &r.Events[i]; {
		case e.Kind != kind:
		case e.Rule != "":
			ruled++
		default:
			sampled++
		}
	}
	for i := range r.Allocations {
		if r.Allocations[i].Kind == kind {
			summed += r.Allocations[i].Count
		}
	}
	unwritten := r.dropped(export.TableEvents)
	if missing := c.Ruled + c.Sampled - ruled - sampled; missing < 0 || missing > unwritten {
		l.wrong("%s: %d rows by rules and %d by chance, and %d and %d were kept; the writer dropped %d", kind, ruled, sampled, c.Ruled, c.Sampled, unwritten)
	}
	want(l, fmt.Sprintf("%s in sums, and said not to be", kind), summed+r.lost(kind), c.Seen)
	l.tell("%s: %+v; %d in sums, %d found no room there", kind, c, summed, r.lost(kind))
	return l.end()
}

// lost is how many events of a kind are not in the sums, as the run says.
func (r *Run) lost(kind export.Traced) (n int64) {
	return r.noted(export.TableAllocations, func(text string) bool { return strings.HasPrefix(text, string(kind)+":") })
}

// Missed is how many events that a rule asks for found no room: then nothing
// can be said of each one, and a workload is to be run again.
func (r *Run) Missed() int64 {
	return r.noted(export.TableEvents, func(text string) bool { return !strings.Contains(text, "sampled events") })
}

// dropped is how many rows of a table the run says were lost, by whomever.
func (r *Run) dropped(table string) int64 {
	return r.noted(table, func(string) bool { return true })
}

func (r *Run) noted(table string, take func(string) bool) (n int64) {
	for _, note := range r.Notes {
		if note.Kind == export.NoteDrop && note.Table == table && take(note.Text) {
			n += note.Count
		}
	}
	return n
}
