// Package numamaps reads /proc/PID/numa_maps: for each mapping of a process
// its policy, and how many of its pages lie on each node.
//
// Each count is a figure, and what a process has on each node a row of
// placement. Which process it is the file does not say: a prompt, the head of
// a concatenation or grep's prefix does.
package numamaps

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
)

// Format is numa_maps.
func Format() imports.Format {
	return imports.Format{Name: "numa-maps", Doc: "/proc/PID/numa_maps", Detect: detect, Read: read}
}

const policies = `(?:default|local|(?:bind|interleave|weighted interleave|prefer(?:red)?(?: \(many\))?)(?:=[a-z|]+)?(?::[\d,-]+)?)`

var (
	inHead      = regexp.MustCompile(`(?m)^[ \t>|#*+:]*(?:/proc/(?:\d+|self)/(?:task/\d+/)?numa_maps:)?(?:0x)?[0-9a-f]{3,16} +` + policies + `(?: file=\S+| heap| stack| huge)*(?: \(deleted\))?(?: (?:anon|dirty|mapped|mapmax|swapcache|active|writeback|N\d+)=\d+)+`)
	bareMapping = regexp.MustCompile(`(?m)^[ \t>|#*+:]*(?:/proc/(?:\d+|self)/(?:task/\d+/)?numa_maps:)?[0-9a-f]{8,16} +` + policies + ` (?:file=/\S+|heap|stack)`)
	mappingForm = regexp.MustCompile(`^(?:\S*/proc/(\d+|self)/(?:task/\d+/)?numa_maps:)?(?:0x)?([0-9a-f]{3,16})\s+(` + policies + `)((?:\s.*)?)$`)
	pidForm     = regexp.MustCompile(`/proc/(\d+)/(?:task/\d+/)?numa_maps`)
	headForm    = regexp.MustCompile(`^(?:==> |\S+ )?/proc/(\d+|self)/(?:task/\d+/)?numa_maps(?: <==|:)?$`)
)

// maxPolicy bounds what is kept; a policy of all the nodes that can be is
// shorter.
const maxPolicy = 4 << 10

func detect(head []byte) int {
	if bytes.IndexByte(head, 0) >= 0 {
		return 0
	}
	if inHead.Match(head) {
		return 90
	}
	if bareMapping.Match(head) {
		return 70
	}
	return 0
}

// reader goes through the lines of any number of files.
type reader struct {
	lines  *imports.Lines
	sink   imports.Sink
	around capture.Around

	open    *mapping // that the next line may go on with, where a mailer wrapped it
	pid     string
	last    uint64 // address of the mapping before
	any     bool   // there was one, in this look
	tally   tally
	sized   bool // some mapping tells the size of its pages
	unsized bool // some does not
	unnamed bool // a warning was given
	lost    bool // another look of an unknown process, or at an unknown time
}

func read(r io.Reader, s imports.Sink) error {
	m := &reader{lines: imports.NewLines(r), sink: s, around: capture.Around{Tool: "cat", Sink: s}}
	for m.lines.Next() {
		if err := m.line(); err != nil {
			return err
		}
	}
	if err := m.flush(); err != nil {
		return err
	}
	if err := m.lines.Err(); err != nil {
		s.Warn(m.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	m.place()
	if m.unsized {
		s.Warn(1, "the kernel is older than 4.1 and does not tell the size of pages: the table placement has none of them, figures has all")
	}
	return nil
}

func (m *reader) line() error {
	text := capture.Unquote(m.lines.Text())
	if words := strings.Fields(text); m.open != nil && len(words) > 0 && isKeyword(words[0]) && allKeywords(words) {
		m.open.end, m.open.cut = m.lines.Number(), m.lines.Cut()
		return m.open.take(m, words)
	}
	if err := m.flush(); err != nil {
		return err
	}
	if f := mappingForm.FindStringSubmatch(text); f != nil {
		return m.begin(f)
	}
	if f := headForm.FindStringSubmatch(text); f != nil {
		m.process(f[1])
		return nil
	}
	if f := pidForm.FindStringSubmatch(text); f != nil {
		m.process(f[1]) // a prompt with the command
		m.around.Line(m.lines.Number(), m.lines.Text())
		return nil
	}
	before := m.around.TimeNS
	if text != "" && m.around.Line(m.lines.Number(), m.lines.Text()) && m.around.TimeNS != before {
		m.placeAt(before)
	}
	return nil
}

// process says whose mappings follow.
func (m *reader) process(pid string) {
	m.place()
	m.any, m.lost = false, false
	if m.pid = pid; pid == "self" {
		m.pid = ""
	}
}

// begin begins a mapping.
func (m *reader) begin(f []string) error {
	address, err := strconv.ParseUint(f[2], 16, 64)
	if err != nil {
		return m.lines.Wrong("an address")
	}
	if len(f[3]) > maxPolicy {
		return m.lines.Wrong("a policy that is shorter")
	}
	if pid := f[1]; pid != "" && pid != "self" && pid != m.pid {
		m.process(pid)
	}
	if m.any && address <= m.last {
		m.again()
	}
	m.any, m.last = true, address
	m.open = &mapping{line: m.lines.Number(), end: m.lines.Number(), cut: m.lines.Cut(), address: f[2], policy: strings.Clone(f[3])}
	return m.open.take(m, strings.Fields(f[4]))
}

// again is a look that begins anew: numa_maps is in the order of addresses.
func (m *reader) again() {
	m.place()
	if !m.lost {
		m.sink.Warn(m.lines.Number(), "addresses begin again: from here on it is another process or another look, and which is not told. Its numbers are in the table figures only")
	}
	m.lost = true
}

// flush takes the mapping that is open: it is whole.
func (m *reader) flush() error {
	o := m.open
	m.open = nil
	if o == nil {
		return nil
	}
	if len(o.nodes) == 0 && len(o.counts) == 0 && o.pageBytes == 0 {
		return nil // nothing of it is in memory
	}
	if o.cut && o.pageBytes == 0 {
		m.sink.Warn(o.end, "the file ends within this mapping: it is left out")
		return nil
	}
	if o.pageBytes == 0 && m.sized || o.pageBytes > 0 && m.unsized {
		return &imports.SyntaxError{Line: o.end, Expected: "kernelpagesize_kB= at the end of a mapping, as others have it", Found: "mapping " + o.address + " without"}
	}
	m.sized, m.unsized = o.pageBytes > 0, o.pageBytes == 0
	if m.pid == "" && !m.unnamed {
		m.unnamed = true
		m.sink.Warn(o.line, "which process it is the file does not say: it is 0 in the table placement. A line `/proc/1234/numa_maps` before it would tell")
	}
	o.check(m.sink)
	o.tell(m)
	return nil
}

// place gives the rows of the look that ends.
func (m *reader) place() { m.placeAt(m.around.TimeNS) }

func (m *reader) placeAt(ts int64) {
	pid, _ := strconv.ParseInt(m.pid, 10, 32)
	m.tally.rows(m.sink, ts, int32(pid))
	m.any, m.lost = false, m.lost && !m.around.Timed
}
