// Package export is the files that a run leaves behind: what is in them, how
// they are written on the measured host, and how they are read anywhere.
//
// An export is a tree of plain files, <root>/<host>/<run>/, under one
// index.json. A run has a manifest, run.json, and a few tables. While it is
// recorded, each table grows as a live tail (an Arrow IPC stream, one batch a
// second); every hour, and at the end, a tail is sealed into Parquet. The
// layout pages are under docs/format/, and DuckDB, Polars and pandas read the
// tables as they are.
//
// A [Writer] lives from Create to Seal: rows go into memory, Flush appends
// them as one batch, Rotate seals what has grown old. What it costs the host
// is bounded: bytes on disk by a cap, free space by a floor, memory by the
// batch. [Recover] mends what an agent that died left behind.
//
// A [Reader] answers questions about column edges from any [Files]: a
// directory, an agent over HTTP, an object store. It follows live tails by
// decoding only what is new, and reads of sealed segments only the columns
// that a question needs.
//
// The package does not know metrics, units or frames (pkg/query does), it
// opens no sockets (pkg/serve does), and it collects nothing (pkg/collect
// does).
package export
