package format_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/eventlines"
)

// The statement of the page on event lines writes a run's events in that
// form; importing what it wrote gives the same rows.
func TestEventsWrittenOutAreImportedEqual(t *testing.T) {
	py := python(t)
	page, err := os.ReadFile("../../docs/imports/event-lines.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```sql\n(COPY .*?;)\n```").FindSubmatch(page)
	if m == nil {
		t.Fatal("the page has no statement")
	}
	text, err := os.ReadFile("../../pkg/imports/eventlines/testdata/written.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	first := readLines(t, text)
	slices.SortFunc(first, func(a, b export.Event) int { return int(a.TS - b.TS) })

	lines := writtenOut(t, py, string(m[1]), importLines(t, text))
	again := readLines(t, lines)
	if !reflect.DeepEqual(again, first) {
		t.Errorf("%+v\nnot\n%+v", again, first)
	}
	if twice := writtenOut(t, py, string(m[1]), importLines(t, lines)); string(twice) != string(lines) {
		t.Errorf("the second time it is\n%s\nnot\n%s", twice, lines)
	}
}

// kept is a sink that keeps events.
type kept struct {
	imports.Sink
	events []export.Event
}

func (k *kept) Event(_ int, e export.Event) { k.events = append(k.events, e) }
func (k *kept) Warn(int, string)            {}
func (k *kept) Fact(string, string)         {}

func readLines(t *testing.T, text []byte) []export.Event {
	t.Helper()
	k := &kept{}
	if err := eventlines.Format().Read(bytes.NewReader(text), k); err != nil {
		t.Fatal(err)
	}
	return k.events
}

// importLines makes a run of lines and gives its directory.
func importLines(t *testing.T, text []byte) string {
	t.Helper()
	root := t.TempDir()
	rep, err := imports.Import(context.Background(), imports.Options{Formats: []imports.Format{eventlines.Format()}, Root: root},
		[]imports.Input{imports.Bytes("events.jsonl", time.Unix(1795540000, 0), text)})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(root, rep.Host, rep.Run)
}

// writtenOut runs the statement on a run's directory.
func writtenOut(t *testing.T, py, statement, dir string) []byte {
	t.Helper()
	out := filepath.Join(t.TempDir(), "events.jsonl")
	statement = strings.Replace(statement, "exports/bench1/20261124T065040Z", dir, 1)
	statement = strings.Replace(statement, "'events.jsonl'", "'"+out+"'", 1)
	if text, err := exec.Command(py, "-c", "import duckdb, sys; duckdb.sql(sys.argv[1])", statement).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	lines, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}
