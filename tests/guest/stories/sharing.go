package stories

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/programs/story"
)

// checkSharing: counting in one line passes it to and fro. How often for each
// count is the interleaving's, so that the bound is wide.
func checkSharing(r *recorded) error {
	counts, moved := r.sharedLines()
	var failed []error
	if len(r.journal.Lines) != 1 || len(r.journal.Lines[0].CPUs) != len(r.journal.Threads) {
		failed = append(failed, fmt.Errorf("the counters lie in %d lines, want all in one", len(r.journal.Lines)))
	}
	if moved < 0.05*counts {
		failed = append(failed, fmt.Errorf("the line was taken over %.0f times in %.0f counts: it is not shared", moved, counts))
	}
	return errors.Join(append(failed, r.between(0.5, 1, "hitm_share", query.ByHost, 0, r.loop()))...)
}

// checkPadded: what is left are the looks at the neighbour's counter.
func checkPadded(r *recorded) error {
	counts, moved := r.sharedLines()
	var failed []error
	if len(r.journal.Lines) != len(r.journal.Threads) {
		failed = append(failed, fmt.Errorf("%d counters lie in %d lines, want one each", len(r.journal.Threads), len(r.journal.Lines)))
	}
	if moved > 0.005*counts {
		failed = append(failed, fmt.Errorf("padded lines were taken over %.0f times in %.0f counts", moved, counts))
	}
	return errors.Join(failed...)
}

// sharedLines gives how often the threads counted, by the journal, and how
// often a line with counters was taken Modified from another CPU, by the
// truth.
func (r *recorded) sharedLines() (counts, moved float64) {
	for _, t := range r.journal.Threads {
		counts += float64(t.Stores)
	}
	for _, s := range r.truth.Sections {
		for _, l := range s.Lines {
			if holdsCounters(r.journal.Lines, l.Physical) {
				moved += float64(l.HITMLocal + l.HITMRemote + l.RFOLocal + l.RFORemote)
			}
		}
	}
	return counts, moved
}

func holdsCounters(lines []story.Line, physical plugin.Address) bool {
	for _, l := range lines {
		if n, err := strconv.ParseUint(l.Physical, 0, 64); err == nil && plugin.Address(n) == physical {
			return true
		}
	}
	return false
}
