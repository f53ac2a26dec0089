package stories

import (
	"errors"
	"fmt"

	"github.com/numalens/numalens/pkg/query"
)

// checkMigrate: local, remote, local, as the marks say when.
func checkMigrate(r *recorded) error {
	marks, threads := r.journal.Marks, r.journal.Threads
	if len(marks) != 3 || len(threads) != 1 {
		return fmt.Errorf("%d steps by %d threads, want 3 by one", len(marks), len(threads))
	}
	first, last := span{marks[0].NS, marks[1].NS}, span{marks[2].NS, threads[0].EndedNS}
	between := span{first.to, last.from}
	away := threads[0].CPU
	var home int // the CPU that it began on is the first of its node
	return errors.Join(
		r.between(0, nearlyNone, "remote_dram_share", query.ByCPU, home, inside(first)),
		r.between(nearlyAll, 1, "remote_dram_share", query.ByCPU, away, inside(between)),
		r.between(0, nearlyNone, "remote_dram_share", query.ByCPU, away, inside(last)),
		r.checkPages(func(node int) int { return node }),
	)
}

// inside leaves out the first and last tenth: a step takes its time.
func inside(s span) span {
	tenth := (s.to - s.from) / 10
	return span{s.from + tenth, s.to - tenth}
}
