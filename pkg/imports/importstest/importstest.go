// Package importstest is what the tests of parsers share: a sink that keeps
// what it is told, goldens of it, and the real captures of the samples.
package importstest

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// Kept is a sink that keeps everything.
type Kept struct {
	Figures    []imports.Figure
	Samples    []export.Sample
	Placements []export.PlacementRow
	Events     []export.Event
	Warnings   []imports.Warning
	Facts      []imports.Fact
	Topologies []numa.Topology
	Err        error
}

// Figure keeps a figure.
func (k *Kept) Figure(f imports.Figure) { k.Figures = append(k.Figures, f) }

// Sample keeps a sample.
func (k *Kept) Sample(_ int, s export.Sample) { k.Samples = append(k.Samples, s) }

// Placement keeps a row of placement.
func (k *Kept) Placement(_ int, r export.PlacementRow) { k.Placements = append(k.Placements, r) }

// Event keeps an event.
func (k *Kept) Event(_ int, e export.Event) { k.Events = append(k.Events, e) }

// Warn keeps a warning.
func (k *Kept) Warn(line int, text string) {
	k.Warnings = append(k.Warnings, imports.Warning{Line: line, Text: text})
}

// Fact keeps a fact.
func (k *Kept) Fact(key, value string) {
	k.Facts = append(k.Facts, imports.Fact{Key: key, Value: value})
}

// Topology keeps a topology.
func (k *Kept) Topology(t numa.Topology) { k.Topologies = append(k.Topologies, t) }

// Read lets a format read a text.
func Read(f imports.Format, text string) *Kept {
	k := &Kept{}
	k.Err = f.Read(strings.NewReader(text), k)
	return k
}

// Fact1 is the first fact of a key.
func (k *Kept) Fact1(key string) string {
	for _, f := range k.Facts {
		if f.Key == key {
			return f.Value
		}
	}
	return ""
}

// Find gives the figures of a scope, an instance and a name; an instance "*"
// is any.
func (k *Kept) Find(scope imports.Scope, instance, name string) []imports.Figure {
	var out []imports.Figure
	for _, f := range k.Figures {
		if f.Scope == scope && (f.Instance == instance || instance == "*") && f.Name == name {
			out = append(out, f)
		}
	}
	return out
}

// Value is the only figure of its kind; ok is false where there is none or
// several, or where it is null.
func (k *Kept) Value(scope imports.Scope, instance, name string) (float64, bool) {
	f := k.Find(scope, instance, name)
	if len(f) != 1 || f[0].Null {
		return 0, false
	}
	return f[0].Value, true
}

// Warned tells whether a line was warned of, with such words.
func (k *Kept) Warned(line int, words string) bool {
	for _, w := range k.Warnings {
		if w.Line == line && strings.Contains(w.Text, words) {
			return true
		}
	}
	return false
}

// Text is all that was told, one line each, as goldens have it.
func (k *Kept) Text() string {
	var b strings.Builder
	for _, f := range k.Facts {
		fmt.Fprintf(&b, "fact %s: %s\n", f.Key, f.Value)
	}
	for _, f := range k.Figures {
		b.WriteString(figureText(f))
	}
	for _, s := range k.Samples {
		fmt.Fprintf(&b, "sample %+v\n", s)
	}
	for _, r := range k.Placements {
		fmt.Fprintf(&b, "placement %+v\n", r)
	}
	for _, e := range k.Events {
		fmt.Fprintf(&b, "event %+v\n", e)
	}
	for _, t := range k.Topologies {
		p, _ := json.Marshal(t)
		fmt.Fprintf(&b, "topology %s\n", p)
	}
	for _, w := range k.Warnings {
		fmt.Fprintf(&b, "warning at %d: %s\n", w.Line, w.Text)
	}
	if k.Err != nil {
		fmt.Fprintf(&b, "error: %v\n", k.Err)
	}
	return b.String()
}

