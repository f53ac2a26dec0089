// Package gotable names addresses of Go programs by the tables that the
// linker puts into each of them for the runtime's own use. They are there in
// a stripped binary (-s -w) too, and tell function, file, line, and what was
// inlined.
//
// Read are the layouts of Go 1.18 to 1.26, of 64-bit little-endian programs,
// position-independent or not, linked by Go's linker or the system's:
//
//	pclntab      header, names of functions and files, tables by address
//	moduledata   where the program's text begins, and the inline trees
//
// Facts of the layouts: the Go sources, runtime/symtab.go, symtabinl.go and
// runtime2.go (type _func) of each version. The header's magic number tells
// two layouts apart, 1.18 and 1.20. Before any name is given, the tables are
// held against each other (check.go), so that a layout not known, of a later
// Go or a damaged file, ends in an error and never in a wrong name.
//
// A Table reads its file through half a megabyte of pages, however big it is.
//
// It leaves out Go before 1.18, and binaries without section headers.
package gotable
