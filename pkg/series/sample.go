package series

import (
	"cmp"
	"math"
	"slices"
)

// Kind is how a series is to be read.
type Kind int

// The kinds.
const (
	Counter Kind = iota
	State        // a gauge, or an _info
)

// Label is a label of a series.
type Label struct{ Name, Value string }

// Series is one series. It is made once a run and compared by its address.
type Series struct {
	Name   string
	Labels []Label // without the name; sorted
	Kind   Kind
	Unit   string // "seconds", "bytes", "pages" or ""
	Help   string

	encoded []byte // its labels, with the name, as remote write has them
}

// Sample is what a series is at a tick.
type Sample struct {
	*Series
	Value float64
}

// Tick is the samples of one moment.
type Tick struct {
	MS      int64 // since the epoch
	Samples []Sample
}

// stale is the value by which Prometheus tells that a series has ended.
var stale = math.Float64frombits(0x7ff0000000000002)

func sortLabels(labels []Label) []Label {
	slices.SortFunc(labels, func(a, b Label) int { return cmp.Compare(a.Name, b.Name) })
	return labels
}

// count is a sum that stays exact where a float64 would no longer see its
// steps.
type count struct {
	whole int64
	part  float64 // 0 to 1
}

func (c *count) add(x float64) {
	x += c.part
	whole := math.Floor(x)
	c.whole += int64(whole)
	c.part = x - whole
}
