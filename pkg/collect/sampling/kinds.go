package sampling

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// KindCount is how many kinds of events have rules and a rate.
const KindCount = 5

// order is the order of the kinds in the kernel's programs.
var order = [KindCount]export.Traced{
	export.TracedKmalloc, export.TracedPage, export.TracedFlush, export.TracedGrowslice, export.TracedHeap,
}

// KindIndex is a kind's number in the kernel's programs, and its place in
// Decision.Every. Migrations have none: all of them are kept.
func KindIndex(k export.Traced) (int, bool) {
	for i, other := range order {
		if k == other {
			return i, true
		}
	}
	return 0, false
}

// Kinds is a set of kinds: bit i is the kind of index i.
type Kinds uint32

// What can be decided at the head. The page under a Go slice or a heap sample
// may not be there yet, so its node is not; and a Go allocation or a flush
// does not fail.
const (
	allKinds    Kinds = 1<<KindCount - 1
	remoteKinds Kinds = 1<<0 | 1<<1 | 1<<2
	failedKinds Kinds = 1<<0 | 1<<1
)

// Has tells whether a kind is in the set.
func (s Kinds) Has(k export.Traced) bool {
	i, ok := KindIndex(k)
	return ok && s&(1<<i) != 0
}

// String is how kind= takes it: "kmalloc|page".
func (s Kinds) String() string { return s.join("|") }

func (s Kinds) join(by string) string {
	names := make([]string, 0, bits.OnesCount32(uint32(s)))
	for i, k := range order {
		if s&(1<<i) != 0 {
			names = append(names, string(k))
		}
	}
	return strings.Join(names, by)
}

func parseKinds(text string) (Kinds, error) {
	var set Kinds
	for _, name := range strings.Split(text, "|") {
		i, ok := KindIndex(export.Traced(strings.TrimSpace(name)))
		if !ok {
			return 0, fmt.Errorf("%q is not a kind; allowed are %s, several by |", name, allKinds.join(", "))
		}
		set |= 1 << i
	}
	return set, nil
}
