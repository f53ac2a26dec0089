package export

import (
	"cmp"
	"errors"
	"slices"
)

var allocatorColumns = []string{"ts", "kind", "stack", "pid", "comm", "cgroup", "container", "cpu_node", "given_node", "bytes", "count", "weight"}

// errTooMany ends the reading of a tally that was to stop.
var errTooMany = errors.New("more allocators than are kept")

// tally sums rows by allocator. Texts are numbers in it: 0 is none.
type tally struct {
	q    AllocatorsRequest
	most int
	stop bool // with errTooMany, instead of putting the small ones together

	texts *words
	at    map[tallyKey]int32
	keys  []tallyKey
	sums  []AllocatedSum
	all   AllocatedSum
	rest  AllocatedSum
	small int64      // the greatest that went into rest
	chunk [3][]int32 // texts of a chunk's words: comm, cgroup, container
}

type tallyKey struct {
	stack                   int64
	pid                     int32
	comm, cgroup, container int32
	cpu, given              int32
}

func newTally(q AllocatorsRequest, most int) *tally {
	t := &tally{q: q, most: most, texts: newWords(), at: map[tallyKey]int32{}}
	t.texts.index("")
	return t
}

// take adds a chunk's rows of the kind that lie in the range.
func (t *tally) take(rows int, cols []vector) error {
	kind := int64(slices.Index(cols[1].words.list, string(t.q.Kind)))
	if kind < 0 {
		return nil
	}
	for i := range t.chunk {
		t.chunk[i] = t.numbers(&cols[4+i], t.chunk[i])
	}
	for r := range rows {
		ts := cols[0].values[r]
		if cols[1].values[r] != kind || ts < t.q.FromNS || ts >= t.q.ToNS {
			continue
		}
		k := tallyKey{cpu: nodeAt(&cols[7], r), given: nodeAt(&cols[8], r)}
		if !cols[2].isNull(r) {
			k.stack = cols[2].values[r]
		}
		if !cols[3].isNull(r) {
			k.pid = int32(cols[3].values[r])
		}
		for i, into := range []*int32{&k.comm, &k.cgroup, &k.container} {
			if !cols[4+i].isNull(r) {
				*into = t.chunk[i][cols[4+i].values[r]]
			}
		}
		weight := max(cols[11].values[r], cols[10].values[r])
		if err := t.add(k, AllocatedSum{cols[9].values[r], weight, isEstimate(t.q.Kind, cols[10].values[r], weight)}); err != nil {
			return err
		}
	}
	return nil
}

// numbers gives the texts of a column's words.
func (t *tally) numbers(v *vector, into []int32) []int32 {
	into = into[:0]
	for _, w := range v.words.list {
		into = append(into, t.texts.index(w))
	}
	return into
}

func (t *tally) add(k tallyKey, s AllocatedSum) error {
	t.all.Add(s)
	if !t.keeps(&k) {
		return nil
	}
	if !t.q.Owners {
		k.pid, k.comm, k.cgroup, k.container = 0, 0, 0, 0
	}
	i, ok := t.at[k]
	if !ok {
		if len(t.keys) >= t.most {
			if t.stop {
				return errTooMany
			}
			t.fold()
		}
		i = int32(len(t.keys))
		t.at[k] = i
		t.keys, t.sums = append(t.keys, k), append(t.sums, AllocatedSum{})
	}
	t.sums[i].Add(s)
	return nil
}

func (t *tally) keeps(k *tallyKey) bool {
	remote, known := isRemote(k.cpu, k.given)
	return !t.q.Remote || known && remote
}

func (t *tally) size(s *AllocatedSum) int64 {
	if t.q.ByCount {
		return s.Count
	}
	return s.Bytes
}

// fold puts the smaller half together. What comes to be great later may have
// lost its beginning: at most the greatest that was folded, each time.
func (t *tally) fold() {
	order := make([]int32, len(t.keys))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(t.size(&t.sums[b]), t.size(&t.sums[a])) })
	keep := order[:len(order)/2]
	greatest := int64(0)
	for _, i := range order[len(keep):] {
		t.rest.Add(t.sums[i])
		greatest = max(greatest, t.size(&t.sums[i]))
	}
	t.small += greatest
	keys, sums := make([]tallyKey, 0, t.most), make([]AllocatedSum, 0, t.most)
	clear(t.at)
	for _, i := range keep {
		t.at[t.keys[i]] = int32(len(keys))
		keys, sums = append(keys, t.keys[i]), append(sums, t.sums[i])
	}
	t.keys, t.sums = keys, sums
}

// addAll adds sums that were kept from before, of a request that kept all.
func (t *tally) addAll(a *Allocators) {
	for i, by := range a.By {
		k := tallyKey{by.Stack, by.PID, t.texts.index(by.Comm), t.texts.index(by.Cgroup), t.texts.index(by.Container), by.CPUNode, by.GivenNode}
		// Without stop, add has no error.
		_ = t.add(k, a.Sum[i])
	}
}

func (t *tally) answer() *Allocators {
	a := &Allocators{By: make([]Allocator, len(t.keys)), Sum: t.sums, All: t.all, Rest: t.rest, RestMost: t.small}
	for i, k := range t.keys {
		a.By[i] = Allocator{Owner{k.pid, t.texts.list[k.comm], t.texts.list[k.cgroup], t.texts.list[k.container]}, k.stack, k.cpu, k.given}
	}
	return a
}
