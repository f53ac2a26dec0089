package querytest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/query"
)

// eval reads "heatmap METRIC by cpu from 0s to 2s columns 10".
func (p *parser) eval(n int, f []string) error {
	if len(f) < 2 {
		return fmt.Errorf("eval wants a view and a metric")
	}
	e := Eval{Line: n, Query: query.Query{View: query.View(f[0]), Metric: f[1]}}
	for i := 2; i+1 < len(f); i += 2 {
		if err := e.word(f[i], f[i+1]); err != nil {
			return err
		}
	}
	p.s.Evals = append(p.s.Evals, e)
	last := &p.s.Evals[len(p.s.Evals)-1]
	p.inside = func(_ []string, text string) error { return last.expect(text) }
	return nil
}

func (e *Eval) word(name, value string) error {
	switch name {
	case "by":
		e.Query.By = query.By(value)
	case "host":
		e.Query.Host = value
	case "run":
		e.Query.Run = value
	case "from", "to":
		d, err := time.ParseDuration(value)
		if err != nil {
			return err
		}
		ms := float64(start.Add(d).UnixMilli())
		if name == "from" {
			e.Query.From = ms
		} else {
			e.Query.To = ms
		}
	case "filter":
		e.Query.Filter = value
	case "remote":
		e.Query.Remote = value == "true"
	case "columns", "instance", "limit":
		v, err := strconv.Atoi(value)
		if err != nil {
			return err
		}
		switch name {
		case "columns":
			e.Query.Columns = v
		case "limit":
			e.Query.Limit = v
		default:
			e.Query.Instance = &v
		}
	default:
		return fmt.Errorf("unknown word %q", name)
	}
	return nil
}

// expect reads "LABEL: values…", "error: words" or "notice: words".
func (e *Eval) expect(text string) error {
	// A label may have a colon; what is expected has none.
	label, rest, ok := strings.Cut(text, ":")
	if e.Query.OfStacks() && label != "error" && label != "notice" && label != "engine" {
		i := max(strings.LastIndex(text, ":"), 0)
		label, rest = text[:i], text[min(i+1, len(text)):]
	}
	if !ok {
		return fmt.Errorf("%q says nothing to expect", text)
	}
	rest = strings.TrimSpace(rest)
	switch label {
	case "error":
		e.Error = rest
		return nil
	case "notice":
		e.Notices = append(e.Notices, rest)
		return nil
	case "engine":
		return e.Engine.parse(rest)
	}
	row := ExpectedRow{Label: label}
	for _, w := range strings.Fields(rest) {
		base, n := repeated(w)
		v := math.NaN()
		if base != "_" {
			var err error
			if v, err = strconv.ParseFloat(base, 64); err != nil {
				return err
			}
		}
		row.Values = append(row.Values, slices.Repeat([]float64{v}, n)...)
	}
	e.Rows = append(e.Rows, row)
	return nil
}

// Run asks every question of the script and compares.
func (s *Script) Run(t *testing.T, sources query.Sources) {
	t.Helper()
	for _, e := range s.Evals {
		got, err := ask(sources, e.Query)
		switch {
		case e.Error != "":
			if err == nil || !strings.Contains(err.Error(), e.Error) {
				t.Errorf("line %d: got error %v, want one with %q", e.Line, err, e.Error)
			}
		case err != nil:
			t.Errorf("line %d: %v", e.Line, err)
		default:
			e.compare(t, got, false)
		}
	}
}

// ask gives every view the form of a grid.
func ask(sources query.Sources, q query.Query) (*query.Grid, error) {
	ctx := context.Background()
	switch q.View {
	case query.ViewHotspots:
		return hotspots(ctx, sources, q)
	case query.ViewFlame:
		return flame(ctx, sources, q)
	case query.ViewNumbers:
	default:
		return sources.Grid(ctx, q)
	}
	numbers, _, failed, err := sources.Numbers(ctx, q)
	if err == nil {
		err = failed
	}
	g := &query.Grid{Plan: query.Plan{Columns: 1}}
	for _, n := range numbers {
		row := n.Row
		row.Label = n.Host + " " + row.Label
		g.Rows, g.Values = append(g.Rows, row), append(g.Values, n.Value)
	}
	return g, err
}

func (e *Eval) compare(t *testing.T, g *query.Grid, engine bool) {
	t.Helper()
	for _, want := range e.Notices {
		if !slices.ContainsFunc(g.Notices, func(n string) bool { return strings.Contains(n, want) }) {
			t.Errorf("line %d: no notice says %q; there is %q", e.Line, want, g.Notices)
		}
	}
	if len(e.Rows) != len(g.Rows) {
		t.Errorf("line %d: got %d rows, want %d:\n%s", e.Line, len(g.Rows), len(e.Rows), show(g))
		return
	}
	close := near
	if engine {
		close = e.Engine.near
	}
	for r, want := range e.Rows {
		got := g.Values[r*g.Columns : (r+1)*g.Columns]
		if g.Rows[r].Label != want.Label || !slices.EqualFunc(got, want.Values, close) {
			t.Errorf("line %d: row %q differs; got\n%s", e.Line, want.Label, show(g))
		}
	}
}

// near allows for how a decimal is written in a script.
func near(a, b float64) bool {
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.IsNaN(a) && math.IsNaN(b)
	}
	return math.Abs(a-b) <= 1e-6*max(1, math.Abs(b))
}

func show(g *query.Grid) string {
	var b strings.Builder
	for r, row := range g.Rows {
		fmt.Fprintf(&b, "  %s:", row.Label)
		for _, v := range g.Values[r*g.Columns : (r+1)*g.Columns] {
			if math.IsNaN(v) {
				b.WriteString(" _")
			} else {
				fmt.Fprintf(&b, " %g", v)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
