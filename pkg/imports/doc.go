// Package imports turns what other tools printed into a run: numastat and
// perf output from a file, an issue or a CI log becomes tables that every
// query, panel and alert can show.
//
// A [Format] recognises its tool's output by the head and streams it: its
// Read tells a [Sink] each number with the line where it stood, in base
// units, and never needs the whole input. What the tool said that it could
// not count is null with the tool's word for it; what a parser can't be sure
// of it refuses or warns about, and never guesses. Input that breaks off
// gives what came before it, with a warning; input that is something else
// gives a [SyntaxError].
//
// An import lives in two passes over the same bytes. The first finds out
// what there is (columns, nodes, CPUs, the time it spans), the second writes
// the rows: so memory stays bounded however large the file is. On disk it is
// all or nothing.
//
// Every number goes into the table figures as it was printed. Where a number
// has a home among the tables that the queries know, it goes there too.
//
// The package does not compute what a tool did not print, does not mend what
// was mangled on its way, and knows nothing of metrics and frames (pkg/query
// does).
package imports
