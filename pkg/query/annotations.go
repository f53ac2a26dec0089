package query

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// Annotation is a moment or a stretch of time that a dashboard marks.
type Annotation struct {
	ID           string
	FromNS, ToNS int64 // ToNS 0 is a moment
	Title, Text  string
	Tags         []string
}

// Annotations answers the view `annotations`: the runs of the host (or of
// all) that touch the time range, each a stretch from start to stop, and the
// marks and losses within it.
func (s Sources) Annotations(ctx context.Context, q Query) ([]Annotation, error) {
	hosts, failed, err := s.hostsOf(ctx, q.Host)
	if err != nil {
		return nil, err
	}
	var out []Annotation
	for _, h := range hosts {
		for _, r := range h.Runs {
			if !overlaps(r.IndexRun, q) || !q.anyRun() && q.Run != r.Run && q.Run != r.Name {
				continue
			}
			out = append(out, ofRun(h.Host, r.IndexRun))
			notes, err := r.Source.Notes(ctx, h.Host, r.Run)
			if err != nil {
				failed = errors.Join(failed, err)
				continue
			}
			out = append(out, ofNotes(h.Host, r.Run, notes, q)...)
		}
	}
	if len(out) > 0 {
		return out, nil // the sources that failed are told by every other panel
	}
	return nil, failed
}

func ofRun(host string, r export.IndexRun) Annotation {
	title := r.Name
	if title == "" {
		title = r.Run
	}
	text := fmt.Sprintf("run %s on host %s", r.Run, host)
	if r.EndNS == 0 {
		text += ", still being recorded"
	}
	return Annotation{ID: host + "/" + r.Run, FromNS: r.StartNS, ToNS: r.EndNS, Title: title, Text: text, Tags: []string{"run", host}}
}

// ofNotes leaves out starts and stops: the run's own stretch shows them.
func ofNotes(host, run string, notes []export.Note, q Query) []Annotation {
	var out []Annotation
	for i, n := range notes {
		ms := float64(n.TS) / 1e6
		if n.Kind != export.NoteMark && n.Kind != export.NoteDrop || q.From != 0 && ms < q.From || q.To != 0 && ms > q.To {
			continue
		}
		title := "mark"
		if n.Kind == export.NoteDrop {
			title = fmt.Sprintf("%d rows of %s lost", n.Count, orRun(n.Table))
		}
		out = append(out, Annotation{
			ID: fmt.Sprintf("%s/%s/%d", host, run, i), FromNS: n.TS, Title: title, Text: strings.TrimSpace(n.Text), Tags: []string{string(n.Kind), host},
		})
	}
	return out
}

func orRun(table string) string {
	if table == "" {
		return "the run"
	}
	return table
}
