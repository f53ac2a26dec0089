package perfmem

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/perftable"
)

var (
	samplesForm = regexp.MustCompile(`^Samples: (\d+)([KMG]?)\s*(?: of events? '(.*)'.*)?$`)
	countForm   = regexp.MustCompile(`^(Total weight|Total Lost Samples|Event count \(approx\.\))\s*: (\d+)$`)
	orderForm   = regexp.MustCompile(`^Sort order\s*:\s*(.*)$`)
	titledForm  = regexp.MustCompile(`^(?:Overhead|Children|Samples|-+ .* -+)(?: |$)`)
)

// facts are the lines of perf's own head (--header), and what they tell.
var facts = map[string]string{
	"hostname": imports.FactHost, "os release": imports.FactKernel, "perf version": imports.FactVersion, "arch": imports.FactArch,
	"cpudesc": imports.FactCPU, "cmdline": imports.FactCommand, "nrcpus online": "cpus",
}

// hash takes a line behind "#": the head of a report, titles, dots.
func (x *reader) hash(raw, text string) error {
	switch {
	case perftable.IsDots(raw):
		titles := x.titles
		x.titles, x.first = nil, ""
		return x.begin(titles, raw)
	case text == "":
		if len(x.titles) > 0 && x.table == nil && strings.HasPrefix(x.first, "Overhead") {
			return x.lines.Wrong("a line of dots below the titles of the table")
		}
		x.titles = nil
		return nil
	}
	if x.headLine(text) {
		return nil
	}
	if len(x.titles) > 0 || titledForm.MatchString(text) {
		if len(x.titles) == 0 {
			x.first = text
		}
		if x.titles = append(x.titles, raw); len(x.titles) > 3 {
			return x.lines.Wrong("a line of dots below the titles of the table")
		}
		return nil
	}
	if key, value, ok := strings.Cut(text, " : "); ok && facts[strings.TrimSpace(key)] != "" {
		x.sink.Fact(facts[strings.TrimSpace(key)], strings.TrimSpace(value))
	} else if strings.HasPrefix(text, "perf ") || strings.HasPrefix(text, "sudo ") {
		x.around.Line(x.lines.Number(), "# "+text)
	}
	return nil
}

// headLine takes what perf says of a report as a whole.
func (x *reader) headLine(text string) bool {
	if m := samplesForm.FindStringSubmatch(text); m != nil {
		x.table, x.titles = nil, nil
		x.report++
		x.event = m[3]
		x.total("Samples of event", m[1], m[2])
		return true
	}
	if m := countForm.FindStringSubmatch(text); m != nil {
		x.total(m[1], m[2], "")
		return true
	}
	if m := orderForm.FindStringSubmatch(text); m != nil {
		if m[1] != "" {
			x.sink.Fact("sorted by", m[1])
		}
		return true
	}
	return false
}

var thousands = map[string]float64{"": 1, "K": 1e3, "M": 1e6, "G": 1e9}

// total tells a number of the head. perf cuts the samples down to whole
// thousands.
func (x *reader) total(name, digits, unit string) {
	v, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return
	}
	f := imports.NewFigure(x.lines.Number())
	f.Scope, f.Kind, f.Name, f.Unit, f.Value = imports.ScopeHost, imports.KindCount, name, "1", v*thousands[unit]
	f.Labels = x.labels()
	if name == "Total Lost Samples" {
		f.Labels = nil
	}
	if unit != "" {
		f.Labels["printed"] = digits + unit
		f.Labels["rounded"] = "down to a whole " + unit
	}
	x.stats++
	x.sink.Figure(f)
}

func (x *reader) labels() map[string]string {
	l := map[string]string{}
	if x.event != "" {
		l["event"] = x.event
	}
	if x.report > 1 {
		l["report"] = strconv.Itoa(x.report)
	}
	return l
}
