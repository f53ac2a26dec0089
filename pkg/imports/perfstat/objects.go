package perfstat

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// object is a row of -j. perf writes counts as strings.
type object struct {
	fields map[string]json.RawMessage
	used   map[string]bool
}

func readObjects(lines *source, s imports.Sink) error {
	o := objectsReader{tell: teller{sink: s}, lines: lines}
	for lines.Next() {
		if err := o.line(); err != nil {
			return err
		}
	}
	lines.unfinished(s)
	return nil
}

type objectsReader struct {
	lines *source
	tell  teller
	group string // of the metrics that follow
}

func (o *objectsReader) line() error {
	text := bytes.TrimSpace(o.lines.Bytes())
	text = bytes.TrimSuffix(text, []byte(","))
	if len(text) == 0 || preamble(string(text), o.tell.sink) {
		return nil
	}
	if text[0] != '{' {
		o.tell.sink.Warn(o.lines.Number(), fmt.Sprintf("not a JSON object: %.80q", text))
		return nil
	}
	x := object{used: map[string]bool{}}
	if err := json.Unmarshal(text, &x.fields); err != nil {
		if o.lines.Cut() {
			o.tell.sink.Warn(o.lines.Number(), "the file ends within this object: it is left out")
			return nil
		}
		return o.lines.Wrong("a JSON object with numbers as C writes them (run perf with LC_ALL=C)")
	}
	r := newRow(o.lines.Number())
	if err := o.row(&r, &x); err != nil {
		return o.lines.Wrong(err.Error())
	}
	o.tell.tell(&r)
	return nil
}

// text gives a field's value, whether it was written as a string or not.
func (x *object) text(key string) (string, bool) {
	raw, ok := x.fields[key]
	if !ok {
		return "", false
	}
	x.used[key] = true
	var s string
	if json.Unmarshal(raw, &s) != nil {
		s = string(raw)
	}
	return strings.TrimSpace(s), true
}

func (x *object) number(key string) (float64, bool, error) {
	s, ok := x.text(key)
	if !ok {
		return 0, false, nil
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, false, fmt.Errorf("a number as %s", key)
	}
	return n, true, nil
}

func (o *objectsReader) row(r *row, x *object) error {
	if s, ok := x.text("interval"); ok {
		sec, frac, _ := strings.Cut(s, ".")
		ns, err := stampNS(sec + "." + (frac + "000000000")[:max(9, len(frac))])
		if err != nil {
			return fmt.Errorf("a time in seconds as interval")
		}
		r.timed, r.timeNS = true, ns
	}
	o.place(r, x)
	if err := o.count(r, x); err != nil {
		return err
	}
	return o.metrics(r, x)
}

func (o *objectsReader) place(r *row, x *object) {
	for _, k := range []string{"core", "die", "cluster", "cache", "socket", "node", "cpu", "thread"} {
		s, ok := x.text(k)
		if !ok {
			continue
		}
		at, known := placeOf(s)
		switch {
		case known:
			r.place = at
		case k == "cpu" && isWhole(s):
			r.place = place{imports.ScopeCPU, plain(s)}
		default:
			r.place = place{imports.Scope(k), s}
		}
	}
	x.text("aggregate-number")
	x.text("counters")
	r.cgroup, _ = x.text("cgroup")
}

func (o *objectsReader) count(r *row, x *object) error {
	value, ok := x.text("counter-value")
	event, named := x.text("event")
	r.unit, _ = x.text("unit")
	if ok && named {
		r.event, r.device = device(event)
		if strings.HasPrefix(value, "<") {
			r.why = value
		} else {
			n, ok := digitsOnly(value)
			if !ok {
				return fmt.Errorf("a number as counter-value")
			}
			r.value = n
		}
	}
	if n, ok, err := x.number("variance"); err != nil {
		return err
	} else if ok {
		r.variance = share(n)
	}
	run, ok, err := x.number("event-runtime")
	if ok && run >= 0 && run < 1<<62 {
		r.runningNS = int64(run)
	}
	pct, ok2, err2 := x.number("pcnt-running")
	if ok2 {
		r.running = share(pct)
	}
	if err != nil {
		return err
	}
	return err2
}

func (o *objectsReader) metrics(r *row, x *object) error {
	if g, ok := x.text("metricgroup"); ok {
		o.group = g
	} else if r.event != "" {
		o.group = ""
	}
	threshold, _ := x.text("metric-threshold")
	value, ok := x.text("metric-value")
	words, named := x.text("metric-unit")
	if ok && named && words != "" && words != "(null)" {
		m, err := metricOf(value, words)
		if err != nil {
			return fmt.Errorf("a number as metric-value")
		}
		m.threshold, m.group = threshold, o.group
		r.metrics = append(r.metrics, m)
	}
	return o.alone(r, x)
}

// alone are the metrics of --metric-only: every other field is one.
func (o *objectsReader) alone(r *row, x *object) error {
	var names []string
	for k := range x.fields {
		if !x.used[k] {
			names = append(names, k)
		}
	}
	slices.Sort(names)
	for _, k := range names {
		value, _ := x.text(k)
		m, err := metricOf(value, k)
		if err != nil {
			o.tell.sink.Warn(r.line, fmt.Sprintf("the field %q is not known and no number: left out", k))
			continue
		}
		r.metrics = append(r.metrics, m)
	}
	return nil
}
