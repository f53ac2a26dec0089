// Package perfdata reads perf.data files, as perf record and perf mem record
// write them, for the memory accesses that they sampled: loads and stores
// with what served them, and minor faults.
//
// Reading goes in three steps. The header tells where events, records and
// features lie, or that the file came through a pipe and tells them among the
// records. The features name the host and its topology: which node a CPU and
// a block of physical memory belong to. Then the records stream by, each
// sample sized by the sample_type of its own event, and what is no sample of
// memory is counted. Features lie behind the records, so input that can't be
// read at any place is spooled to a temporary file first.
//
// What is left out: other events' samples, callers, names of addresses, the
// branch stack, and AUX areas (Intel PT, Arm SPE), whose packets only perf
// decodes: perf script prints what is in them. The page is
// docs/imports/perf-data.md.
package perfdata
