package stories

import (
	"errors"
	"fmt"

	"github.com/numalens/numalens/pkg/query"
)

// The thresholds of the stories. Beside a worker's own loads there are those
// of the kernel and of the agent, whose memory lies where it lies.
const (
	nearlyNone = 0.05
	nearlyAll  = 0.95
)

// checkRemote: the workers of the node whose memory holds all arrays read
// locally, the others from afar, and nearly every load of a scan reaches
// DRAM.
func checkRemote(r *recorded) error {
	failed := []error{r.checkPages(func(int) int { return 0 }), r.checkMisses()}
	for node := range r.truth.Nodes {
		least, most := nearlyAll, 1.0
		if node == 0 {
			least, most = 0, nearlyNone
		}
		failed = append(failed, r.between(least, most, "remote_dram_share", query.ByNode, node, r.loop()))
	}
	return errors.Join(failed...)
}

func checkRemoteFixed(r *recorded) error {
	failed := []error{r.checkPages(func(node int) int { return node }), r.checkMisses()}
	for node := range r.truth.Nodes {
		failed = append(failed, r.between(0, nearlyNone, "remote_dram_share", query.ByNode, node, r.loop()))
	}
	return errors.Join(failed...)
}

// checkPages: each thread's memory lies where the story has it.
func (r *recorded) checkPages(home func(node int) int) error {
	for _, t := range r.journal.Threads {
		if len(t.Pages) != 1 || t.Pages[home(t.Node)] == 0 {
			return fmt.Errorf("the memory of the thread on CPU %d lies on %v, want node %d", t.CPU, t.Pages, home(t.Node))
		}
	}
	return nil
}

// checkMisses: an array is larger than the caches, so that each load of a
// scan is one of DRAM.
func (r *recorded) checkMisses() error {
	var dram, logged float64
	for _, t := range r.journal.Threads {
		logged += float64(t.Loads)
	}
	for _, c := range r.truth.PerCPU {
		n, err := r.counted("dram_loads", c.CPU)
		if err != nil {
			return err
		}
		dram += n
	}
	if dram < 0.95*logged || dram > 1.1*logged {
		return fmt.Errorf("%.0f loads reached DRAM, and the threads made %.0f that should", dram, logged)
	}
	return nil
}
