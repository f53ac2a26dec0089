package query

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// View is what a query asks for.
type View string

// The views.
const (
	ViewHeatmap     View = "heatmap"
	ViewSeries      View = "series"
	ViewCell        View = "cell"
	ViewNumbers     View = "numbers"
	ViewHotspots    View = "hotspots"
	ViewFlame       View = "flame"
	ViewFigures     View = "figures"
	ViewRuns        View = "runs"
	ViewTopology    View = "topology"
	ViewMetrics     View = "metrics"
	ViewAnnotations View = "annotations"
)

var views = []View{ViewHeatmap, ViewSeries, ViewCell, ViewNumbers, ViewHotspots, ViewFlame, ViewFigures, ViewRuns, ViewTopology, ViewMetrics, ViewAnnotations}

// By is what one row of a grid stands for.
type By string

// What rows may stand for, finest first.
const (
	ByCPU    By = "cpu"
	ByNode   By = "node"
	BySocket By = "socket"
	ByHost   By = "host"
)

// MaxColumns bounds a grid's width: more than any screen has pixels.
const MaxColumns = 10_000

const defaultColumns = 1000

// Query is one question. Its JSON form is documented in docs/format/frames.md.
type Query struct {
	View   View         `json:"view"`
	Metric string       `json:"metric,omitempty"`
	By     By           `json:"by,omitempty"`
	Host   string       `json:"host,omitempty"`
	Run    string       `json:"run,omitempty"`
	Scope  export.Scope `json:"scope,omitempty"`
	// From and To are ms since the epoch; 0 is the run's own start or end.
	From float64 `json:"from,omitempty"`
	To   float64 `json:"to,omitempty"`
	// Columns is the most that the answer may have; 0 is 1000.
	Columns int `json:"columns,omitempty"`
	// Instance is the row of a cell.
	Instance *int `json:"instance,omitempty"`

	// Limit is the most rows of hotspots and figures, or boxes of a flame; 0 is
	// the view's own.
	Limit int `json:"limit,omitempty"`
	// Remote leaves of hotspots and flames what was given on another node.
	Remote bool `json:"remote,omitempty"`
	// Filter is an RE2 pattern that must be found in a frame of the stack, or
	// the thread's or the container's name; of figures in the name, the
	// instance, the device or the labels.
	Filter string `json:"filter,omitempty"`

	// File and Of are the file and the instance of figures; "" is any.
	File string `json:"file,omitempty"`
	Of   string `json:"of,omitempty"`
	// Sort is the order of figures; "" is SortLine.
	Sort Sort `json:"sort,omitempty"`
}

// MaxLimit bounds the rows of hotspots and figures, and the boxes of a flame.
const MaxLimit = 10_000

// Parse reads a query and checks what can be checked without a source. Fields
// that it does not know are an error when strict: a mistyped field on the
// command line must not pass silently, while Grafana adds fields of its own.
func Parse(raw []byte, strict bool) (Query, error) {
	var q Query
	d := json.NewDecoder(bytes.NewReader(raw))
	if strict {
		d.DisallowUnknownFields()
	}
	if err := d.Decode(&q); err != nil {
		if errors.Is(err, io.EOF) {
			return q, errors.New("the query is empty; give a JSON object with at least a view")
		}
		return q, fmt.Errorf("the query is not the JSON object that docs/format/frames.md describes: %w", err)
	}
	return q, q.check()
}

func (q *Query) check() error {
	if !slices.Contains(views, q.View) {
		return &UnknownError{What: "view", Name: string(q.View), Have: asStrings(views)}
	}
	if q.Columns < 0 || q.Columns > MaxColumns {
		return fmt.Errorf("columns is %d; it must be from 1 to %d", q.Columns, MaxColumns)
	}
	if q.To != 0 && q.From >= q.To {
		return fmt.Errorf("the time range is empty: from %.0f is not before to %.0f (ms since the epoch)", q.From, q.To)
	}
	if q.needsMetric() && q.Metric == "" {
		return fmt.Errorf("view %q needs a metric; the view \"metrics\" lists them", q.View)
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return fmt.Errorf("limit is %d; it must be from 1 to %d", q.Limit, MaxLimit)
	}
	if q.Sort != "" && !slices.Contains(sorts, q.Sort) {
		return &UnknownError{What: "sort", Name: string(q.Sort), Have: asStrings(sorts)}
	}
	if _, err := regexp.Compile(q.Filter); err != nil {
		return fmt.Errorf("the filter is not an RE2 pattern: %w", err)
	}
	if q.View == ViewCell && q.Instance == nil && q.By != ByHost {
		return errors.New("view \"cell\" needs an instance: the number of the CPU, node or socket")
	}
	return nil
}

// NewestRun is how a query, and a dashboard's variable, says that it means the
// newest run that overlaps the time range; so does saying nothing.
const NewestRun = "newest"

func (q *Query) anyRun() bool { return q.Run == "" || q.Run == NewestRun }

func (q *Query) needsMetric() bool {
	return q.View == ViewHeatmap || q.View == ViewSeries || q.View == ViewCell || q.View == ViewNumbers || q.OfStacks()
}

// OfStacks tells whether the view is made of stacks.
func (q *Query) OfStacks() bool { return q.View == ViewHotspots || q.View == ViewFlame }

// UnknownError says that a name is not there, and which are.
type UnknownError struct {
	What  string // "metric", "host", …
	Name  string
	Where string // e.g. "run R of host H"; may be empty
	Have  []string
}

func (e *UnknownError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "no %s %q", e.What, e.Name)
	if e.Where != "" {
		b.WriteString(" in " + e.Where)
	}
	if len(e.Have) == 0 {
		fmt.Fprintf(&b, "; there is no %s at all", e.What)
		return b.String()
	}
	const most = 12
	have := nearestFirst(e.Name, e.Have)
	b.WriteString("; there is ")
	b.WriteString(strings.Join(have[:min(most, len(have))], ", "))
	if len(have) > most {
		fmt.Fprintf(&b, " and %d more", len(have)-most)
	}
	return b.String()
}

// nearestFirst puts names that share a piece with the wanted one in front, so
// that a mistyped name shows what was meant.
func nearestFirst(name string, have []string) []string {
	score := func(s string) int {
		n := 0
		for _, part := range strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '.' || r == '-' }) {
			if len(part) > 2 && strings.Contains(strings.ToLower(s), part) {
				n++
			}
		}
		return n
	}
	out := slices.Clone(have)
	slices.SortStableFunc(out, func(a, b string) int { return score(b) - score(a) })
	return out
}

func asStrings[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}
