package numastat

import (
	"bytes"
	"fmt"
	"math"
)

// eachLine calls f with the name and the value of every line of a node's
// numastat, vmstat or meminfo:
//
//	numa_hit 4244346
//	nr_free_pages 1061524
//	Node 0 MemTotal:        9267404 kB
//
// Kilobytes become bytes. The files hold at most a page, so all of it is at
// hand; nothing is allocated. name is valid during the call only.
func eachLine(b []byte, f func(name []byte, value int64)) error {
	for number := 1; len(b) > 0; number++ {
		var line []byte
		line, b, _ = bytes.Cut(b, []byte{'\n'})
		name, value, err := parseLine(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		if name != nil {
			f(name, value)
		}
	}
	return nil
}

// parseLine gives no name for an empty line.
func parseLine(line []byte) (name []byte, value int64, err error) {
	name, rest := word(line)
	if len(name) == 0 {
		return nil, 0, nil
	}
	if string(name) == "Node" {
		_, rest = word(rest) // its number
		name, rest = word(rest)
		name = bytes.TrimSuffix(name, []byte{':'})
	}
	digits, rest := word(rest)
	unit, rest := word(rest)
	if len(name) == 0 || len(rest) > 0 {
		return nil, 0, fmt.Errorf("%q is not a name, a number and a unit", line)
	}
	value, ok := number(digits)
	if !ok {
		return nil, 0, fmt.Errorf("%q: %q is not a count", line, digits)
	}
	switch string(unit) {
	case "":
	case "kB":
		if value > math.MaxInt64>>10 {
			return nil, 0, fmt.Errorf("%q does not fit 64 bits as bytes", line)
		}
		value <<= 10
	default:
		return nil, 0, fmt.Errorf("%q: unit %q is not known", line, unit)
	}
	return name, value, nil
}

// word cuts the next word from b.
func word(b []byte) (w, rest []byte) {
	b = bytes.TrimLeft(b, " \t")
	if i := bytes.IndexAny(b, " \t"); i >= 0 {
		return b[:i], bytes.TrimLeft(b[i:], " \t")
	}
	return b, nil
}

// number reads a decimal count. A gauge of the kernel can be slightly below
// zero while its per-CPU parts are summed; the kernel prints it as 0, some
// older ones as a huge unsigned number, which is no count.
func number(digits []byte) (int64, bool) {
	if len(digits) == 0 || len(digits) > 19 {
		return 0, false
	}
	var n uint64
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + uint64(d-'0')
	}
	return int64(n), n <= math.MaxInt64
}
