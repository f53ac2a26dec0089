// Package series makes the series of a fleet out of a run's rows: what an agent
// sends to a Prometheus-compatible engine and shows at /metrics, and what
// pkg/query/engine finds there again. docs/engine.md lists them.
//
// A [Run] takes the rows that collectors give, and at each tick (10 s unless
// told otherwise, on multiples of it since the epoch) gives a sample of each
// series. Its life is that of a run. Series are by node, never by CPU; cache
// lines, addresses and stacks are in none.
//
// Merge rule: a node's count is an accumulator of its CPUs' increments since
// the run began, each scaled by its group's enabled over its running time
// within the tick. What cannot be known — a step across a gap, into a new
// epoch, downwards, or while the group never ran — adds nothing, neither to the
// count nor to the time in which it was counted, which is a series as well. So
// an accumulator never steps down, and the difference of a count at any two
// ticks, over that of its time, is a rate.
//
// What is not available has no series. The package sends nothing (pkg/remote
// does) and knows no metrics of pkg/query.
package series
