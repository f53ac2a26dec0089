package plugin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/tests/guest/plugin"
)

// How often a falsely shared line moves does not follow from the program, but
// from how the vCPUs run: their drift is bounded so that it comes out alike.
func TestFalseSharingComesOutAlike(t *testing.T) {
	const recordings, spread = 5, 2.0
	moved := map[string][]uint64{}
	for range recordings {
		did, saw := exactly(t, 1000, "counters/shared")
		for _, trial := range did.Trials {
			for _, s := range saw.Sections {
				if s.ID == trial.Section {
					moved[trial.Name] = append(moved[trial.Name], transfers(&s, uint64(trial.Lines[0].Physical)))
				}
			}
		}
	}
	for name, counts := range moved {
		slices.Sort(counts)
		ratio := float64(counts[len(counts)-1]) / float64(max(counts[0], 1))
		t.Logf("%s: HITM and RFO HITM in %d recordings: %v, spread %.2f", strings.TrimPrefix(name, "counters/shared/"), len(counts), counts, ratio)
		if len(counts) != recordings || ratio >= spread {
			t.Errorf("%s: %v; want %d counts within a factor of %g", name, counts, recordings, spread)
		}
	}
}

func transfers(s *plugin.Section, physical uint64) uint64 {
	var n uint64
	for _, l := range s.Lines {
		if uint64(l.Physical) == physical {
			n += l.HITMLocal + l.HITMRemote + l.RFOLocal + l.RFORemote
		}
	}
	return n
}
