package perfscript

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

// found is a sink that keeps what it is told.
type found struct {
	samples  []export.Sample
	lines    []int
	warnings []string
	facts    map[string]string
	topology *numa.Topology
}

func (f *found) Figure(imports.Figure)    {}
func (f *found) Topology(t numa.Topology) { f.topology = &t }
func (f *found) Sample(line int, s export.Sample) {
	f.samples, f.lines = append(f.samples, s), append(f.lines, line)
}
func (f *found) Warn(line int, text string) {
	f.warnings = append(f.warnings, fmt.Sprintf("%d: %s", line, text))
}
func (f *found) Fact(key, value string) {
	if f.facts == nil {
		f.facts = map[string]string{}
	}
	f.facts[key] = value
}
func (f *found) warned(part string) bool {
	return slices.ContainsFunc(f.warnings, func(w string) bool { return strings.Contains(w, part) })
}

func readText(t testing.TB, text string) *found {
	t.Helper()
	f := &found{}
	if err := Read(strings.NewReader(text), f); err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *found) Placement(int, export.PlacementRow) {}
func (f *found) Event(int, export.Event)            {}
