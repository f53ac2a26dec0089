package imports

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// Options say how inputs are imported.
type Options struct {
	Formats []Format // that are recognised
	Format  string   // by name; "" is to recognise it
	Root    string   // of the exports, made if it is not there
	Host    string   // "" is what the inputs say, else "imported"
	Run     string   // the user's name for it; "" is the first input's
	Start   time.Time
	Version string // of the importer
	// Refused hears of an input that cannot be read, which is then left out;
	// nil is that such an input fails the import.
	Refused func(in Input, err error)
}

// ErrNothing says that an import has no input, or none that can be read.
var ErrNothing = errors.New("nothing to import")

// Import makes one run of the inputs. On disk it is all of it or nothing.
func Import(ctx context.Context, o Options, inputs []Input) (*Report, error) {
	if len(inputs) == 0 {
		return nil, ErrNothing
	}
	var surveys []*survey
	for _, in := range inputs {
		s, err := look(ctx, o, in)
		switch {
		case err == nil:
			surveys = append(surveys, s)
		case o.Refused == nil || ctx.Err() != nil:
			return nil, err
		default:
			o.Refused(in, err)
		}
	}
	if len(surveys) == 0 {
		return nil, ErrNothing
	}
	p := planOf(o, surveys)
	return p.write(ctx, o.Root)
}

// look is the first pass over one input.
func look(ctx context.Context, o Options, in Input) (*survey, error) {
	st, err := in.openStream()
	if err != nil {
		return nil, err
	}
	defer st.close()
	var f Format
	if o.Format != "" {
		f, err = named(o.Formats, o.Format)
	} else {
		err = guarded(in.Name, func() int { return 0 }, func() (err error) {
			f, err = detect(o.Formats, in.Name, st.head)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	s := newSurvey(in, f)
	if err := read(ctx, f, in, st, s); err != nil {
		return nil, err
	}
	if s.empty() {
		return nil, s.nothing()
	}
	return s, nil
}

// read streams an input into a sink and fills in where an error was.
func read(ctx context.Context, f Format, in Input, st *stream, s Sink) error {
	told := &finite{Sink: s}
	err := guarded(in.Name, func() int { return max(told.line, st.line()) }, func() error { return f.Read(st.reader(ctx), told) })
	var wrong *SyntaxError
	if errors.As(err, &wrong) && wrong.File == "" {
		wrong.File = in.Name
		return err
	}
	var defect *DefectError
	if err != nil && !errors.As(err, &defect) {
		return fmt.Errorf("%s: %w", in.Name, err)
	}
	return err
}

// finite makes null of a number that is too large to be one. No figure, frame
// or JSON has a place for it.
type finite struct {
	Sink
	line int // of the last figure
}

func (s *finite) Figure(f Figure) {
	s.line = f.Line
	if !f.Null && (math.IsInf(f.Value, 0) || math.IsNaN(f.Value)) {
		f.Value, f.Null, f.Why = 0, true, "too large"
		s.Warn(f.Line, f.Name+" is too large a number: it is null")
	}
	s.Sink.Figure(f)
}

// cancelled ends a reader with its context.
type cancelled struct {
	ctx context.Context
	r   *stream
}

// reads hears of the lines that a parser makes of it.
func (c cancelled) reads(l *Lines) { c.r.lines = l }

func (c cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// segmentBytes is the size at which what was written is sealed: sooner than
// an agent does it, because rows come without a pause.
const segmentBytes = 16 << 20

// write is the second pass, into a directory of its own, which then becomes
// the run's.
func (p *plan) write(ctx context.Context, root string) (rep *Report, err error) {
	if err := os.MkdirAll(root, 0o755); err != nil {
		return nil, fmt.Errorf("create the export: %w", err)
	}
	final := filepath.Join(root, p.m.Host, p.m.Run)
	if _, err := os.Lstat(final); err == nil {
		return nil, fmt.Errorf("%s is there already: it was imported before, or give it another name with --run", final)
	}
	sweep(root)
	beside, err := newBeside(root)
	if err != nil {
		return nil, fmt.Errorf("create the export: %w", err)
	}
	defer func() { err = errors.Join(err, beside.remove()) }()
	w, err := export.Create(export.WriterOptions{Root: beside.dir, MaxBytes: -1, Rotate: 1 << 62, SegmentBytes: segmentBytes}, p.m, p.columns)
	if err != nil {
		return nil, noRoom(root, err)
	}
	err = p.fill(ctx, w)
	if sealing := w.Seal(nil); err == nil {
		err = sealing
	}
	if err != nil {
		return nil, noRoom(root, err)
	}
	if err := os.MkdirAll(filepath.Dir(final), 0o755); err != nil {
		return nil, fmt.Errorf("create the export: %w", err)
	}
	if err := os.Rename(w.Dir(), final); err != nil {
		return nil, fmt.Errorf("move the run to its place: %w", err)
	}
	return p.report(final, root)
}

// noRoom words a full disk for who imports: nothing was recorded here.
func noRoom(root string, err error) error {
	var full *export.FullError
	switch {
	case !errors.As(err, &full):
		return err
	case full.Err != nil:
		return fmt.Errorf("the disk of %s is full: nothing is imported: %w", root, full.Err)
	}
	return fmt.Errorf("the disk of %s is full: nothing is imported; %d bytes are left, of which %d are to stay free", root, full.FreeBytes, full.KeepBytes)
}

// fill writes the rows of every input, the earliest capture first.
func (p *plan) fill(ctx context.Context, w *export.Writer) error {
	rows := newRows(p, w)
	for _, i := range p.order() {
		s := p.surveys[i]
		st, err := s.in.openStream()
		if err != nil {
			return err
		}
		rows.begin(s, p.places[i])
		err = read(ctx, s.format, s.in, st, rows)
		st.close()
		if err == nil {
			err = rows.end()
		}
		if err != nil {
			return err
		}
	}
	rows.note()
	p.later = append(p.later, rows.warnings...)
	return rows.err
}

func (p *plan) order() []int {
	order := make([]int, len(p.surveys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.places[a].begin, p.places[b].begin) })
	return order
}
