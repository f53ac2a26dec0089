// Package engine answers queries from a Prometheus-compatible engine: from the
// series that agents send there (pkg/series), with the same frames as an
// export's, by node instead of by CPU.
//
// A [Source] is a query.Source. What it is asked for, how much counts grew
// between the edges of columns, it asks the engine as one range query whose
// steps are those edges: the values of accumulators that never step down, so
// that their differences are exact however wide the columns are, and no
// function of PromQL that guesses beyond its samples is needed. What a run is,
// it reads from the labels of the series that describe it.
//
// What an engine does not have is said as not available: CPUs, addresses,
// stacks, notes. The package parses no query and divides nothing (pkg/query
// does), and it starts no engine.
package engine
