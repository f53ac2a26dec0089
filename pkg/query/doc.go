// Package query is the one query model of numalens: what can be asked of a
// run, and how it is answered.
//
// A [Query] is parsed and checked, its host and run are found, its time range
// is cut into columns ([Plan]), and it is executed against a [Source]: a
// reader of exports today, a Prometheus-compatible engine later. The results
// ([Grid], [Cell], [Hotspots], [Flame] and the listings) are plain numbers; package datasource
// turns them into Grafana's frames.
//
// What it holds to: counts are summed before anything is divided; what is not
// known is NaN here and null in a frame, never zero; a multiplexed count is
// scaled and says so. It never collects, and knows nothing of Grafana.
package query
