package bpftrace

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

// The test expectation of bpftrace itself: an object over several lines.
func TestHistogramOverSeveralLines(t *testing.T) {
	k := importstest.Read(Format(), importstest.Sample(t, "bpf/bpftrace_json_hist.json"))
	if k.Err != nil || len(k.Warnings) > 0 {
		t.Fatal(k.Err, k.Warnings)
	}
	got := k.Find(imports.ScopeMap, "@hist", "@hist")
	if len(got) != 10 || len(k.Figures) != 10 {
		t.Fatalf("%d buckets of %d figures", len(got), len(k.Figures))
	}
	for i, lo := range []string{"2", "4", "8", "16", "32", "64", "128", "256", "512", "1024"} {
		want := 0.0
		if i == 0 || i == 9 {
			want = 1
		}
		if f := got[i]; f.Labels["lo"] != lo || f.Value != want || f.Line != 3+i || f.Labels["ends"] != "[]" {
			t.Errorf("%+v", f)
		}
	}
	if got[9].Labels["hi"] != "2047" {
		t.Errorf("%+v", got[9])
	}
}

// Errors between objects are told with their words.
func TestErrorsBetweenObjects(t *testing.T) {
	text := importstest.Sample(t, "bpf/bpftrace_f_json_error_line.jsonl")
	if Format().Detect([]byte(text)) < 50 {
		t.Error("it is not detected")
	}
	k := importstest.Read(Format(), text)
	if k.Err != nil || k.Fact1("probes") != "6" || len(k.Figures) != 0 {
		t.Errorf("%v, %v", k.Err, k.Facts)
	}
	if len(k.Warnings) != 2 || !k.Warned(2, "helper bpf_d_path not allowed in probe") || !k.Warned(3, "vfs_open") {
		t.Errorf("%v", k.Warnings)
	}
}

// A file may end anywhere: what came before it is told, and no number that
// may be cut.
func TestCutFiles(t *testing.T) {
	for _, c := range []struct {
		text    string
		figures int
		warned  string
	}{
		{"@a: 1\n@b: 23", 1, "may be cut"},
		{"@a: 1\n@b: 23\n", 2, ""},
		{"@a: 1\n@h:\n[1, 2)   4 |@@|\n[2, 4)   5", 2, "within this bucket"},
		{"@a: 1\n@h:\n[1, 2)   4 |@@|\n[2, 4)   5 |@@@", 3, ""},
		{"@a: 1\n@h:\n[1, 2)   4 |@@|\n[2, ", 2, "no maps"},
		{"@a: 1\n@[\n  x+1\n  y", 1, "within this key"},
		{"{\"type\": \"map\", \"data\": {\"@x\": 1}}\n{\"type\": \"map\", \"data\": {\"@x\": 12", 1, "within the object"},
		{"@t: (1, 2)", 2, ""},
	} {
		k := importstest.Read(Format(), c.text)
		if k.Err != nil || len(k.Figures) != c.figures {
			t.Errorf("%q: %v, %d figures", c.text, k.Err, len(k.Figures))
		}
		if c.warned != "" && (len(k.Warnings) != 1 || !strings.Contains(k.Warnings[0].Text, c.warned)) {
			t.Errorf("%q: %v", c.text, k.Warnings)
		}
	}
}

// What may have been mangled is refused.
func TestMangledIsRefused(t *testing.T) {
	for text, line := range map[string]int{
		"@h:\n[1, 2) 4 |@|\n[4, 2) 5 |@|\n":                                                    3, // ends
		"@h:\n[4, 8) 4 |@|\n[1, 2) 5 |@|\n":                                                    3, // order
		"@h:\n[4, 8) 4\n[8, 16) 5 |@|\n":                                                       2, // no bar
		"@h:\n[4, 8)\n4 |@|\n":                                                                 2, // wrapped before the count
		"Attaching 1 probe...\n[4, 8)  4 |@@|\n":                                               2, // no map
		"@[a]: 5 @[b]: 6\n@x: 1\n":                                                             1, // line ends lost
		"@s: count 4, average 100, total 40\n":                                                 1, // cut at the right
		"@reads[postgres]: 81\n5\n":                                                            2, // wrapped
		"@reads[postgres, 1234]: 8\n@h:\n[4, 8)  5 |@@@\n\n":                                   1, // both cut
		"@t: (1, 2]\n":                                                                         1,
		"@x: 123456789012345678901234\n":                                                       1,
		"{\"type\": \"hist\", \"data\": {\"@h\": 4}}\n":                                        1,
		"{\"type\": \"map\", \"data\":\n {\"@h\": 4,, }}\n":                                    2,
		"{\"type\": \"hist\", \"data\": {\"@h\": [{\"min\": 1}]}}\n":                           1,
		"{\"type\": \"map\", \"data\": {\"h\": 1}}\n":                                          1,
		"{\"type\": \"hist\", \"data\": {\"@h\":\n [{\"min\": 4, \"max\": 2, \"count\": 1}]}}": 2,
	} {
		k := importstest.Read(Format(), text)
		wrong, ok := k.Err.(*imports.SyntaxError)
		if !ok || wrong.Line != line {
			t.Errorf("%q: %v", text, k.Err)
		}
	}
}
