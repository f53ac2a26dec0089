package perfstat

import (
	"fmt"
	"slices"
	"strings"
)

// With --metric-only, perf prints one line of headers and then rows of
// nothing but metrics.

// frontHeaders stand above time and place.
var frontHeaders = []string{"time", "cpu", "cpus", "core", "die", "socket", "node", "cluster", "cache", "comm-pid"}

// metricHeader takes the line of headers.
func (v *valuesReader) metricHeader(text string) bool {
	if !strings.Contains(text, v.sep) || text[0] == '#' {
		return false
	}
	f := strings.Split(strings.TrimSuffix(strings.TrimSpace(text), v.sep), v.sep)
	front := 0
	for front < len(f) && slices.Contains(frontHeaders, strings.TrimSpace(f[front])) {
		front++
	}
	names := f[front:]
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
		if isValue(names[i]) || names[i] == "" {
			return false
		}
	}
	if len(names) == 0 || front == 0 && (!strings.HasSuffix(strings.TrimSpace(text), v.sep) || !slices.ContainsFunc(names, knownMetric)) || front > 0 && strings.TrimSpace(v.sep) == "" && !slices.ContainsFunc(names, knownMetric) {
		return false
	}
	v.headers = names
	return true
}

func knownMetric(s string) bool {
	switch s {
	case "GHz", "insn per cycle", "CPUs utilized", "/sec", "K/sec", "M/sec":
		return true
	}
	return strings.HasPrefix(s, "% ") || strings.Contains(s, " of all ") || strings.HasPrefix(s, "of all ")
}

// metricRow reads a row below such headers.
func (v *valuesReader) metricRow(text string) error {
	r := newRow(v.lines.Number())
	f := strings.Split(strings.TrimSuffix(strings.TrimRight(text, " "), v.sep), v.sep)
	if stamp := strings.TrimSpace(f[0]); isStamp(stamp) {
		ns, err := stampNS(stamp)
		if err != nil {
			return v.lines.Wrong(err.Error())
		}
		r.timed, r.timeNS, f = true, ns, f[1:]
	}
	if len(f) > len(v.headers) {
		if at, ok := placeOf(strings.TrimSpace(f[0])); ok {
			r.place, f = at, f[1:]
		}
		if len(f) == len(v.headers)+1 && isWhole(strings.TrimSpace(f[0])) && r.place != whole {
			f = f[1:]
		}
	}
	if len(f) != len(v.headers) {
		if v.lines.Cut() {
			v.tell.sink.Warn(r.line, "the file ends within this row: it is left out")
			return nil
		}
		return v.lines.Wrong(fmt.Sprintf("%d metrics, one for each header", len(v.headers)))
	}
	if v.lines.Cut() {
		v.tell.sink.Warn(r.line, "the file ends without a line end: the last metric may be cut and is left out")
		f = f[:len(f)-1]
	}
	for i, value := range f {
		m, err := metricOf(value, v.headers[i])
		if err != nil {
			return v.lines.Wrong(err.Error())
		}
		r.metrics = append(r.metrics, m)
	}
	v.tell.tell(&r)
	return nil
}