func figureText(f imports.Figure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", f.Line)
	switch {
	case f.Timed && f.Relative:
		fmt.Fprintf(&b, " +%dns", f.TimeNS)
	case f.Timed:
		fmt.Fprintf(&b, " @%dns", f.TimeNS)
	}
	fmt.Fprintf(&b, " %s", f.Scope)
	if f.Instance != "" {
		fmt.Fprintf(&b, " %q", f.Instance)
	}
	if f.Device != "" {
		fmt.Fprintf(&b, " [%s]", f.Device)
	}
	fmt.Fprintf(&b, " %s %q = ", f.Kind, f.Name)
	if f.Null {
		fmt.Fprintf(&b, "null (%s)", f.Why)
	} else {
		fmt.Fprintf(&b, "%v %s", f.Value, f.Unit)
	}
	if f.RunningNS >= 0 {
		fmt.Fprintf(&b, " ran %dns", f.RunningNS)
	}
	if f.Running >= 0 {
		fmt.Fprintf(&b, " share %v", f.Running)
	}
	if f.Variance >= 0 {
		fmt.Fprintf(&b, " variance %v", f.Variance)
	}
	if f.Column != "" {
		fmt.Fprintf(&b, " column %s", f.Column)
	}
	if len(f.Labels) > 0 {
		p, _ := json.Marshal(f.Labels)
		fmt.Fprintf(&b, " %s", p)
	}
	return b.String() + "\n"
}

// Goldens reads every file of testdata with the format and compares what it
// tells with the .golden beside it; -update writes them.
func Goldens(t *testing.T, f imports.Format) {
	t.Helper()
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, path := range files {
		st, err := os.Stat(path)
		if err != nil || st.IsDir() || strings.HasSuffix(path, ".golden") {
			continue
		}
		n++
		t.Run(filepath.Base(path), func(t *testing.T) { golden(t, f, path) })
	}
	if n == 0 {
		t.Error("testdata has no file")
	}
}

func golden(t *testing.T, f imports.Format, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Detect(text[:min(len(text), 64<<10)]); n < 50 {
		t.Errorf("it is not detected: %d", n)
	}
	got := Read(f, string(text)).Text()
	if *update {
		if err := os.WriteFile(path+".golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path + ".golden")
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s", got)
	}
}

// Sample reads a real capture, which is not part of this tree.
func Sample(t testing.TB, path string) string {
	t.Helper()
	dir := os.Getenv("NUMALENS_SAMPLES")
	if dir == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the directory of real captures")
	}
	p, err := os.ReadFile(filepath.Join(dir, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// Mutated reads broken copies of every file of testdata: cut, with bytes
// changed, with pieces of others in them. A parser may refuse them; it must
// not panic, hang, or tell of lines that are not there.
func Mutated(t *testing.T, f imports.Format, times int) {
	t.Helper()
	files, err := filepath.Glob("testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	var texts [][]byte
	for _, path := range files {
		if p, err := os.ReadFile(path); err == nil && !strings.HasSuffix(path, ".golden") && len(p) > 0 {
			texts = append(texts, p)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range times {
		p := mutate(rnd, texts)
		f.Detect(p)
		Sound(t, Read(f, string(p)), string(p))
	}
}

// Sound fails where a figure has no name, or is of a line that is not there.
func Sound(t testing.TB, k *Kept, text string) {
	t.Helper()
	lines := strings.Count(text, "\n") + 1
	for _, x := range k.Figures {
		if x.Line < 1 || x.Line > lines || x.Name == "" {
			t.Fatalf("%+v of\n%q", x, text)
		}
	}
}

// Fuzz lets a format of text detect and read anything.
func Fuzz(f *testing.F, of imports.Format, seeds ...string) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		of.Detect([]byte(text))
		Sound(t, Read(of, text), text)
	})
}

// marks are what parsers decide by.
const marks = "0123456789.,;%# \t\n<>{}\"'-+NSC\xff\x00"

func mutate(rnd *rand.Rand, texts [][]byte) []byte {
	p := slices.Clone(texts[rnd.IntN(len(texts))])
	p = p[:min(len(p), 4096)]
	for range 1 + rnd.IntN(4) {
		at := rnd.IntN(len(p))
		switch rnd.IntN(4) {
		case 0:
			p = p[:at+1]
		case 1:
			p[at] = marks[rnd.IntN(len(marks))]
		case 2:
			other := texts[rnd.IntN(len(texts))]
			from := rnd.IntN(len(other))
			p = slices.Insert(p, at, other[from:min(len(other), from+rnd.IntN(200))]...)
		case 3:
			p = slices.Delete(p, at, min(len(p), at+rnd.IntN(40)))
			p = append(p, '\n')
		}
	}
	return p
}
