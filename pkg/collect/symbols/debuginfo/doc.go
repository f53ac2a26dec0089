// Package debuginfo names addresses by DWARF: function, file, line, and what
// was inlined, of a program with debugging information or of its separate
// debug file.
//
//	sections.go  the sections: mapped, so that what is not used takes no memory
//	index.go     which unit of compilation an address is of
//	reading.go   a unit made readable, when it is needed
//	unit.go      its functions
//	lines.go     its line table
//	frames.go    what lies around an address
//
// Reading is debug/dwarf's. But that would parse all units' abbreviations, and
// needs whole sections, so it is given a unit at a time, whose header is made
// to point to abbreviations of its own (reading.go). Units that refer to others
// (link-time optimization, Go) are read together, if they are not too many.
//
// Bounds: compressed sections up to mostInflated bytes in all, units up to
// mostUnitBytes, abbreviations of units that are read together up to
// mostAbbrevTogether; about mostHeld of units are held. What is beyond is not
// named here.
//
// It leaves out split DWARF (.dwo files), what dwz moved to a file of its own,
// and relocatable files.
package debuginfo
