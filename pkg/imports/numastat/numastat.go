// Package numastat reads what numastat prints: the kernel's allocation counts
// by node (by default, or in megabytes with -n), the memory of each node
// (-m), and that of processes by node (-p), compact (-c) or not, once or
// repeated under watch or behind lines of date.
//
// Megabytes become bytes: numastat has rounded them to a hundredth, -c to
// one. It does not add up columns that numastat left out, and takes no table
// whose columns were moved.
package numastat

import (
	"bytes"
	"io"
	"regexp"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is numastat's output.
func Format() imports.Format {
	return imports.Format{Name: "numastat", Doc: "numastat: by default, -n, -m, -p, each with -c, -s, -v, -z, and under watch", Detect: detect, Read: read}
}

// before is what may stand before a line in mail and comments.
const before = `(?m)^[ \t>|#*+:]*`

var (
	titled  = regexp.MustCompile(before + `Per-node [a-z ]*(usage|info) \(in [A-Z]Bs\)`)
	byNode  = regexp.MustCompile(before + `node\d+([ \t|]+node\d+)*[ \t|]*\r?\n[ \t>|#*+:-]*\n?[ \t>|#*+:]*numa_hit[ \t]`)
	numbers = regexp.MustCompile(before + `(PID[ \t]+)?Node \d+([ \t]+Node \d+)*([ \t]+Total)?[ \t]*\r?\n`)
	rows    = regexp.MustCompile(before + `(MemTotal|MemFree|FilePages|Numa_Hit|Huge|Heap|Private|\d+ \([^)\n]+\)?)[ \t]+\d`)
)

func detect(head []byte) int {
	switch {
	case bytes.IndexByte(head, 0) >= 0:
		return 0
	case titled.Match(head), byNode.Match(head):
		return 95
	case numbers.Match(head) && rows.Match(head):
		return 80
	}
	return 0
}

func read(r io.Reader, s imports.Sink) error {
	t := tables{lines: imports.NewLines(r), sink: s}
	for t.lines.Next() {
		if err := t.line(); err != nil {
			return err
		}
	}
	return t.end()
}
