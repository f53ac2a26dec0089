package stories

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/programs/story"
)

// recorded is a story's run with the two that know better.
type recorded struct {
	name     string
	manifest *export.Manifest
	sources  query.Sources
	journal  *story.Journal
	truth    *plugin.Truth
}

func open(ctx context.Context, dir, name string) (*recorded, error) {
	files, err := export.Dir(dir)
	if err != nil {
		return nil, err
	}
	reader := export.NewReader(files)
	r := &recorded{name: name, sources: query.Sources{{Source: reader}}}
	if r.manifest, err = reader.Manifest(ctx, Host, name); err != nil {
		return nil, err
	}
	f, err := os.Open(filepath.Join(dir, "journal", name+".json"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if r.journal, err = story.Read(f); err != nil {
		return nil, err
	}
	r.truth, err = plugin.ReadTruth(filepath.Join(dir, "truth", name+".json"))
	return r, err
}

// span is a stretch of time, ns since the epoch; the zero span is the run.
type span struct{ from, to int64 }

// loop is from when the last thread began its loop until the first ended.
func (r *recorded) loop() span {
	s := span{0, math.MaxInt64}
	for _, t := range r.journal.Threads {
		s.from, s.to = max(s.from, t.BeganNS), min(s.to, t.EndedNS)
	}
	return s
}

// ask asks for a metric of one CPU, node, or the host within a span.
func (r *recorded) ask(metric string, by query.By, instance int, s span) (*query.Cell, error) {
	q := query.Query{View: query.ViewCell, Metric: metric, By: by, Host: Host, Run: r.name, Instance: &instance, From: float64(s.from) / 1e6, To: float64(s.to) / 1e6}
	c, err := r.sources.Cell(context.Background(), q)
	if err != nil {
		return nil, fmt.Errorf("%s of %s %d: %w", metric, by, instance, err)
	}
	return c, nil
}

// between checks that a metric lies within bounds.
func (r *recorded) between(least, most float64, metric string, by query.By, instance int, s span) error {
	c, err := r.ask(metric, by, instance, s)
	if err != nil {
		return err
	}
	if !(c.Value >= least && c.Value <= most) { // NaN is neither
		return fmt.Errorf("%s of %s %d is %.4g (%.0f of %.0f), want %.4g to %.4g", metric, by, instance, c.Value, c.Numerator, c.Denominator, least, most)
	}
	return nil
}

// counted is what a CPU counted of an event in the whole run.
func (r *recorded) counted(event string, cpu int) (float64, error) {
	c, err := r.ask(event, query.ByCPU, cpu, span{})
	if err != nil {
		return 0, err
	}
	if math.IsNaN(c.Numerator) {
		return 0, fmt.Errorf("%s of CPU %d is not known", event, cpu)
	}
	return c.Numerator, nil
}
