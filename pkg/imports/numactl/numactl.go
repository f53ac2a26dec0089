// Package numactl reads what `numactl --hardware` prints: which CPUs each node
// has, its memory and what of it is free, and the distances between nodes.
//
// It becomes the run's topology, and each number a figure. The sockets that
// CPUs are in numactl does not tell. What `numactl --show` prints is the
// policy of one process: facts, beside a host's description.
package numactl

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
)

// Format is the output of numactl --hardware.
func Format() imports.Format {
	return imports.Format{Name: "numactl", Doc: "numactl --hardware", Detect: detect, Read: read}
}

const quoted = `(?m)^[ \t>|#*+/:]*`

var (
	nodesLine  = regexp.MustCompile(quoted + `available: +\d+ +nodes?\b`)
	nodeLine   = regexp.MustCompile(quoted + `node +\d+ +(?:cpus:(?:[ \t]+\d|[ \t]*\r?$)|(?:size|free): +\d+ +MB)`)
	matrixHead = regexp.MustCompile(quoted + `node distances:`)
	policyLine = regexp.MustCompile(quoted + `(?:phys|phy)cpubind: [\d ]+\r?$`)

	// marks are the words that numactl's statements begin with: a page that
	// folded lines together has several in one.
	marks    = regexp.MustCompile(`available:\s*\d+\s+nodes?\b|\bnode\s+\d+\s+(?:cpus|size|free)\s*:|node distances:|No distance information available`)
	showForm = regexp.MustCompile(`^(policy|preferred node|physcpubind|phycpubind|cpubind|nodebind|membind|preferred|interleavemask|interleavenode|weighted interleave):(.*)$`)
)

func detect(head []byte) int {
	if bytes.IndexByte(head, 0) >= 0 {
		return 0
	}
	head = bytes.ReplaceAll(head, []byte("\u00a0"), []byte(" "))
	// The statements must be lines of the file; mail and comments may quote
	// them. Beside another tool's table they are only told of the host.
	switch all := nodesLine.Match(head); {
	case all && (nodeLine.Match(head) || matrixHead.Match(head)):
		return 85
	case all, nodeLine.Match(head), matrixHead.Match(head):
		return 75
	case policyLine.Match(head):
		return 55
	}
	return 0
}

// reader goes through the lines of any number of outputs.
type reader struct {
	lines  *imports.Lines
	sink   imports.Sink
	around capture.Around

	host     host // of the reading that is open
	readings int  // those before it
	open     piece
	policies int // lines of --show
	cpuCount int // of all nodes of a reading
}

// piece is what a line of nothing but numbers would continue.
type piece int

const (
	nothing piece = iota
	cpus          // of host.last
	matrix
)

func read(r io.Reader, s imports.Sink) error {
	p := &reader{lines: imports.NewLines(r), sink: s, around: capture.Around{Tool: "numactl", Sink: s}}
	for p.lines.Next() {
		if err := p.line(); err != nil {
			return err
		}
	}
	return p.end()
}

func (p *reader) line() error {
	text := capture.Unquote(p.lines.Text())
	at := marks.FindAllStringIndex(text, -1)
	if len(at) == 0 {
		return p.without(text)
	}
	if before := strings.TrimSpace(text[:at[0][0]]); before != "" {
		if err := p.before(before); err != nil {
			return err
		}
	}
	for i, m := range at {
		end := len(text)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		if err := p.statement(text[m[0]:m[1]], strings.TrimSpace(text[m[1]:end])); err != nil {
			return err
		}
	}
	return nil
}

// before is what stands on a line before its first statement.
func (p *reader) before(text string) error {
	if p.open != nothing && text[0] >= '0' && text[0] <= '9' {
		return p.more(text)
	}
	p.around.Line(p.lines.Number(), p.lines.Text())
	return nil
}

// without is a line that has no statement of its own.
func (p *reader) without(text string) error {
	switch m := showForm.FindStringSubmatch(text); {
	case text == "":
		if p.open == cpus {
			p.open = nothing
		}
		return nil
	case m != nil:
		p.policies++
		p.sink.Fact("numactl "+m[1], strings.TrimSpace(m[2]))
		return p.close()
	case p.open == cpus && numbersOnly(text), p.open == matrix && p.host.matrix.takes(text):
		return p.more(text)
	case p.host.header(text):
		return p.startMatrix(text)
	case strings.HasPrefix(text, "numa_hit ") || strings.HasPrefix(text, "Per-node "):
		p.sink.Warn(p.lines.Number(), "what numastat printed is not read; with --format numastat it is, and this not")
	case p.around.Line(p.lines.Number(), p.lines.Text()):
	}
	return p.close()
}

// close ends what the lines before could have gone on with.
func (p *reader) close() error {
	p.open = nothing
	return nil
}

func (p *reader) more(text string) error {
	if p.open == cpus {
		return p.cpus(text)
	}
	return p.distances(text)
}

func numbersOnly(text string) bool { return strings.Trim(text, "0123456789 \t") == "" }

// statement is one of numactl's, and what stands behind its mark.
func (p *reader) statement(mark, rest string) error {
	words := strings.Fields(mark)
	switch {
	case words[0] == "available:":
		p.next()
		return p.available(words[1], rest)
	case words[0] == "No":
		p.sink.Warn(p.lines.Number(), "numactl had no distances")
		return p.close()
	case words[1] == "distances:":
		return p.startMatrix(rest)
	}
	id, ok := number(words[1], maxNode)
	if !ok {
		return p.lines.Wrong("the number of a node")
	}
	what := strings.TrimSuffix(words[2], ":")
	if p.host.has(id, what) {
		p.next()
	}
	n := p.host.node(id)
	p.host.last, p.open = id, nothing
	switch what {
	case "cpus":
		n.hasCPUs, n.line = true, p.lines.Number()
		p.open = cpus
		return p.cpus(rest)
	case "size":
		n.hasSize = true
		return p.memory(n, "size", rest)
	}
	n.hasFree = true
	return p.memory(n, "free", rest)
}

// next begins another reading, of this host or of another one.
func (p *reader) next() {
	if p.host.any() {
		p.finish()
		p.readings++
	}
	p.host, p.cpuCount, p.open = host{}, 0, nothing
}

func (p *reader) end() error {
	if err := p.lines.Err(); err != nil {
		p.sink.Warn(p.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	if !p.host.any() && p.readings == 0 && p.policies > 0 {
		return &imports.SyntaxError{Line: 1, Expected: "what numactl --hardware prints", Found: "what numactl --show prints: the policy of one process"}
	}
	if p.host.distLine > 0 && !p.host.matrix.head {
		p.sink.Warn(p.host.distLine, "no distances follow")
	}
	p.finish()
	return nil
}
