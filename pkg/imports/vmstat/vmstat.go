// Package vmstat reads the kernel's counts of memory as they are printed:
// /proc/vmstat and /proc/meminfo, and each node's numastat, meminfo and vmstat
// below /sys/devices/system/node, once or as a series, behind the names that
// head, grep or a prompt give them.
//
// Which file and which node a line is of must be told: by a path before it, or
// by the line itself, as meminfo's of a node. What is not told is refused.
package vmstat

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/capture"
	"github.com/numalens/numalens/pkg/imports/nodefiles"
)

// Format is what the kernel's files print.
func Format() imports.Format {
	return imports.Format{Name: "vmstat", Doc: "/proc/vmstat, /proc/meminfo, and a node's numastat, meminfo and vmstat", Detect: detect, Read: read}
}

var (
	zoneForm   = regexp.MustCompile(`^Node \d+, zone `)
	pathForm   = regexp.MustCompile(`(?:^|[\s/"'])(?:proc/|node(\d+)/)(numastat|meminfo|vmstat)\b`)
	prefixForm = regexp.MustCompile(`^(\S*(?:proc|node\d+)/(?:numastat|meminfo|vmstat)):(.*)$`)
	headForm   = regexp.MustCompile(`^(?:==> *)?\S*(?:proc|node\d+)/(?:numastat|meminfo|vmstat)(?: *<==|:)?$`)
)

// detect wants several rows in sequence that no one else prints.
func detect(head []byte) int {
	if bytes.IndexByte(head, 0) >= 0 {
		return 0 // an archive of such files, say
	}
	rows, most := 0, 0
	for line := range strings.Lines(string(head)) {
		text := capture.Unquote(strings.TrimRight(line, "\r\n"))
		if zoneForm.MatchString(text) {
			return 0
		}
		if m := prefixForm.FindStringSubmatch(text); m != nil {
			text = m[2]
		}
		text, _ = capture.Annotated(text)
		r, ok := nodefiles.Parse(text)
		switch {
		case ok && own(r), len(folded(text)) > 2:
			rows++
		case text != "" && !headForm.MatchString(text):
			rows = 0
		}
		most = max(most, rows)
	}
	switch {
	case most >= 10:
		return 85
	case most >= 3:
		return 70
	}
	return 0
}

// own tells whether a row's name is one of the kernel's.
func own(r nodefiles.Row) bool {
	if r.Meminfo {
		return r.Node != nodefiles.Host || nodefiles.OfMeminfo(r.Name)
	}
	return nodefiles.OfVmstat(r.Name) || nodefiles.OfNumastat(r.Name)
}

// reader goes through the lines of any number of files.
type reader struct {
	lines  *imports.Lines
	sink   imports.Sink
	around capture.Around

	file nodefiles.File // that the path before tells, "" is none
	node int            // likewise
	rows bool           // the line before was a row

	// numa_hit, numa_miss and numa_foreign are rows of vmstat and of numastat:
	// without a path before them they wait for a row that is of one only.
	plain bool // one of vmstat's was there
	held  []held

	seen    map[string]bool // rows of this reading
	reading int             // without a time of their own, those before it
	skipped int             // the line between rows that is none
}

// held is a row that waits.
type held struct {
	line int
	row  nodefiles.Row
}

