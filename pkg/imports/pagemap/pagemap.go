// Package pagemap reads dumps of a process's page table: where each of its
// pages lies. /proc/PID/pagemap itself is binary, holds frame numbers that
// only root may see, and says nothing of nodes, so what is read is text: the
// list that the kernel's page-types prints (-l, -L), beneath lines that say
// which frames belong to which node, or a CSV with the node of each page
// (docs/imports/pagemap.md defines both).
//
// It becomes rows of placement and figures of sums. Single pages are not kept.
package pagemap

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is a dump of a page table.
func Format() imports.Format {
	return imports.Format{Name: "pagemap", Doc: "a dump of a process's page table: page-types -l or -L, or a CSV of address and node", Detect: detect, Read: read}
}

var (
	typesHead = regexp.MustCompile(`(?m)^voffset\s+offset\s+(?:len\s+)?flags\s*$`)
	csvHead   = regexp.MustCompile(`(?m)^(?:#.*\n)*address,(?:[a-z_]+,)*node(?:,[a-z_]+)*\r?$`)
	frameForm = regexp.MustCompile(`^node (\d+):? (0x[0-9a-fA-F]+)-(0x[0-9a-fA-F]+)$`)
)

func detect(head []byte) int {
	switch {
	case bytes.IndexByte(head, 0) >= 0:
		return 0
	case typesHead.Match(head), csvHead.Match(head):
		return 90
	}
	return 0
}

// dump goes through the lines of one.
type dump struct {
	lines *imports.Lines
	sink  imports.Sink

	pid, pageBytes int64
	comm           string
	timed          bool
	timeNS         int64
	ranges         []frames
	columns        []string
	list           bool // page-types': its columns are apart by tabs
	tally          tally
}

// frames are physical addresses of a node, [from, to).
type frames struct {
	from, to uint64
	node     int32
}

func read(r io.Reader, s imports.Sink) error {
	d := &dump{lines: imports.NewLines(r), sink: s}
	for d.lines.Next() {
		if err := d.line(); err != nil {
			return err
		}
	}
	if err := d.lines.Err(); err != nil {
		s.Warn(d.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	d.tally.tell(d)
	return nil
}

func (d *dump) line() error {
	text := strings.TrimSpace(d.lines.Text())
	if comment, is := strings.CutPrefix(text, "#"); is {
		return d.comment(strings.TrimSpace(comment))
	}
	switch {
	case text == "":
		return nil
	case d.columns == nil:
		return d.head(text)
	case d.list && len(strings.Fields(text)) != len(d.columns):
		if d.lines.Cut() {
			d.sink.Warn(d.lines.Number(), "the file ends within this row: it is left out")
			return nil
		}
		if strings.HasPrefix(strings.Join(strings.Fields(text), " "), "flags page-count") {
			d.columns = []string{"summary"} // page-types' own sums follow: nothing of where pages lie
			return nil
		}
	}
	if len(d.columns) == 1 {
		return nil
	}
	return d.row(text)
}

// comment reads what the head tells: "pid 1234", "node 0 0x0-0x80000000".
func (d *dump) comment(text string) (err error) {
	key, value, _ := strings.Cut(text, " ")
	value = strings.TrimSpace(value)
	switch key {
	case "pid":
		d.pid, err = strconv.ParseInt(value, 10, 32)
	case "comm":
		if d.comm = value; len(value) > maxField {
			return d.lines.Wrong("a name that is shorter")
		}
	case "page_bytes":
		d.pageBytes, err = strconv.ParseInt(value, 10, 31)
		if d.pageBytes < 512 || d.pageBytes&(d.pageBytes-1) != 0 {
			return d.lines.Wrong("a size of pages, a power of two")
		}
	case "time":
		var zoned bool
		d.timeNS, zoned, d.timed = imports.ParseDate(value)
		if !d.timed || !zoned {
			return d.lines.Wrong("a time with its zone, as 2026-11-24T06:50:40Z")
		}
	case "node":
		m := frameForm.FindStringSubmatch(text)
		if m == nil || len(d.ranges) >= 1<<16 {
			return d.lines.Wrong("node N 0xFROM-0xTO, physical addresses")
		}
		node, errN := strconv.ParseUint(m[1], 10, 10)
		from, errF := strconv.ParseUint(m[2], 0, 64)
		to, errT := strconv.ParseUint(m[3], 0, 64)
		if errN != nil || errF != nil || errT != nil || from >= to {
			return d.lines.Wrong("node N 0xFROM-0xTO, physical addresses")
		}
		d.ranges = append(d.ranges, frames{from, to, int32(node)})
	}
	if err != nil || d.pid < 0 {
		return d.lines.Wrong("a number behind " + key)
	}
	return nil
}

// head reads the line that names the columns.
func (d *dump) head(text string) error {
	switch {
	case typesHead.MatchString(text):
		d.list, d.columns = true, strings.Fields(text)
		if len(d.ranges) == 0 {
			return d.lines.Wrong("lines `# node 0 0x0-0x80000000` before page-types' list: it tells frames, and not of which node they are")
		}
	case csvHead.MatchString(text):
		d.columns = strings.Split(text, ",")
		for i, c := range d.columns {
			if !known[c] || indexOf(d.columns[:i], c) >= 0 {
				return d.lines.Wrong("columns of address, node, pages, page_bytes, kind, policy, pid and comm, each once")
			}
		}
	default:
		return d.lines.Wrong("a line of columns")
	}
	if d.pageBytes == 0 && indexOf(d.columns, "page_bytes") < 0 {
		return d.lines.Wrong("a line `# page_bytes 4096` before the rows")
	}
	if d.pid == 0 && indexOf(d.columns, "pid") < 0 {
		d.sink.Warn(d.lines.Number(), "which process it is the file does not say: it is 0 in the table placement. A line `# pid 1234` before the rows would tell")
	}
	return nil
}

var known = map[string]bool{"address": true, "node": true, "pages": true, "page_bytes": true, "kind": true, "policy": true, "pid": true, "comm": true}

func indexOf(all []string, one string) int {
	for i, s := range all {
		if s == one {
			return i
		}
	}
	return -1
}
