package export

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// strandView is one event of one scope of one segment, as it is at the
// moment: strands[i] is of the series lines[i].
type strandView struct {
	lines   []series
	strands []strand
}

// segmentState is what is decoded of one scope of one segment. A tail's
// grows; the lock is held while it does.
type segmentState struct {
	mu       sync.Mutex
	version  string
	readings *readings
	tail     *tailReader // of a tail
	loaded   bool        // of a sealed segment: its readings are whole
	groups   []int       // of a sealed segment: the row groups that are chunks
	since    int64       // of a tail of which only the newest is wanted: what it began with
}

type (
	stateKey struct {
		segment string
		scope   Scope
	}
	eventKey struct {
		stateKey
		column string
	}
)

// wanted is what is read of a segment. Of a sealed one, with every above 1,
// only every so-manieth reading is kept, see thin.go; of a tail what is not
// older than since, see recent.go.
type wanted struct {
	scope   Scope
	columns []string
	maxStep int64
	every   int
	since   int64
}

// strands gives events of one scope of one segment.
func (r *Reader) strands(ctx context.Context, m *Manifest, s Segment, want wanted) ([]strandView, error) {
	scope, columns, maxStep, every := want.scope, want.columns, want.maxStep, want.every
	key := stateKey{m.identity(s), scope}
	if s.Format == formatArrows {
		every = 1
		if want.since > always {
			key.segment += "\x00recent"
		}
	}
	if isLevel(s.Table) {
		maxStep = 0 // its rows know of gaps
	}
	flightKey := strings.Join(append([]string{key.segment, string(scope), strconv.Itoa(every), strconv.FormatInt(want.since, 10)}, columns...), "\x00")
	return r.events.do(ctx, flightKey, func(ctx context.Context) (views []strandView, err error) {
		l := loader{r: r, m: m, s: s, key: key, columns: columns, maxStep: maxStep, since: want.since}
		if every > 1 {
			return l.thinned(ctx, every)
		}
		l.state = l.findState()
		l.state.mu.Lock()
		defer l.state.mu.Unlock()
		return l.load(ctx)
	})
}

// loader brings the events of one question up to date.
type loader struct {
	r       *Reader
	m       *Manifest
	s       Segment
	key     stateKey
	columns []string
	maxStep int64
	since   int64
	state   *segmentState
	apart   bool // the state is the loader's own, and not for the cache
	events  []*event
}

func (l *loader) findState() *segmentState {
	l.r.mu.Lock()
	defer l.r.mu.Unlock()
	if st, ok := l.r.cache.get(l.key).(*segmentState); ok {
		return st
	}
	st := &segmentState{readings: newReadings(l.s.Table, l.key.scope)}
	l.r.cache.put(l.key, st, 0)
	return st
}

// findEvents takes what is cached and fits the readings; the rest begins
// anew.
func (l *loader) findEvents() {
	l.events = l.events[:0]
	for _, c := range l.columns {
		var e *event
		if !l.apart {
			e, _ = l.r.cache.get(eventKey{l.key, c}).(*event)
		}
		if e == nil || e.of != l.state.readings || e.maxStep != l.maxStep {
			e = &event{of: l.state.readings, maxStep: l.maxStep}
		}
		l.events = append(l.events, e)
	}
}

func (l *loader) load(ctx context.Context) ([]strandView, error) {
	l.findEvents()
	if l.s.Format == formatParquet && l.state.loaded && l.whole() {
		return l.views(), nil
	}
	if err := l.read(ctx); err != nil {
		// What was decoded before the error may be half a chunk.
		l.state.readings, l.state.tail, l.state.loaded = newReadings(l.s.Table, l.key.scope), nil, false
		return nil, err
	}
	l.keep()
	return l.views(), nil
}

func (l *loader) read(ctx context.Context) (err error) {
	path, f, err := l.r.open(ctx, l.m, l.s)
	if err != nil {
		return err
	}
	defer f.Close()
	defer func() {
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
	}()
	defer caught(&err)
	if l.s.Format == formatParquet {
		return l.loadSealed(f)
	}
	return l.followTail(f)
}

