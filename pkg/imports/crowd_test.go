package imports

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

func TestMoreEventsThanATableHoldsAreWarnedOf(t *testing.T) {
	var text strings.Builder
	for second := 1; second <= 2; second++ {
		for i := range maxEvents + 50 {
			fmt.Fprintf(&text, "%d node 0 event%d 5 1\n", second*1000, i)
		}
	}
	_, m, rep := imported(t, text.String())
	if len(m.Groups) != maxEvents {
		t.Errorf("%d events are counters", len(m.Groups))
	}
	if n := rep.Files[0].Figures; n != 2*(maxEvents+50) {
		t.Errorf("%d figures", n)
	}
	var warned int
	for _, w := range rep.Files[0].Warnings {
		if strings.Contains(w.Text, "more than 200 events: from this one on, event200,") && w.Line == maxEvents+2 {
			warned++
		}
	}
	if warned != 1 {
		t.Errorf("%+v", rep.Files[0].Warnings)
	}
}

func TestTwoFilesOfMoreEventsTogetherThanATableHolds(t *testing.T) {
	var texts [2]strings.Builder
	for second := 1; second <= 2; second++ {
		for i := range maxEvents/2 + 1 {
			fmt.Fprintf(&texts[0], "%d node 0 a%d 5 1\n", second*1000, i)
			fmt.Fprintf(&texts[1], "%d node 0 b%d 5 1\n", second*1000, i)
		}
	}
	_, m, rep := imported(t, texts[0].String(), texts[1].String())
	warned := fmt.Sprint(rep.Files[0].Warnings, rep.Files[1].Warnings)
	if len(m.Groups) != maxEvents || strings.Count(warned, "more than 200 events") != 2 {
		t.Errorf("%d events, %s", len(m.Groups), warned)
	}
}

// Names that never come again fill a tail's dictionary: it ends before, and
// what was written is all there.
func TestManyNamesBecomeSeveralSegments(t *testing.T) {
	const names = 50_000
	var text strings.Builder
	for i := range names {
		fmt.Fprintf(&text, "%d thread w%d switches %d 1\n", 1000+i, i, i)
	}
	r, m, _ := imported(t, text.String())
	segments, rows := 0, int64(0)
	for _, s := range m.Segments {
		if s.Table == export.TableFigures {
			segments++
			rows += s.Rows
		}
	}
	if segments < 2 || rows != names {
		t.Errorf("%d rows in %d segments", rows, segments)
	}
	for _, i := range []int{0, 1 << 14, names - 1} {
		x, err := r.Figures(context.Background(), m.Host, m.Run, export.FiguresRequest{Scope: "thread", Instance: fmt.Sprintf("w%d", i), Limit: 1})
		if err != nil || len(x.Rows) != 1 || x.Rows[0].Value != float64(i) {
			t.Errorf("w%d: %+v, %v", i, x, err)
		}
	}
}

func TestAFigureThatIsNotFiniteIsNull(t *testing.T) {
	f := Format{Name: "huge", Doc: "huge numbers", Detect: func([]byte) int { return 100 }, Read: func(r io.Reader, s Sink) error {
		for i, v := range []float64{math.Inf(1), math.Inf(-1), math.NaN(), math.MaxFloat64} {
			x := NewFigure(i + 1)
			x.Scope, x.Kind, x.Name, x.Unit, x.Value = ScopeHost, KindLevel, fmt.Sprint("n", i), "1", v
			s.Figure(x)
		}
		return nil
	}}
	rep, err := Import(context.Background(), Options{Formats: []Format{f}, Root: filepath.Join(t.TempDir(), "out")}, []Input{Bytes("a", start, []byte("x\n"))})
	if err != nil {
		t.Fatal(err)
	}
	got := rep.Files[0]
	if got.Figures != 4 || got.Nulls != 3 {
		t.Errorf("%+v", got)
	}
	told := 0
	for i, w := range got.Warnings {
		if strings.HasSuffix(w.Text, "is too large a number: it is null") && w.Line == i+1 {
			told++
		}
	}
	if told != 3 {
		t.Errorf("%+v", got.Warnings)
	}
}
