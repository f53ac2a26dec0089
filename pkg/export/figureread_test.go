package export

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What is asked of the figures is what a loop over all of them gives, from a
// tail and from sealed segments.
func TestFiguresAreFound(t *testing.T) {
	root := t.TempDir()
	w, err := Create(WriterOptions{Root: root, KeepFreeBytes: -1}, Manifest{Host: "h", Run: "r"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []FigureRow
	for i := range 3000 {
		r := FigureRow{TS: int64(1000 + i), Time: TimePrinted, ElapsedNS: -1, File: []string{"a.txt", "b.txt"}[i%2], Line: int64(i), Format: "f", Scope: []string{"node", "host", "cpu"}[i%3],
			Instance: []string{"0", "", "7"}[i%3], Kind: "count", Name: []string{"loads", "stores", "cycles", "local loads"}[i%4], Unit: "1", Value: float64((i * 7919) % 3001), RunningNS: -1, Running: -1, Variance: -1}
		if i%5 == 0 {
			r.Time = TimeCapture
		}
		if i%11 == 0 {
			r.Null, r.Value, r.Why = true, 0, "<not counted>"
		}
		if i%13 == 0 {
			r.Labels = `{"symbol":"spin"}`
		}
		all = append(all, r)
		w.Figure(r)
	}
	byValue := func(a, b *FigureRow) int { return cmp.Or(-cmp.Compare(a.Value, b.Value), cmp.Compare(a.Line, b.Line)) }
	byLine := func(a, b *FigureRow) int { return cmp.Compare(a.Line, b.Line) }
	check := func(state string) {
		t.Helper()
		d, err := Dir(root)
		if err != nil {
			t.Fatal(err)
		}
		for what, q := range map[string]FiguresRequest{
			"all":      {Order: byLine, Limit: 5000},
			"few":      {Order: byValue, Limit: 7},
			"in range": {FromNS: 1200, ToNS: 1300, Order: byLine, Limit: 5000},
			"of one":   {Scope: "node", File: "b.txt", Instance: "0", Order: byValue, Limit: 20},
			"by words": {Text: func(s string) bool { return strings.Contains(s, "loads") || strings.Contains(s, "spin") }, Order: byLine, Limit: 100},
		} {
			got, err := NewReader(d).Figures(t.Context(), "h", "r", q)
			if err != nil {
				t.Fatal(err)
			}
			want := figuresByLoop(all, q)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, %s: got %d of %d %v %v, want %d of %d %v %v", state, what, len(got.Rows), got.Matched, got.Scopes, got.Files, len(want.Rows), want.Matched, want.Scopes, want.Files)
			}
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	check("tail")
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	check("sealed")
}

func figuresByLoop(all []FigureRow, q FiguresRequest) *Figures {
	f := &Figures{Scopes: map[string]int64{}, Files: map[string]int64{}}
	for _, r := range all {
		switch {
		case q.ToNS != 0 && r.Time != TimeCapture && (r.TS < q.FromNS || r.TS >= q.ToNS):
		case q.Instance != "" && q.Instance != r.Instance:
		case q.Text != nil && !slices.ContainsFunc([]string{r.Name, r.Instance, r.Labels}, q.Text):
		default:
			if q.File == "" || q.File == r.File {
				f.Scopes[r.Scope]++
			}
			if q.Scope == "" || q.Scope == r.Scope {
				f.Files[r.File]++
			}
			if (q.File == "" || q.File == r.File) && (q.Scope == "" || q.Scope == r.Scope) {
				f.Rows = append(f.Rows, r)
			}
		}
	}
	f.Matched = int64(len(f.Rows))
	slices.SortFunc(f.Rows, func(a, b FigureRow) int { return q.Order(&a, &b) })
	f.Rows = f.Rows[:min(q.Limit, len(f.Rows))]
	return f
}
