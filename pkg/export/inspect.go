package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
)

// Inspect reads every byte of every run and says what is there and what is
// not sound: sealed segments against their sums in the manifest, tails batch
// by batch.
func Inspect(ctx context.Context, files Files) (*Report, error) {
	r := NewReader(files)
	x, err := r.Index(ctx)
	if err != nil {
		return nil, err
	}
	rep := &Report{Generation: x.Generation, Hosts: []ReportHost{}, Problems: []Problem{}}
	for _, h := range x.Hosts {
		host := ReportHost{Host: h.Host, Runs: []ReportRun{}}
		for _, e := range h.Runs {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			run := inspectRun(ctx, r, h.Host, e)
			rep.Bytes += run.Bytes
			host.Runs = append(host.Runs, run)
		}
		rep.Hosts = append(rep.Hosts, host)
	}
	if d, ok := files.(*dirFiles); ok {
		rep.Problems = append(rep.Problems, d.unlisted(x)...)
	}
	return rep, nil
}

func inspectRun(ctx context.Context, r *Reader, host string, e IndexRun) ReportRun {
	run := ReportRun{Run: e.Run, Name: e.Name, State: e.State, StartNS: e.StartNS, EndNS: e.EndNS, Tables: []ReportTable{}, Problems: []Problem{}}
	m, err := r.Manifest(ctx, host, e.Run)
	if err != nil {
		path := host + "/" + e.Run + "/" + manifestFile
		run.Problems = append(run.Problems, Problem{File: path, Text: strings.TrimPrefix(err.Error(), path+": ")})
		return run
	}
	run.Name, run.State, run.StartNS, run.EndNS, run.Findings = m.Name, m.State, m.StartNS, m.EndNS, m.Findings
	for _, s := range m.Segments {
		c := inspectSegment(ctx, r, m, s)
		run.add(s.Table, c)
	}
	if d, ok := r.files.(*dirFiles); ok {
		run.Problems = append(run.Problems, d.unmended(m)...)
	}
	return run
}

// add enters a segment into its table.
func (r *ReportRun) add(table string, c *segmentCheck) {
	i := slices.IndexFunc(r.Tables, func(t ReportTable) bool { return t.Table == table })
	if i < 0 {
		i = len(r.Tables)
		r.Tables = append(r.Tables, ReportTable{Table: table})
	}
	t := &r.Tables[i]
	t.Segments++
	t.Bytes += c.bytes
	r.Bytes += c.bytes
	r.Problems = append(r.Problems, c.problems...)
	if c.rows == 0 {
		return
	}
	if t.Rows == 0 {
		t.FromNS, t.ToNS = c.fromNS, c.toNS
	}
	t.Rows += c.rows
	t.FromNS, t.ToNS = min(t.FromNS, c.fromNS), max(t.ToNS, c.toNS)
}

// segmentCheck is what reading a segment from end to end found.
type segmentCheck struct {
	path         string
	bytes, rows  int64
	fromNS, toNS int64
	problems     []Problem
}

func (c *segmentCheck) problem(offset int64, repairable bool, format string, args ...any) {
	c.problems = append(c.problems, Problem{File: c.path, Offset: offset, Text: fmt.Sprintf(format, args...), Repairable: repairable})
}

func inspectSegment(ctx context.Context, r *Reader, m *Manifest, s Segment) *segmentCheck {
	c := &segmentCheck{path: m.Host + "/" + m.Run + "/" + s.File}
	_, f, err := r.open(ctx, m, s)
	if errors.Is(err, fs.ErrNotExist) {
		if now, merr := r.Manifest(ctx, m.Host, m.Run); merr == nil && now != m && !slices.Contains(now.Segments, s) {
			return c // sealed or removed while we looked
		}
		c.problem(0, false, "is listed in %s, but not there", manifestFile)
		return c
	}
	if err != nil {
		c.problem(0, false, "%v", err)
		return c
	}
	defer f.Close()
	c.bytes = f.Size()
	if s.Format == formatParquet {
		c.sealed(f, s)
	} else {
		d, local := r.files.(*dirFiles)
		// Elsewhere nobody can tell, so a run that says so is recorded.
		c.tail(f, m.State == Recording && (!local || d.living(m)))
	}
	return c
}

func (c *segmentCheck) take(rows int, cols []vector) error {
	if len(cols) == 0 {
		return fmt.Errorf("no columns")
	}
	for i, ts := range cols[0].values {
		if c.rows == 0 && i == 0 {
			c.fromNS, c.toNS = ts, ts
		}
		c.fromNS, c.toNS = min(c.fromNS, ts), max(c.toNS, ts)
	}
	c.rows += int64(rows)
	return nil
}

func (c *segmentCheck) sealed(f File, s Segment) {
	if s.Bytes != f.Size() {
		c.problem(min(s.Bytes, f.Size()), false, "has %d bytes, %s says %d", f.Size(), manifestFile, s.Bytes)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, f.Size())); err != nil {
		c.problem(0, false, "read: %v", err)
		return
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != s.SHA256 {
		c.problem(0, false, "its bytes changed: SHA-256 is %s, %s says %q", got, manifestFile, s.SHA256)
	}
	if err := c.groups(f); err != nil {
		c.problem(0, false, "%v", err)
		return
	}
	if c.rows != s.Rows || c.fromNS != s.FromNS || c.toNS != s.ToNS {
		c.problem(0, false, "has %d rows from %d to %d, %s says %d from %d to %d", c.rows, c.fromNS, c.toNS, manifestFile, s.Rows, s.FromNS, s.ToNS)
	}
}

// groups decodes every column of every row group.
func (c *segmentCheck) groups(f File) (err error) {
	defer caught(&err)
	p, err := openSealed(f)
	if err != nil {
		return err
	}
	names := p.names()
	for g := range p.groups() {
		cols, err := p.columns(g, names)
		if err != nil {
			return err
		}
		if err := c.take(p.rows(g), cols); err != nil {
			return err
		}
	}
	return nil
}

func (c *segmentCheck) tail(f File, live bool) {
	t := newTailReader()
	err := t.advance(f, f.Size(), nil, c.take)
	var where *offsetError
	switch {
	case err == nil:
	case errors.Is(err, errTorn) && live:
		// still being written
	case errors.As(err, &where):
		c.problem(where.offset, errors.Is(err, errTorn), "%v", where.err)
	default:
		c.problem(t.next, false, "%v", err)
	}
}
