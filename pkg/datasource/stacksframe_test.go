package datasource

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

var update = flag.Bool("update", false, "rewrite goldens")

func ofExport(t *testing.T, name string) *Instance {
	t.Helper()
	files, err := export.Dir(filepath.Join("../../testdata/exports", name))
	if err != nil {
		t.Fatal(err)
	}
	return WithSources(query.Sources{{Name: name, Source: export.NewReader(files)}}, nil)
}

func framesOf(t *testing.T, i *Instance, raw string) data.Frames {
	t.Helper()
	q, err := query.Parse([]byte(raw), true)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := i.Frames(context.Background(), q)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return frames
}

// TestFramesOfTheTracedRun: whole frames as the page gets them, of the
// committed run. The names of the goldens are the questions'.
func TestFramesOfTheTracedRun(t *testing.T) {
	i := ofExport(t, "traced")
	for name, raw := range map[string]string{
		"traced-hotspots":         `{"view":"hotspots","metric":"allocations.page"}`,
		"traced-hotspots-limit":   `{"view":"hotspots","metric":"allocations.kmalloc_count","limit":2}`,
		"traced-hotspots-filter":  `{"view":"hotspots","metric":"allocations.page","filter":"^tcp_","remote":true}`,
		"traced-hotspots-heap":    `{"view":"hotspots","metric":"allocations.heap"}`,
		"traced-flame":            `{"view":"flame","metric":"allocations.page"}`,
		"traced-flame-limit":      `{"view":"flame","metric":"allocations.growslice_count","limit":8}`,
		"traced-series-kmalloc":   `{"view":"series","metric":"allocations.kmalloc","columns":20}`,
		"traced-heatmap-remote":   `{"view":"heatmap","metric":"allocations.page_remote_share","columns":20}`,
		"traced-cell-growslice":   `{"view":"cell","metric":"allocations.growslice","instance":-1}`,
		"traced-series-migration": `{"view":"series","metric":"migrations.tasks","columns":5}`,
	} {
		got, err := json.MarshalIndent(framesOf(t, i, raw), "", " ")
		if err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".golden.json")
		if *update {
			if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || strings.TrimSpace(string(want)) != string(got) {
			t.Errorf("%s is not what %s gives (%v); go test ./pkg/datasource -run TracedRun -update", golden, raw, err)
		}
	}
}

// TestFlameIsANestedSet: what Grafana's flame graph rests on. It throws on
// fields that are missing or of another type, and lays boxes out by value.
func TestFlameIsANestedSet(t *testing.T) {
	i := ofExport(t, "traced")
	for _, raw := range []string{
		`{"view":"flame","metric":"allocations.page"}`, `{"view":"flame","metric":"allocations.page","limit":7}`, `{"view":"flame","metric":"allocations.page","limit":1}`,
		`{"view":"flame","metric":"allocations.kmalloc_count","remote":true,"filter":"server"}`, `{"view":"flame","metric":"allocations.flush","filter":"nothing"}`,
	} {
		f := framesOf(t, i, raw)[0]
		if f.Meta.PreferredVisualization != "flamegraph" {
			t.Errorf("%s: shown as %q", raw, f.Meta.PreferredVisualization)
		}
		for name, typ := range map[string]data.FieldType{"level": data.FieldTypeInt32, "value": data.FieldTypeInt64, "self": data.FieldTypeInt64, "label": data.FieldTypeString} {
			if field, _ := f.FieldByName(name); field == nil || field.Type() != typ {
				t.Fatalf("%s: field %s is %v", raw, name, field)
			}
		}
		checkNested(t, raw, f)
	}
}

