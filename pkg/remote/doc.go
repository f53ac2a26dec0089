// Package remote sends series to a Prometheus-compatible engine by remote
// write, by way of a queue on disk.
//
// A [Sender] lives as long as the agent, across runs. What it is given goes to
// the end of the queue at once; one goroutine sends from its beginning, one
// request at a time, so that the order within a series is kept. A receiver
// that is down, or asks to wait, is tried again until the queue's limits of
// size and age drop the oldest; one that refuses a request is not asked again
// for it. What was dropped, and why, is counted and never silent. An agent that
// was killed goes on where it stopped: a request may then be sent twice, which
// receivers of the protocol take.
//
// It knows no rows and no runs (pkg/series does). Requests are tried again by
// Prometheus' own client of the protocol.
package remote