func read(r io.Reader, s imports.Sink) error {
	v := &reader{lines: imports.NewLines(r), sink: s, around: capture.Around{Tool: "cat", Sink: s}, node: nodefiles.Host, seen: map[string]bool{}}
	for v.lines.Next() {
		if err := v.line(); err != nil {
			return err
		}
	}
	if len(v.held) > 0 {
		return v.undecided(v.held[0].line, v.held[0].row.Name)
	}
	if err := v.lines.Err(); err != nil {
		s.Warn(v.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	return nil
}

func (v *reader) line() error {
	text := capture.Unquote(v.lines.Text())
	if text == "" {
		return nil
	}
	if before, note := capture.Annotated(text); note != "" {
		if _, ok := nodefiles.Parse(before); ok {
			v.sink.Warn(v.lines.Number(), fmt.Sprintf("what stands behind the number is not read: %.60q", note))
			text = before
		}
	}
	if m := prefixForm.FindStringSubmatch(text); m != nil && strings.TrimSpace(m[2]) != "" {
		v.path(m[1])
		return v.row(m[2])
	}
	if r, ok := nodefiles.Parse(text); ok && (v.file != "" || v.rows || own(r)) {
		return v.row(text)
	}
	if many := folded(text); many != nil {
		for _, one := range many {
			if err := v.row(one); err != nil {
				return err
			}
		}
		return nil
	}
	return v.other(text)
}

// path takes what a path tells: the file, and the node.
func (v *reader) path(text string) bool {
	m := pathForm.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	v.file, v.node = nodefiles.File(m[2]), nodefiles.Host
	if m[1] != "" {
		v.node, _ = strconv.Atoi(m[1])
	}
	return true
}

// other is a line that is no row.
func (v *reader) other(text string) error {
	words := strings.Fields(text)
	switch {
	case zoneForm.MatchString(text):
		return v.lines.Wrong("rows of vmstat; this is /proc/zoneinfo, whose rows are of zones")
	case headForm.MatchString(text):
		v.path(text)
	case v.path(text): // a prompt with the command
		v.around.Line(v.lines.Number(), v.lines.Text())
	case v.time():
	case len(words) > 1 && mangled(words):
		if v.lines.Cut() {
			v.sink.Warn(v.lines.Number(), "the file ends within this row: it is left out")
			return nil
		}
		return v.lines.Wrong("a name and a number")
	default:
		if v.rows {
			v.skipped = v.lines.Number()
		}
		return nil
	}
	v.rows, v.skipped = false, 0
	return nil
}

// time takes a line around the rows; a date begins another reading.
func (v *reader) time() bool {
	before, timed := v.around.TimeNS, v.around.Timed
	if !v.around.Line(v.lines.Number(), v.lines.Text()) {
		return false
	}
	if v.around.Timed && (!timed || before != v.around.TimeNS) {
		clear(v.seen)
		v.reading, v.plain = 0, false
	}
	return true
}

// mangled tells a row of the kernel's whose number is not one.
func mangled(words []string) bool {
	name, n := words[0], words[1]
	if name == "Node" && len(words) > 3 {
		name, n = words[2], words[3]
	}
	known := nodefiles.OfVmstat(name) || nodefiles.OfNumastat(name) || strings.HasSuffix(name, ":") && nodefiles.OfMeminfo(strings.TrimSuffix(name, ":"))
	return known && (n[0] >= '0' && n[0] <= '9' || n[0] == '-')
}

// folded parts a line into which a page folded several rows of vmstat.
func folded(text string) []string {
	words := strings.Fields(text)
	if len(words) < 4 || len(words)%2 != 0 || len(words) > 2000 {
		return nil
	}
	var out []string
	for i := 0; i < len(words); i += 2 {
		one := words[i] + " " + words[i+1]
		if r, ok := nodefiles.Parse(one); !ok || r.Meminfo || !own(r) {
			return nil
		}
		out = append(out, one)
	}
	return out
}

// row gives a row's figure.
func (v *reader) row(text string) error {
	r, ok := nodefiles.Parse(text)
	if !ok {
		if v.lines.Cut() {
			v.sink.Warn(v.lines.Number(), "the file ends within this row: it is left out")
			return nil
		}
		return v.lines.Wrong("a name and a number")
	}
	if v.lines.Cut() && r.Unit != "bytes" {
		v.sink.Warn(v.lines.Number(), "the file ends with this number, which may have more digits: it is left out")
		return nil
	}
	if v.skipped > 0 {
		v.sink.Warn(v.skipped, "this line between rows is none: it is left out")
		v.skipped = 0
	}
	file, node, err := v.of(r)
	if err != nil {
		return err
	}
	v.rows = true
	if v.file == "" && !r.Meminfo {
		if nodefiles.OfNumastat(r.Name) && !v.plain {
			if v.held = append(v.held, held{v.lines.Number(), r}); len(v.held) > 3 {
				return v.undecided(v.held[0].line, v.held[0].row.Name)
			}
			return nil
		}
		v.plain = true
		for _, h := range v.held {
			v.tell(h.line, h.row, file, node)
		}
		v.held = nil
	}
	v.tell(v.lines.Number(), r, file, node)
	return nil
}

// tell gives a figure, labelled where it is of another reading.
func (v *reader) tell(line int, r nodefiles.Row, file nodefiles.File, node int) {
	f := r.Figure(line, file, node)
	v.around.Set(&f)
	key := fmt.Sprint(file, node, r.Name)
	if v.seen[key] {
		clear(v.seen)
		if v.reading++; v.reading == 1 {
			v.sink.Warn(line, "another reading without a time of its own; the label reading tells them apart")
		}
	}
	if len(v.seen) < maxSeen {
		v.seen[key] = true
	}
	if v.reading > 0 {
		f.Labels = map[string]string{"reading": strconv.Itoa(v.reading + 1)}
	}
	v.sink.Figure(f)
}

// maxSeen bounds what is kept: no kernel has so many rows.
const maxSeen = 1 << 18

// of tells which file and node a row is of.
func (v *reader) of(r nodefiles.Row) (nodefiles.File, int, error) {
	file, node := v.file, v.node
	switch {
	case r.Meminfo && r.Node != nodefiles.Host:
		if file == nodefiles.Meminfo && node != nodefiles.Host && node != r.Node {
			return "", 0, v.lines.Wrong(fmt.Sprintf("memory of node %d, as the path before it says", node))
		}
		return nodefiles.Meminfo, r.Node, nil
	case r.Meminfo:
		return nodefiles.Meminfo, nodefiles.Host, nil
	case file == "" || file == nodefiles.Meminfo:
		file, node = nodefiles.Vmstat, nodefiles.Host
	}
	if file == nodefiles.Numastat && node == nodefiles.Host || file == nodefiles.Vmstat && !nodefiles.OfVmstat(r.Name) && nodefiles.OfNumastat(r.Name) {
		return "", 0, v.undecided(v.lines.Number(), r.Name)
	}
	return file, node, nil
}

func (v *reader) undecided(line int, found string) error {
	return &imports.SyntaxError{Line: line, Expected: "before numastat's rows a path that says of which node they are, as ==> node0/numastat <==", Found: found}
}
