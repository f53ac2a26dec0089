package perfscript

import (
	"bytes"
	"math"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/datasrc"
)

// anchor is how perf begins a data source's decoding (perf_script__meminfo in
// tools/perf/util/mem-events.c).
var anchor = []byte("|OP ")

// maxNumbers is how many numbers there can be behind a data source: weight,
// ins_lat, retire_lat, ip, phys_addr.
const maxNumbers = 5

// sampleLine is one line of a sample, cut into its columns. The slices belong
// to the line.
type sampleLine struct {
	number int
	sample export.Sample
	event  []byte // "" is not told
	timed  bool
	period bool // told
	lone   bool // what stood before the data source may be an address or not
	// aThread is a number that stood alone, and was taken for the thread's.
	aThread bool

	numbers [maxNumbers]number
	n       int
	// named: text follows the numbers, and so the last of them is an ip.
	named bool
}

// number is a column behind the data source, read both ways.
type number struct {
	hex     uint64
	decimal int64 // -1 is none
	digits  int
}

// cut reads a line whose data source begins at the anchor. "" is well, else
// what was expected.
func (l *sampleLine) cut(line []byte, at int) string {
	*l = sampleLine{number: l.number, sample: export.Sample{CPU: -1, CPUNode: -1, MemNode: -1, Weight: 1}}
	before := bytes.TrimRight(line[:at], " \t")
	src := before[bytes.LastIndexAny(before, " \t")+1:]
	value, ok := parseHex(src)
	if !ok {
		return "a data source in hexadecimal before its decoding"
	}
	l.sample.DataSrc = value
	l.left(before[:len(before)-len(src)])
	l.right(line[at:])
	return l.operation(line[at+len(anchor):])
}

// operation takes the kind of access, which is told twice.
func (l *sampleLine) operation(text []byte) string {
	says := export.SampleKind("")
	switch {
	case bytes.HasPrefix(text, []byte("LOAD")):
		says = export.MemoryLoad
	case bytes.HasPrefix(text, []byte("STORE")):
		says = export.MemoryStore
	}
	l.sample.Kind = datasrc.Kind(l.sample.DataSrc)
	if says != l.sample.Kind {
		return "a data source and a decoding that say the same operation"
	}
	return ""
}

// left reads what stands before the data source. The time is the landmark: a
// number with a point and a colon.
func (l *sampleLine) left(text []byte) {
	from, to := findTime(text)
	rest := text
	if to > 0 {
		var ok bool
		l.sample.TS, ok = parseTime(text[from : to-1])
		l.timed = ok
		l.who(text[:from])
		rest = text[to:]
	}
	rest = bytes.TrimLeft(rest, " \t")
	if end := eventEnd(rest); l.timed && end > 0 {
		l.event = rest[:end]
		rest = bytes.TrimLeft(rest[end+1:], " \t")
		l.takePeriod()
		l.address(rest, true)
		return
	}
	l.address(rest, false)
}

// who reads comm, pid and CPU; a comm may have blanks in it.
func (l *sampleLine) who(text []byte) {
	text, last := lastToken(text)
	for i := 0; i < 2 && len(last) > 0 && last[0] != '[' && !isDecimal(last, '/'); i++ {
		text, last = lastToken(text) // flags of the column misc
	}
	if len(last) > 2 && last[0] == '[' && last[len(last)-1] == ']' {
		if cpu, ok := parseDecimal(last[1 : len(last)-1]); ok && cpu < math.MaxInt32 {
			l.sample.CPU = int32(cpu)
		}
		_, last = lastToken(text)
	}
	if !isDecimal(last, '/') {
		return
	}
	pid, tid, both := bytes.Cut(last, []byte("/"))
	if !both {
		tid = pid
	}
	p, okP := parseDecimal(pid)
	t, okT := parseDecimal(tid)
	if !okP || !okT || p > math.MaxInt32 || t > math.MaxInt32 {
		return
	}
	l.sample.TID = int32(t)
	if both {
		l.sample.PID = int32(p)
	} else {
		l.aThread = true // which is what perf prints of its own accord
	}
}

// takePeriod splits the period off the event.
func (l *sampleLine) takePeriod() {
	first, rest := firstToken(l.event)
	if p, ok := parseDecimal(first); ok && len(rest) > 0 && p > 0 {
		l.sample.Weight, l.period = p, true
		l.event = bytes.TrimLeft(rest, " \t")
	}
}

// The lengths from which a number is an address: behind the data source, where
// it might be a latency, and before it, where it might be a comm.
const (
	minAddressDigits = 9
	minBareAddress   = 7
)

// address reads the address. Without an event in front of it a number may be
// a thread or a period, and a word a comm: one with letters that is long
// enough is neither.
func (l *sampleLine) address(text []byte, known bool) {
	first, rest := firstToken(text)
	value, ok := parseHex(first)
	if !ok {
		return
	}
	alone := len(bytes.TrimLeft(rest, " \t")) == 0
	if known || alone && len(first) >= minBareAddress && !isDecimal(first, '0') {
		l.sample.Addr = value
		return
	}
	l.lone = true
}

// right reads the numbers behind the decoding, which itself ends with a label
// and its words: "|LCK No", "|BLK  N/A", cut off at any letter.
func (l *sampleLine) right(text []byte) {
	for {
		next := bytes.IndexByte(text[1:], '|')
		if next < 0 || !isLabel(text[next+2:]) {
			break
		}
		text = text[next+1:]
	}
	_, text = firstToken(text)
	for {
		token, rest := firstToken(text)
		if len(token) == 0 {
			return
		}
		value, ok := parseHex(token)
		switch {
		case ok && l.n < maxNumbers:
			decimal, is := parseDecimal(token)
			if !is {
				decimal = -1
			}
			l.numbers[l.n] = number{value, decimal, len(token)}
			l.n++
		case l.n > 0:
			l.named = true
			l.phys(rest)
			return
		}
		text = rest
	}
}

// phys reads the physical address that stands behind an ip's name and file.
func (l *sampleLine) phys(text []byte) {
	i := bytes.LastIndexByte(text, ')')
	if i < 0 {
		return
	}
	token, _ := firstToken(text[i+1:])
	if value, ok := parseHex(token); ok {
		l.sample.Phys = value
	}
}

// isLabel is true of what begins like "SNP " or is all that was left of it.
func isLabel(text []byte) bool {
	n := 0
	for n < len(text) && text[n] >= 'A' && text[n] <= 'Z' {
		n++
	}
	return n > 0 && n <= 4 && (n == len(text) || text[n] == ' ' || text[n] == '\t')
}
