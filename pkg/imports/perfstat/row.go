package perfstat

import (
	"maps"
	"math"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// row is one row of perf stat, in whatever form it was printed.
type row struct {
	line   int
	timed  bool
	timeNS int64
	place  place
	cgroup string
	device string

	event string // "" is a row of a metric alone
	value float64
	unit  string // perf's word
	why   string // "<not counted>": there is no value

	runningNS         int64   // -1 is unknown
	running, variance float64 // shares; -1 is unknown
	after             int     // fields of -x that followed the event
	metrics           []metric
	dangling          bool // a # stood at its end: a metric was to follow
}

// metric is what perf computed.
type metric struct {
	text      string // perf's words, as "%  tma_retiring" or "insn per cycle"
	value     float64
	null      bool
	why       string
	threshold string
	group     string
	percent   bool // a % stood behind the value
}

func newRow(line int) row {
	return row{line: line, place: whole, runningNS: -1, running: -1, variance: -1}
}

// teller turns rows into figures. capture counts the captures of a file.
type teller struct {
	sink    imports.Sink
	capture string                       // label of the second capture on
	events  map[string]map[string]string // labels of metrics, by event
}

func (t *teller) tell(r *row) {
	if r.event != "" {
		t.sink.Figure(t.count(r))
	}
	for i := range r.metrics {
		t.sink.Figure(t.metric(r, &r.metrics[i]))
	}
}

func (t *teller) figure(r *row) imports.Figure {
	f := imports.NewFigure(r.line)
	f.Timed, f.Relative, f.TimeNS = r.timed, r.timed, r.timeNS
	f.Scope, f.Instance, f.Device = r.place.scope, r.place.instance, r.device
	f.RunningNS, f.Running = r.runningNS, r.running
	if r.cgroup != "" {
		if f.Scope != imports.ScopeHost {
			f.Labels = map[string]string{string(f.Scope): f.Instance}
		}
		f.Scope, f.Instance = imports.ScopeCgroup, r.cgroup
	}
	if t.capture != "" {
		label(&f, "capture", t.capture)
	}
	return f
}

func (t *teller) count(r *row) imports.Figure {
	f := t.figure(r)
	f.Kind, f.Name, f.Variance = imports.KindCount, r.event, r.variance
	unit := r.unit
	if unit == "" && r.why == "" {
		unit = clockUnit(r)
	}
	u, scale := baseUnit(unit)
	f.Unit = u
	if r.why != "" {
		f.Null, f.Why = true, r.why
		return f
	}
	f.Value = scaled(r.value, scale)
	return f
}

func (t *teller) metric(r *row, m *metric) imports.Figure {
	f := t.figure(r)
	f.Kind = imports.KindMetric
	var scale float64
	f.Name, f.Unit, scale = metricName(m.text)
	f.Value = scaled(m.value, scale)
	if m.percent && f.Unit == "1" {
		f.Unit = "%"
	}
	if m.null {
		f.Null, f.Value, f.Why = true, 0, m.why
	}
	if r.event != "" {
		t.event(&f, r.event)
	}
	if f.Labels != nil && (m.threshold != "" || m.group != "") {
		f.Labels = maps.Clone(f.Labels)
	}
	if m.threshold != "" {
		label(&f, "threshold", m.threshold)
	}
	if m.group != "" {
		label(&f, "group", m.group)
	}
	return f
}

// maxEvents bounds the events whose labels are kept.
const maxEvents = 1000

// event labels a metric with its event. Most metrics have no other label, and
// those of one event then share it: nobody changes a figure's labels.
func (t *teller) event(f *imports.Figure, name string) {
	if f.Labels != nil {
		label(f, "event", name)
		return
	}
	labels, ok := t.events[name]
	if !ok {
		labels = map[string]string{"event": name}
		if t.events == nil {
			t.events = map[string]map[string]string{}
		}
		if len(t.events) < maxEvents {
			t.events[strings.Clone(name)] = labels
		}
	}
	f.Labels = labels
}

// scaled brings a decimal number to its base unit. Where that gives a whole
// number it is one: 16167.76 ms are 16167760000 ns, not a little less.
func scaled(x, scale float64) float64 {
	y := x * scale
	if n := math.Round(y); scale != 1 && math.Abs(y-n) < 1e-14*math.Abs(y) {
		return n
	}
	return y
}

// share is a percentage as a share: 58.73 % is 0.5873, not a little less.
func share(percent float64) float64 { return math.Round(percent*1e6) / 1e8 }

func label(f *imports.Figure, key, value string) {
	if f.Labels == nil {
		f.Labels = map[string]string{}
	}
	f.Labels[key] = value
}

// baseUnit is the base unit of a word of perf, and what its numbers are
// multiplied by. What has none here stays in its own.
func baseUnit(word string) (string, float64) {
	switch word {
	case "":
		return "1", 1
	case "ns", "nsec":
		return "ns", 1
	case "us", "usec":
		return "ns", 1e3
	case "ms", "msec":
		return "ns", 1e6
	case "B", "Bytes", "bytes":
		return "bytes", 1
	case "KiB", "MiB", "GiB", "TiB":
		return "bytes", float64(int64(1) << (10 * (1 + strings.IndexByte("KMGT", word[0]))))
	}
	return word, 1
}

// metricName parts perf's words for a metric into its name and its unit.
func metricName(text string) (name, unit string, scale float64) {
	text = strings.TrimSpace(text)
	switch text {
	case "K/sec":
		return "/sec", "1/s", 1e3
	case "M/sec":
		return "/sec", "1/s", 1e6
	case "G/sec":
		return "/sec", "1/s", 1e9
	case "/sec":
		return "/sec", "1/s", 1
	case "GHz":
		return "GHz", "Hz", 1e9
	}
	if rest, ok := strings.CutPrefix(text, "%"); ok && strings.TrimSpace(rest) != "" {
		return strings.TrimSpace(rest), "%", 1
	}
	if strings.HasPrefix(text, "of all ") || strings.Contains(text, " of all ") {
		return text, "%", 1
	}
	// A metric with a unit of its own has two blanks behind it.
	if unit, rest, ok := strings.Cut(text, "  "); ok && !strings.Contains(unit, " ") {
		if unit == "GHz" {
			return strings.TrimSpace(rest), "Hz", 1e9
		}
		return strings.TrimSpace(rest), unit, 1
	}
	if text == "" {
		text = "metric"
	}
	return text, "1", 1
}
