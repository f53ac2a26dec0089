package symbols

import (
	"bufio"
	"bytes"
	"io"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// area is a part of an address space that can be executed.
type area struct {
	start, end, offset uint64
	device             string // "fe:00"
	inode              uint64
	path               string // "" is anonymous
	deleted            bool

	file  *file // nil before it is held, or if it cannot be
	tried bool
	told  bool // its row is on its way
}

// longestLine of /proc/PID/maps: a path of 4096 bytes, some of them escaped.
const longestLine = 32 << 10

// parseMaps takes the areas that can be executed from /proc/PID/maps. Lines
// that are none of that file's are passed over.
func parseMaps(r io.Reader, into []area) ([]area, error) {
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, 8<<10), longestLine)
	for s.Scan() {
		if a, ok := parseArea(s.Bytes()); ok {
			into = append(into, a)
		}
	}
	return into, s.Err()
}

// parseArea reads a line: "start-end rwxp offset device inode   path".
func parseArea(line []byte) (a area, ok bool) {
	var okStart, okEnd, okOffset, okInode bool
	a.start, line, okStart = hexUntil(line, '-')
	a.end, line, okEnd = hexUntil(line, ' ')
	if !okStart || !okEnd || a.end <= a.start || len(line) < 5 || line[2] != 'x' {
		return a, false
	}
	a.offset, line, okOffset = hexUntil(line[5:], ' ')
	device, line, okDevice := bytes.Cut(line, []byte{' '})
	inode, path, _ := bytes.Cut(line, []byte{' '})
	a.inode, okInode = decimal(inode)
	if !okOffset || !okDevice || !okInode {
		return a, false
	}
	a.device = string(device)
	a.path = strings.ReplaceAll(string(bytes.TrimLeft(path, " ")), `\012`, "\n")
	a.path, a.deleted = strings.CutSuffix(a.path, " (deleted)")
	return a, true
}

func hexUntil(b []byte, end byte) (x uint64, rest []byte, ok bool) {
	for i, c := range b {
		switch {
		case c == end && i > 0:
			return x, b[i+1:], true
		case i == 16:
			return 0, nil, false
		case c >= '0' && c <= '9':
			x = x<<4 | uint64(c-'0')
		case c >= 'a' && c <= 'f':
			x = x<<4 | uint64(c-'a'+10)
		default:
			return 0, nil, false
		}
	}
	return 0, nil, false
}

func decimal(b []byte) (x uint64, ok bool) {
	if len(b) == 0 || len(b) > 19 {
		return 0, false
	}
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		x = 10*x + uint64(c-'0')
	}
	return x, true
}

// isFile says that the area may be of a file; the kernel's own areas, and
// those that a process named, have brackets.
func (a *area) isFile() bool { return a.inode != 0 && strings.HasPrefix(a.path, "/") }

func (a *area) isVDSO() bool { return a.path == "[vdso]" }

// row is the area as the table mappings has it.
func (a *area) row(pid int32, ts int64) export.Mapping {
	m := export.Mapping{TS: ts, PID: pid, Start: a.start, End: a.end, Offset: a.offset, File: a.path}
	switch {
	case a.file != nil:
		m.File, m.BuildID = a.file.name, a.file.buildID
	case a.path == "" || strings.HasPrefix(a.path, "//anon") || strings.HasPrefix(a.path, "[anon"):
		m.File = "[anon]"
	}
	return m
}
