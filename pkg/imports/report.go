package imports

import (
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// Report is what an import found and made.
type Report struct {
	Host    string        `json:"host"`
	Run     string        `json:"run"`
	Dir     string        `json:"dir"` // of the run
	StartNS int64         `json:"start_ns"`
	EndNS   int64         `json:"end_ns"`
	Files   []FileReport  `json:"files"`
	Tables  []TableReport `json:"tables"`
}

// FileReport is what one input had.
type FileReport struct {
	File     string         `json:"file"`
	Format   string         `json:"format"`
	Figures  int            `json:"figures"`
	Nulls    int            `json:"nulls"` // figures that the tool could not give
	Samples  int            `json:"samples"`
	Placed   int            `json:"placed"` // rows of placement
	Events   int            `json:"events"`
	Kinds    map[string]int `json:"kinds,omitempty"`
	Units    map[string]int `json:"units,omitempty"`
	FromNS   int64          `json:"from_ns"`
	ToNS     int64          `json:"to_ns"`
	Begin    string         `json:"begin"` // how it was placed
	Facts    []Fact         `json:"facts,omitempty"`
	Warnings []Warning      `json:"warnings"`
	// MoreWarnings were counted only.
	MoreWarnings int `json:"more_warnings,omitempty"`
}

// TableReport is a table of the run.
type TableReport struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	FromNS int64  `json:"from_ns"`
	ToNS   int64  `json:"to_ns"`
}

// report enters the run into the index and tells of it.
func (p *plan) report(dir, root string) (*Report, error) {
	data, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		return nil, err
	}
	m, err := export.ParseManifest(data, p.m.Host, p.m.Run)
	if err != nil {
		return nil, err
	}
	if err := export.Enter(root, m); err != nil {
		return nil, err
	}
	r := &Report{Host: m.Host, Run: m.Run, Dir: dir, StartNS: m.StartNS, EndNS: m.EndNS}
	for i, s := range p.surveys {
		r.Files = append(r.Files, s.report(p.places[i]))
	}
	for _, w := range p.later {
		for i := range r.Files {
			if r.Files[i].File == w.File {
				r.Files[i].Warnings = append(r.Files[i].Warnings, w)
			}
		}
	}
	r.tables(m)
	return r, nil
}

func (s *survey) report(at placing) FileReport {
	f := FileReport{File: s.in.Name, Format: s.format.Name, Figures: s.figures, Nulls: s.nulls, Samples: s.sampleCount(), Placed: s.placed, Events: s.eventCount(), Units: s.units, Kinds: map[string]int{},
		FromNS: at.begin, ToNS: at.end, Begin: at.how, Facts: s.facts, Warnings: slices.Clone(s.warnings), MoreWarnings: s.unkept}
	for k, n := range s.kinds {
		f.Kinds[string(k)] = n
	}
	if f.Warnings == nil {
		f.Warnings = []Warning{}
	}
	return f
}

func (r *Report) tables(m *export.Manifest) {
	all := map[string]*TableReport{}
	for _, s := range m.Segments {
		t := all[s.Table]
		if t == nil {
			t = &TableReport{Table: s.Table, FromNS: s.FromNS, ToNS: s.ToNS}
			all[s.Table] = t
		}
		t.Rows += s.Rows
		t.FromNS, t.ToNS = min(t.FromNS, s.FromNS), max(t.ToNS, s.ToNS)
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		r.Tables = append(r.Tables, *all[name])
	}
}
