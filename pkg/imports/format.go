package imports

import (
	"io"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Format is one tool's output.
type Format struct {
	Name string // as --format takes it
	Doc  string // one line: what it is of
	// Detect tells from the first bytes how sure it is: 0 is no, 100 is that
	// it can be nothing else. The head may end in the middle of anything.
	Detect func(head []byte) int
	// Read streams the input and tells the sink what it found. Its error is
	// the reader's own or a *SyntaxError; what came before it stays told.
	Read func(r io.Reader, s Sink) error
}

// Sink takes what a parser finds. Lines count from 1; a binary format gives
// the number of the record.
type Sink interface {
	Figure(Figure)
	// Sample takes a sample. Its TS is by the clock of the file: the first
	// one is placed at the capture's begin, unless FactClock is "realtime".
	Sample(line int, s export.Sample)
	// Placement takes where pages of a process lie. Its TS is wall clock, or 0:
	// at the capture's end.
	Placement(line int, r export.PlacementRow)
	// Event takes a single event of a probe. Its TS is by the clock of the
	// file, as a sample's.
	Event(line int, e export.Event)
	// Warn says what of the input is missing, cut or doubtful.
	Warn(line int, text string)
	// Fact is something that the tool said beside its numbers: command,
	// kernel, cpu model, elapsed.
	Fact(key, value string)
	Topology(numa.Topology)
}

// Facts that the importer makes something of; others are shown.
const (
	FactCommand  = "command"    // the command line of the tool
	FactTarget   = "target"     // what was measured, in the tool's words
	FactHost     = "host"       // name of the host
	FactKernel   = "kernel"     // release
	FactArch     = "arch"       // machine, as uname -m
	FactCPU      = "cpu"        // model name
	FactElapsed  = "elapsed_ns" // length of the whole capture
	FactStarted  = "started"    // when the capture began by a clock whose zone is unknown: RFC 3339, as if UTC
	FactClock    = "clock"      // "realtime": times of samples and events are ns since the epoch
	FactVersion  = "version"    // of the tool
	FactRepeated = "repeated"   // how many repetitions the figures are the mean of
)
