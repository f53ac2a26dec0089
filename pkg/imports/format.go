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
	Sample(line int, s export.Sample)
	// Warn says what of the input is missing, cut or doubtful.
	Warn(line int, text string)
	// Fact is something that the tool said beside its numbers: command,
	// kernel, cpu model, elapsed.
	Fact(key, value string)
	Topology(numa.Topology)
}
