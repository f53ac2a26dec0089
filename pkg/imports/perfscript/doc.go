// Package perfscript reads what perf script prints of memory samples: text
// with the column data_src, and what stands beside it.
//
// perf script prints the columns that its user asked for and names none of
// them. So each line is cut at what can't be mistaken, the data source with
// its decoding, into what stands before it (comm, pid, CPU, time, period,
// event, address) and the numbers behind it (weight, ip, physical address).
// Which of those numbers is what is decided over the first lines together,
// from the values that only one of them can have, and what stays doubtful is
// null, with a warning.
//
// Of Arm SPE perf makes up to six samples of one operation, each of an event
// of its own: they are told once.
//
// What is left out: samples without a data source, callers, symbols, flags
// and registers. The page is docs/imports/perf-script.md.
package perfscript