func checkNested(t *testing.T, raw string, f *data.Frame) {
	t.Helper()
	level := func(i int) int { return int(f.Fields[0].At(i).(int32)) }
	value := func(i int) int64 { return f.Fields[1].At(i).(int64) }
	self := func(i int) int64 { return f.Fields[2].At(i).(int64) }
	n := f.Rows()
	if n == 0 || level(0) != 0 {
		t.Fatalf("%s: no root", raw)
	}
	for i := range n {
		rest := value(i) - self(i)
		last := int64(1 << 62)
		labels := map[string]bool{}
		for k := i + 1; k < n && level(k) > level(i); k++ {
			if level(k) > level(k-1)+1 {
				t.Errorf("%s: box %d skips a level", raw, k)
			}
			if level(k) != level(i)+1 {
				continue
			}
			label := f.Fields[3].At(k).(string)
			if labels[label] || value(k) > last && label != query.Others {
				t.Errorf("%s: box %d, %s, is a sibling's twin, or greater than the one before", raw, k, label)
			}
			labels[label], last, rest = true, value(k), rest-value(k)
		}
		if rest != 0 || self(i) < 0 {
			t.Errorf("%s: box %d: value %d is not self %d and its children's", raw, i, value(i), self(i))
		}
		if i > 0 && level(i) == 0 {
			t.Errorf("%s: two roots", raw)
		}
	}
}

// TestHotspotsAddUp: whatever the limit, the columns' sums are the same.
func TestHotspotsAddUp(t *testing.T) {
	i := ofExport(t, "traced")
	sum := func(limit string) (bytes, count int64, rows int) {
		f := framesOf(t, i, `{"view":"hotspots","metric":"allocations.page"`+limit+`}`)[0]
		b, _ := f.FieldByName("bytes")
		c, _ := f.FieldByName("count")
		for k := range f.Rows() {
			bytes, count = bytes+b.At(k).(int64), count+c.At(k).(int64)
		}
		return bytes, count, f.Rows()
	}
	bytes, count, rows := sum("")
	for _, limit := range []string{`,"limit":1`, `,"limit":3`, `,"limit":10000`} {
		b, c, _ := sum(limit)
		if b != bytes || c != count || rows < 5 {
			t.Errorf("limit %s: %d bytes in %d, want %d in %d", limit, b, c, bytes, count)
		}
	}
}

func TestStacksAreCutInTheMiddle(t *testing.T) {
	long := strings.Repeat("é", 300) + " < " + strings.Repeat("b", 300)
	got := cutInTheMiddle(long, mostStack)
	if utf8.RuneCountInString(got) != mostStack || !strings.HasPrefix(got, "éé") || !strings.HasSuffix(got, "bb") || !strings.Contains(got, "…") {
		t.Errorf("%q", got)
	}
	if got := cutInTheMiddle("a < b", mostStack); got != "a < b" {
		t.Errorf("%q", got)
	}
}

// TestRunWithoutAllocations: no mistake of the asker's, but an answer without
// fields and with the reason.
func TestRunWithoutAllocations(t *testing.T) {
	i := ofExport(t, "fournode")
	for _, view := range []string{"hotspots", "flame", "series"} {
		f := framesOf(t, i, `{"view":"`+view+`","metric":"allocations.page"}`)[0]
		if len(f.Fields) != 0 || len(f.Meta.Notices) != 1 || !strings.Contains(f.Meta.Notices[0].Text, "did not trace") {
			t.Errorf("%s: %d fields, %+v", view, len(f.Fields), f.Meta.Notices)
		}
	}
	listed := false
	list := framesOf(t, i, `{"view":"metrics"}`)[0]
	name, _ := list.FieldByName("name")
	available, _ := list.FieldByName("available")
	for k := range list.Rows() {
		if name.At(k) == "allocations.page" {
			listed = !available.At(k).(bool)
		}
	}
	if !listed {
		t.Error("allocations.page is not listed as not available")
	}
}

func TestHotspotFieldsAreThoseOfTheContract(t *testing.T) {
	f := framesOf(t, ofExport(t, "traced"), `{"view":"hotspots","metric":"allocations.page"}`)[0]
	want := []string{"function", "stack", "comm", "pid", "cgroup", "container", "cpu_node", "given_node", "place", "bytes", "count", "share", "estimated"}
	var got []string
	for _, field := range f.Fields {
		got = append(got, field.Name)
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields %q, want %q", got, want)
	}
	page, err := os.ReadFile("../../docs/format/frames.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(got, "level", "value", "self", "label", "node", "remote") {
		if !strings.Contains(string(page), "`"+name+"`") {
			t.Errorf("docs/format/frames.md does not tell of %s", name)
		}
	}
}
