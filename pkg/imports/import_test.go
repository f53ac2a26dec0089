package imports

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// counts is a format for these tests: "ms scope instance name value share".
func counts() Format {
	return Format{Name: "counts", Doc: "rows of counts", Detect: func(head []byte) int {
		if strings.HasPrefix(string(head), "#counts") {
			return 100
		}
		return 0
	}, Read: func(r io.Reader, s Sink) error {
		for l := NewLines(r); ; {
			if !l.Next() {
				return l.Err()
			}
			if err := countsLine(l, s); err != nil {
				return err
			}
		}
	}}
}

func countsLine(l *Lines, s Sink) error {
	text := l.Text()
	if fact, ok := strings.CutPrefix(text, "#fact "); ok {
		k, v, _ := strings.Cut(fact, " ")
		s.Fact(k, v)
	}
	if strings.HasPrefix(text, "#") {
		return nil
	}
	f := NewFigure(l.Number())
	var ms int64
	var value string
	if n, err := fmt.Sscan(text, &ms, &f.Scope, &f.Instance, &f.Name, &value, &f.Running); err != nil {
		return l.Wrong(fmt.Sprintf("six words, not %d", n))
	}
	f.Timed, f.Relative, f.TimeNS, f.Kind, f.Unit = ms > 0, ms > 0, ms*1e6, KindCount, "1"
	if _, err := fmt.Sscan(value, &f.Value); err != nil {
		f.Null, f.Why = true, value
	}
	if strings.HasPrefix(f.Name, "meminfo.") {
		f.Kind, f.Column, f.Unit = KindLevel, f.Name, "bytes"
	}
	s.Figure(f)
	return nil
}

var start = time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)

func imported(t *testing.T, texts ...string) (*export.Reader, *export.Manifest, *Report) {
	t.Helper()
	root := t.TempDir()
	var in []Input
	for i, text := range texts {
		in = append(in, Bytes(fmt.Sprintf("f%d", i), start, []byte("#counts\n"+text)))
	}
	rep, err := Import(context.Background(), Options{Formats: []Format{counts()}, Root: root, Start: start}, in)
	if err != nil {
		t.Fatal(err)
	}
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	r := export.NewReader(files)
	m, err := r.Manifest(context.Background(), rep.Host, rep.Run)
	if err != nil {
		t.Fatal(err)
	}
	return r, m, rep
}

// step is what was counted within each second, by the reader of every query:
// scaled, "?" where it is not known.
func steps(t *testing.T, r *export.Reader, m *export.Manifest, scope export.Scope, event string, seconds int) string {
	t.Helper()
	var edges []int64
	for i := range seconds + 1 {
		edges = append(edges, start.UnixNano()+int64(i)*1e9)
	}
	x, err := r.Increments(context.Background(), m.Host, m.Run, export.IncrementsRequest{Table: export.TableCounters, Scope: scope, Columns: []string{event}, EdgesNS: edges})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for i := range x.Instances {
		for c := range x.Columns {
			k := i*x.Columns + c
			s := x.Series[0]
			if s.RunningNS[k] == 0 {
				out = append(out, "?")
				continue
			}
			out = append(out, fmt.Sprintf("%.0f", float64(s.Delta[k])*float64(s.EnabledNS[k])/float64(s.RunningNS[k])))
		}
	}
	return strings.Join(out, " ")
}

func TestCountsOfIntervalsBecomeCumulativeAndComeBack(t *testing.T) {
	r, m, rep := imported(t, `1000 node 0 x 10 1
1000 node 1 x 1000 0.25
2000 node 0 x 20 1
2000 node 1 x <not> 0
3000 node 0 x 30 1
3000 node 1 x 3000 0.5
4000 node 1 x 4000 1
5000 node 0 x 50 1
5000 node 1 x 5000 1
`)
	// Node 0 has no fourth interval: neither is it zero, nor is the fifth's
	// count spread over both.
	if got, want := steps(t, r, m, export.ScopeNode, "x", 5), "10 20 30 ? 50 1000 ? 3000 4000 5000"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if len(rep.Files[0].Warnings) != 0 {
		t.Errorf("%v", rep.Files[0].Warnings)
	}
}

func TestAnEventThatIsThereTwiceHasTwoColumns(t *testing.T) {
	r, m, _ := imported(t, "1000 host - x 1 1\n1000 host - x 100 1\n2000 host - x 2 1\n2000 host - x 200 1\n")
	if a, b := steps(t, r, m, export.ScopeHost, "x", 2), steps(t, r, m, export.ScopeHost, "x #2", 2); a != "1 2" || b != "100 200" {
		t.Errorf("%s, %s", a, b)
	}
}

func TestTimesThatBeginAgainAreNotPlaced(t *testing.T) {
	r, m, rep := imported(t, "1000 node 0 x 1 1\n2000 node 0 x 2 1\n1000 node 0 x 100 1\n2000 node 0 x 200 1\n")
	if got := steps(t, r, m, export.ScopeNode, "x", 2); got != "1 2" {
		t.Errorf("got %s", got)
	}
	if w := rep.Files[0].Warnings; len(w) != 1 || w[0].Line != 4 || !strings.Contains(w[0].Text, "begin again") {
		t.Errorf("%v", w)
	}
}

