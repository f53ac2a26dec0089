package perfscript

import (
	"bytes"
	"io"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// Format reads the text of perf script.
func Format() imports.Format {
	return imports.Format{
		Name:   "perf-script",
		Doc:    "text of perf script with the column data_src",
		Detect: detect,
		Read:   Read,
	}
}

func detect(head []byte) int {
	if i := bytes.Index(head, anchor); i >= 0 && bytes.Contains(head[i:], []byte("|LVL ")) {
		return 90
	}
	return 0
}

// held is a sample whose numbers have no names yet.
type held struct {
	line    int
	sample  export.Sample
	numbers [maxNumbers]number
	shape   shape
}

// maxHeld is how many samples are looked at before the columns are named.
const maxHeld = 512

// reading is one text being read.
type reading struct {
	sink  imports.Sink
	lines *imports.Lines
	line  sampleLine

	holding bool
	held    []held
	columns map[shape]*[maxNumbers]seen
	roles   map[shape]roles

	operations operations
	last       []byte // the line before, where no event tells samples apart
	tally      tally
}

// Read tells the sink the samples of a text.
func Read(r io.Reader, s imports.Sink) error {
	g := &reading{sink: s, lines: imports.NewLines(r), holding: true, columns: map[shape]*[maxNumbers]seen{}, roles: map[shape]roles{}}
	err := g.all()
	g.release()
	if err == nil {
		err = g.lines.Err()
	}
	if err == nil && g.tally.samples == 0 {
		err = &imports.SyntaxError{Line: max(1, g.lines.Number()), Expected: "a line of perf script with a data source (perf script -F +data_src)", Found: "none"}
	}
	if err == nil {
		g.finish()
	}
	return err
}

func (g *reading) all() error {
	var joined []byte
	for g.lines.Next() {
		line := g.lines.Bytes()
		if len(joined) > 0 {
			joined = append(joined, line...)
			line = joined
		}
		if n := len(line); n > 0 && line[n-1] == '\\' && n < maxJoined {
			joined = append(joined[:0], line[:n-1]...) // as mails wrap it
			continue
		}
		if err := g.take(line); err != nil {
			return err
		}
		joined = joined[:0]
	}
	if len(joined) > 0 {
		g.sink.Warn(g.lines.Number(), "the text ends where a line goes on: the line is left out")
	}
	return nil
}

// maxJoined is the longest line that is put together of several.
const maxJoined = 1 << 16

func (g *reading) take(line []byte) error {
	at := bytes.Index(line, anchor)
	if at < 0 {
		return g.other(line)
	}
	// A line that ends with the file of a symbol is whole, though its end may
	// be missing.
	if g.lines.Cut() && !bytes.HasSuffix(bytes.TrimSpace(line), []byte(")")) {
		g.sink.Warn(g.lines.Number(), "the text ends within this line, and its last number may lack digits: the line is left out")
		return nil
	}
	l := &g.line
	l.number = g.lines.Number()
	if expected := l.cut(line, at); expected != "" {
		return g.lines.Wrong(expected)
	}
	g.tally.samples++
	if l.sample.Kind == "" {
		g.tally.noAccess.add(l.number)
		return nil
	}
	if g.repeated(line) {
		return nil
	}
	g.tally.take(l)
	g.keep()
	return nil
}

// other takes a line without a data source: the host at the head, callers, a
// sample that has none, or that the rest was cut off.
func (g *reading) other(line []byte) error {
	trimmed := bytes.TrimSpace(line)
	switch {
	case len(trimmed) == 0:
	case trimmed[0] == '#':
		g.head(string(trimmed))
	case bytes.Equal(trimmed, []byte("...")) || bytes.Equal(trimmed, []byte("[...]")):
		g.sink.Warn(g.lines.Number(), "lines were left out of the text here")
	case bytes.Contains(trimmed, []byte("|LVL ")) || bytes.HasSuffix(trimmed, []byte("|OP")):
		return g.lines.Wrong("a whole line of perf script: this one was wrapped or cut")
	default:
		if _, to := findTime(line); to > 0 {
			g.tally.withoutSource.add(g.lines.Number())
		}
	}
	return nil
}

// auxiliary is an event that Intel's processors need beside the loads. Where
// they are sampled as a group (:S), perf prints each sample once for either.
var auxiliary = []byte("mem-loads-aux")

// repeated is true of a sample that tells of the same operation as one
// before it. Where the event is not told, a line that is the same as the one
// before it is taken for that.
func (g *reading) repeated(line []byte) bool {
	l := &g.line
	if bytes.Contains(l.event, auxiliary) {
		g.tally.auxiliary.add(l.number)
		return true
	}
	if len(l.event) > 0 {
		if !l.timed || !g.operations.copy(l.event, &l.sample) {
			return false
		}
		g.tally.copies.add(l.number)
		return true
	}
	if !l.timed {
		return false
	}
	if bytes.Equal(line, g.last) {
		g.tally.same.add(l.number)
		return true
	}
	g.last = append(g.last[:0], line...)
	return false
}

// keep holds a sample until its numbers have names, or tells it.
func (g *reading) keep() {
	h := held{line: g.line.number, sample: g.line.sample, numbers: g.line.numbers, shape: shape{g.line.n, g.line.named}}
	if g.holding {
		c := g.columns[h.shape]
		if c == nil {
			c = &[maxNumbers]seen{}
			g.columns[h.shape] = c
		}
		for i := range h.shape.n {
			c[i].add(h.numbers[i])
		}
		if g.held = append(g.held, h); len(g.held) >= maxHeld {
			g.release()
		}
		return
	}
	g.tell(&h)
}

// release names the columns, and tells the samples that were held.
func (g *reading) release() {
	g.holding = false
	for i := range g.held {
		g.tell(&g.held[i])
	}
	g.held = nil
}

func (g *reading) tell(h *held) {
	r, is := g.roles[h.shape]
	if !is {
		c := g.columns[h.shape]
		if c == nil { // it came late: its first line decides
			c = &[maxNumbers]seen{}
			for i := range h.shape.n {
				c[i].add(h.numbers[i])
			}
		}
		r = h.shape.decide(*c)
		g.roles[h.shape] = r
		if r.doubt != "" {
			g.sink.Warn(h.line, r.doubt+": it is left out; import the perf.data, or print weight, ip and sym too")
		}
	}
	if !r.fill(h) {
		g.tally.odd.add(h.line)
	}
	g.sink.Sample(h.line, h.sample)
}
