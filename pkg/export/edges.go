package export

// Reading asks by column edges: a heatmap of n columns has n+1 edges, and the
// answer says what happened between each two. Counters are cumulative, so the
// cost follows the number of edges and not the number of rows between them.
//
// Merge rule: each series of cumulative readings is turned into a monotone
// accumulator that leaves out what cannot be known — steps across a gap, a
// new epoch, or a step down. A column's increment is the difference of the
// accumulator at the readings nearest to its two edges, and its span is the
// same difference of time, so a rate divides what was counted by the time in
// which it was counted.
//
// Where columns are wide, readings are kept only as densely as the columns
// need (thin.go): the edges then fall on readings a little further off, and
// what was counted between them is as exact.

// IncrementsRequest asks how much counts grew within each column.
type IncrementsRequest struct {
	Table   string   // TableCounters or TableNodes
	Scope   Scope    // of the counters table
	Columns []string // events, or node columns
	EdgesNS []int64  // ascending, at least two
}

// Increments answers an IncrementsRequest.
type Increments struct {
	Instances []int32 // CPUs or nodes, ascending
	Columns   int     // number of columns, len(EdgesNS)-1
	// Series are in the order of the request's Columns. Events of one group
	// may share slices of times.
	Series []IncrementSeries

	lent [][]int64 // by the pool
}

// IncrementSeries holds one event. Its slices have one element for each
// instance and column, at instance*Columns+column.
type IncrementSeries struct {
	Name string
	// Delta is the raw growth of the count over the span. It is not scaled
	// for multiplexing.
	Delta []int64
	// SpanNS is the time over which Delta was counted; 0 is null: nothing is
	// known of this cell.
	SpanNS []int64
	// EnabledNS and RunningNS grew by this much over the same span. For
	// tables without them both equal SpanNS.
	EnabledNS, RunningNS []int64
	// FromNS and ToNS are the times of the readings that the cell rests on.
	FromNS, ToNS []int64
}

// GaugesRequest asks for the last reading within each column.
type GaugesRequest struct {
	// Table is TableNodes, or "" for it, or TablePlacement: bytes by node.
	Table   string
	Columns []string // node columns; of placement, kinds or PlacementAll
	EdgesNS []int64
}

// Gauges answers a GaugesRequest.
type Gauges struct {
	Instances []int32
	Columns   int
	Series    []GaugeSeries
}

// GaugeSeries holds one node column, at instance*Columns+column.
type GaugeSeries struct {
	Name   string
	Values []int64
	Valid  []bool // false is null
	// Estimated says that a part of the values was not counted but estimated
	// from a sample.
	Estimated bool
}

// WeightsRequest asks how many sampled events fell into each column.
type WeightsRequest struct {
	Kind    SampleKind
	EdgesNS []int64
}

// Weights answers a WeightsRequest: by the CPU that caused the event and the
// node whose memory it touched.
type Weights struct {
	CPUs     []int32
	MemNodes []int32 // -1, last, when the node of some is not known
	Columns  int
	// Weight[c][m] has one sum for each column: of CPUs[c] on MemNodes[m].
	Weight [][][]int64
	// Samples[c][m] counts the samples behind Weight.
	Samples [][][]int64
	// Active says whether the sampler was running during the column: where
	// it was not, zero is not known to be zero.
	Active []bool
}