func TestAWholeCaptureIsPlacedWhereItsLengthIsTold(t *testing.T) {
	r, m, _ := imported(t, "0 node 0 x 8 1\n0 node 1 x 16 0.5\n#fact elapsed_ns 2000000000\n")
	// Each second is within the one step of two, and has its count and span.
	if got := steps(t, r, m, export.ScopeNode, "x", 2); got != "8 8 16 16" {
		t.Errorf("got %s", got)
	}
	if m.EndNS != start.UnixNano()+2e9+1 || m.Labels["import.begin"] != "f0: --start" {
		t.Errorf("%+v", m)
	}
	_, m, _ = imported(t, "0 node 0 x 8 1\n")
	if len(m.Groups) != 0 {
		t.Error("counts of an unknown time are in the table counters")
	}
}

func TestTwoFilesThatDisagree(t *testing.T) {
	r, m, rep := imported(t, "1000 node 0 x 1 1\n2000 node 0 x 2 1\n", "1000 node 0 x 100 1\n2000 node 0 x 200 1\n")
	if got := steps(t, r, m, export.ScopeNode, "x", 2); got != "1 2" {
		t.Errorf("got %s", got)
	}
	if w := rep.Files[1].Warnings; len(w) != 1 || !strings.Contains(w[0].Text, "another file has x") {
		t.Errorf("%v", w)
	}
	for _, x := range rep.Tables {
		if x.Table == export.TableFigures && x.Rows != 4 {
			t.Errorf("%d figures", x.Rows)
		}
	}
}

func TestWhatWasNeverCountedIsUnavailable(t *testing.T) {
	_, m, rep := imported(t, "1000 node 0 x <gone> 0\n1000 node 0 y 1 1\n")
	if len(m.Unavailable) != 1 || m.Unavailable[0].Feature != "x" || !strings.Contains(m.Unavailable[0].Why, "<gone>") || rep.Files[0].Nulls != 1 {
		t.Errorf("%+v", m.Unavailable)
	}
}

func TestAnErrorNamesTheFileAndLeavesNothing(t *testing.T) {
	root := filepath.Join(t.TempDir(), "out")
	_, err := Import(context.Background(), Options{Formats: []Format{counts()}, Root: root}, []Input{Bytes("a", start, []byte("#counts\n1000 node 0 x 1 1\nbroken\n"))})
	var wrong *SyntaxError
	if !errors.As(err, &wrong) || wrong.File != "a" || wrong.Line != 3 {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(root); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is there", root)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Import(ctx, Options{Formats: []Format{counts()}, Root: root}, []Input{Bytes("a", start, []byte("#counts\n1000 node 0 x 1 1\n"))}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAFileThatWasCopiedIsPlacedByWhatItSays(t *testing.T) {
	for _, c := range []struct {
		told  string
		begin time.Time
		how   string
	}{
		{"2026-11-24T16:59:50Z", start.Add(-time.Second), "the file's modification time, less its length; it says that it began at 2026-11-24 16:59:50, but not in which zone"},
		{"2025-05-16T23:03:33Z", time.Date(2025, 5, 16, 23, 3, 33, 0, time.UTC), "what it says itself, 2025-05-16 23:03:33, read as UTC"},
		{"", start.Add(-time.Second), "the file's modification time, less its length"},
	} {
		s := newSurvey(Bytes("a", start, nil), counts())
		s.relative.add(1e9)
		if c.told != "" {
			s.Fact(FactStarted, c.told)
		}
		if p := s.place(time.Time{}); p.begin != c.begin.UnixNano() || p.end != p.begin+1e9 || !strings.HasPrefix(p.how, c.how) {
			t.Errorf("%s: %v, %s", c.told, time.Unix(0, p.begin).UTC(), p.how)
		}
	}
}

func TestTheReportIsJSON(t *testing.T) {
	_, _, rep := imported(t, "1000 node 0 x 1 1\n")
	p, err := json.Marshal(rep)
	if err != nil || !strings.Contains(string(p), `"warnings":[]`) || !strings.Contains(string(p), `"units":{"1":1}`) {
		t.Errorf("%s, %v", p, err)
	}
}

func TestSpooledInputIsReadTwice(t *testing.T) {
	in, remove, err := Spool("stdin", bufio.NewReader(strings.NewReader("#counts\n1000 node 0 x 1 1\n")))
	if err != nil {
		t.Fatal(err)
	}
	defer remove()
	rep, err := Import(context.Background(), Options{Formats: []Format{counts()}, Root: t.TempDir()}, []Input{in})
	if err != nil || rep.Files[0].File != "stdin" || rep.Files[0].Figures != 1 {
		t.Errorf("%+v, %v", rep, err)
	}
}

// TestWhatHasNoNumbersSaysWhy puts the reason behind two other warnings.
func TestWhatHasNoNumbersSaysWhy(t *testing.T) {
	f := Format{Name: "f", Doc: "f", Detect: func([]byte) int { return 100 }, Read: func(_ io.Reader, s Sink) error {
		s.Warn(1, "one")
		s.Warn(2, "two")
		s.Warn(3, "samples of another kind are skipped")
		s.Warn(4, "four")
		return nil
	}}
	_, err := Import(context.Background(), Options{Formats: []Format{f}, Root: t.TempDir()}, []Input{Bytes("x", time.Unix(1, 0), []byte("x\n"))})
	want := `x:1: expected numbers of f, found "none"; line 1: one; line 2: two; line 3: samples of another kind are skipped; and 1 more`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