// whole tells whether all events have every chunk of the readings.
func (l *loader) whole() bool {
	for _, e := range l.events {
		if e.chunks < len(l.state.readings.chunks) {
			return false
		}
	}
	return true
}

func (l *loader) keep() {
	if l.apart {
		return
	}
	l.r.cache.put(l.key, l.state, l.state.readings.bytes)
	for i, e := range l.events {
		l.r.cache.put(eventKey{l.key, l.columns[i]}, e, e.bytes())
	}
}

func (l *loader) views() []strandView {
	names := l.state.readings.names()
	views := make([]strandView, len(l.events))
	for i, e := range l.events {
		views[i] = strandView{names, e.view()}
		views[i].lines = names[:len(views[i].strands)]
	}
	return views
}

// loadSealed decodes the row groups that hold the scope: the readings, if
// they are not there yet, then each event that lacks some.
func (l *loader) loadSealed(f File) error {
	p, err := openSealed(f)
	if err != nil {
		return err
	}
	st := l.state
	if !st.loaded {
		st.readings, st.groups = newReadings(l.s.Table, l.key.scope), nil
		for g := range p.groups() {
			if l.s.Table != TableNodes && !p.holds(g, "scope", string(l.key.scope)) {
				continue
			}
			cols, err := p.columns(g, keysOf(l.s.Table))
			if err != nil {
				return err
			}
			st.readings.take(p.rows(g), cols)
			st.groups = append(st.groups, g)
		}
		st.loaded = true
		l.findEvents()
	}
	for i, e := range l.events {
		if !p.has(l.columns[i]) {
			e.chunks = len(st.groups) // written before the event was: nothing is known
		}
		for e.chunks < len(st.groups) {
			v, err := p.columns(st.groups[e.chunks], l.columns[i:i+1])
			if err != nil {
				return err
			}
			e.take(&v[0])
		}
	}
	return nil
}

// followTail decodes the batches that are new, and for events that were not
// asked for before those that are not.
func (l *loader) followTail(f File) error {
	st := l.state
	if st.tail == nil || st.version != f.Version() || f.Size() < st.tail.next || l.since < st.since {
		st.tail, st.version, st.readings = newTailReader(), f.Version(), newReadings(l.s.Table, l.key.scope)
		if st.since = l.since; l.since > always {
			if err := l.skip(f); err != nil {
				return err
			}
		}
		l.findEvents()
	}
	have, err := l.present(f)
	if err != nil {
		return err
	}
	if err := l.catchUp(f, have); err != nil {
		return err
	}
	keys := keysOf(l.s.Table)
	names := keys
	for _, i := range have {
		names = append(names[:len(names):len(names)], l.columns[i])
	}
	return untorn(st.tail.advance(f, f.Size(), names, func(rows int, cols []vector) error {
		st.readings.take(rows, cols[:len(keys)])
		for k, i := range have {
			l.events[i].take(&cols[len(keys)+k])
		}
		return nil
	}))
}

// present reads the tail's schema, if it is there, and tells which of the
// columns asked for are in it.
func (l *loader) present(f File) ([]int, error) {
	if err := l.state.tail.readSchema(f, f.Size()); err != nil {
		return nil, err
	}
	var have []int
	for i, c := range l.columns {
		if l.state.tail.field(c) >= 0 {
			have = append(have, i)
		}
	}
	return have, nil
}

func (l *loader) catchUp(f File, have []int) error {
	w := &window{r: f, size: f.Size(), chunk: 1 << 20}
	for k, ref := range l.state.tail.batches {
		var names []string
		var late []*event
		for _, i := range have {
			if l.events[i].chunks == k {
				names, late = append(names, l.columns[i]), append(late, l.events[i])
			}
		}
		if len(names) == 0 {
			continue
		}
		cols, err := l.state.tail.reread(w, f.Size(), ref, names)
		if err != nil {
			return err
		}
		for i, e := range late {
			e.take(&cols[i])
		}
	}
	return nil
}
