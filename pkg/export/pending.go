package export

import (
	"fmt"
	"slices"
	"sync"
)

// maxPendingRows bounds the memory of rows that wait for a flush, by table.
// What comes beyond it is dropped, counted, and noted.
const maxPendingRows = maxBatchRows

// pending holds the rows of every table that wait for the next flush.
type pending struct {
	mu       sync.Mutex
	layouts  map[string]Table
	batches  map[string]*batch
	order    []string // names of tables, in the order of Tables
	counters *counterRows
	dropped  map[string]int64 // rows, by table, since the last flush
	newest   int64            // time of the newest row
	ended    bool             // no reading comes any more
}

func newPending(m *Manifest, nodeColumns []string) (*pending, error) {
	p := &pending{layouts: map[string]Table{}, batches: map[string]*batch{}, dropped: map[string]int64{}}
	for _, t := range Tables() {
		var err error
		switch t.Name {
		case TableCounters:
			t, err = t.With(eventColumns(m.Groups))
		case TableNodes:
			t, err = t.With(nodeColumns)
		}
		if err != nil {
			return nil, err
		}
		p.layouts[t.Name] = t
		p.order = append(p.order, t.Name)
		p.start(t.Name)
	}
	for i := range m.Tables {
		if m.Tables[i].Name == TableNodes {
			m.Tables[i].Columns = slices.Clone(nodeColumns)
		}
	}
	p.counters = newCounterRows(m.Groups, p.layouts[TableCounters])
	return p, p.beginLevels(m)
}

// beginLevels adds the tables of the levels, behind the others.
func (p *pending) beginLevels(m *Manifest) error {
	for _, l := range levels {
		t, err := l.layout().With(eventColumns(m.Groups))
		if err != nil {
			return err
		}
		p.layouts[t.Name] = t
		p.order = append(p.order, t.Name)
		p.start(t.Name)
	}
	p.counters.levels = newDecimator(m, p.layouts)
	return nil
}

// start gives a table a batch with an empty dictionary of its own.
func (p *pending) start(table string) { p.batches[table] = newBatch(p.layouts[table].Columns) }

// begin makes a table ready for its next segment: rows that wait keep their
// place, in a dictionary that the new stream will write from the start.
func (p *pending) begin(table string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	old := p.batches[table]
	p.start(table)
	if old.rows > 0 {
		p.batches[table].join(old.rows, old.vectors)
	}
}

func (p *pending) crowded(table string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.batches[table].crowded()
}

func (p *pending) layout(table string) (Table, error) {
	t, ok := p.layouts[table]
	if !ok {
		return t, fmt.Errorf("there is no table %q", table)
	}
	return t, nil
}

// newestRow is the time of the newest row that was taken.
func (p *pending) newestRow() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.newest
}

// tables lists those with rows that wait. Rows that were dropped turn into a
// note here.
func (p *pending) tables() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range p.order {
		if n := p.dropped[name]; n > 0 {
			p.addNote(Note{TS: p.newest, Kind: NoteDrop, Table: name, Count: n, Text: "rows came faster than they were written, or out of the order of time"})
		}
	}
	clear(p.dropped)
	var names []string
	for _, name := range p.order {
		if p.batches[name].rows > 0 || p.waits(name) {
			names = append(names, name)
		}
	}
	return names
}

// waits tells whether a table has readings to be written now.
func (p *pending) waits(table string) bool {
	if i := levelIndex(table); i >= 0 {
		return p.counters.levels.due(i, p.ended)
	}
	return table == TableCounters && p.counters.rows > 0
}

// end makes the levels whole: no reading comes any more.
func (p *pending) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	p.counters.levels.finish()
}

// encode turns a table's waiting rows into bytes for its tail.
func (p *pending) encode(t *tail) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.batches[t.table]
	if i := levelIndex(t.table); i >= 0 {
		p.counters.levels.rows[i].drain(b)
	} else if t.table == TableCounters {
		p.counters.drain(b)
	}
	out, err := t.enc.encode(b)
	if err == nil {
		t.cover(b)
	}
	b.reset()
	return out, err
}

// room counts a row that there is no room for.
func (p *pending) room(table string, rows int, ts int64) bool {
	p.newest = max(p.newest, ts)
	if rows < maxPendingRows {
		return true
	}
	p.dropped[table]++
	return false
}

func (p *pending) counter(r CounterRow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.room(TableCounters, p.counters.rows, r.TS) && !p.counters.add(r) {
		p.dropped[TableCounters]++
	}
}

func (p *pending) node(r NodeRow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.batches[TableNodes]
	if !p.room(TableNodes, b.rows, r.TS) {
		return
	}
	b.vectors[0].add(r.TS)
	b.vectors[1].add(int64(r.Node))
	for i := range b.vectors[2:] {
		v := &b.vectors[2+i]
		if i >= len(r.Values) || r.Valid != nil && !(i < len(r.Valid) && r.Valid[i]) {
			v.addNull(b.rows)
		} else {
			v.add(r.Values[i])
		}
	}
	b.rows++
}

func (p *pending) sample(s Sample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.batches[TableSamples]
	if !p.room(TableSamples, b.rows, s.TS) {
		return
	}
	v, row := b.vectors, b.rows
	v[0].add(s.TS)
	v[1].addName(string(s.Kind))
	v[2].add(int64(s.CPU))
	v[3].add(int64(s.PID))
	v[4].add(int64(s.TID))
	v[5].addUnless(int64(s.IP), 0, row)
	v[6].addNull(row) // stack: no collector gives one yet
	v[7].add(int64(s.Addr))
	v[8].addUnless(int64(s.Phys), 0, row)
	v[9].addUnless(int64(s.CPUNode), -1, row)
	v[10].addUnless(int64(s.MemNode), -1, row)
	v[11].addUnless(int64(s.DataSrc), 0, row)
	v[12].addUnless(int64(s.Latency), 0, row)
	v[13].add(max(s.Weight, 1))
	b.rows++
}

// addUnless adds x, or null when x is the value that stands for it.
func (v *vector) addUnless(x, null int64, row int) {
	if x == null {
		v.addNull(row)
	} else {
		v.add(x)
	}
}

func (p *pending) note(n Note) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.room(TableNotes, p.batches[TableNotes].rows, n.TS) {
		p.addNote(n)
	}
}

func (p *pending) addNote(n Note) {
	b := p.batches[TableNotes]
	b.vectors[0].add(n.TS)
	b.vectors[1].addName(string(n.Kind))
	if n.Table == "" {
		b.vectors[2].addNull(b.rows)
	} else {
		b.vectors[2].addName(n.Table)
	}
	b.vectors[3].add(n.Count)
	b.vectors[4].texts = append(b.vectors[4].texts, n.Text)
	b.rows++
}

// noteSealing leaves a note that a tail could not be sealed.
func (p *pending) noteSealing(tail string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.addNote(Note{TS: p.newest, Kind: NoteMark, Text: fmt.Sprintf("%s stays a tail: %v", tail, err)})
}

func (p *pending) append(table string, values []any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	t, err := p.layout(table)
	if err != nil {
		return err
	}
	if table == TableCounters || isLevel(table) || len(values) != len(t.Columns) {
		return fmt.Errorf("table %s: %d values for %d columns; counters go through Counter", table, len(values), len(t.Columns))
	}
	b := p.batches[table]
	if ts, ok := values[0].(int64); !ok {
		return fmt.Errorf("table %s: the first value is the time, an int64, not %T", table, values[0])
	} else if !p.room(table, b.rows, ts) {
		return nil
	}
	// Into a row of its own first, so that a bad value leaves nothing half
	// written.
	row := newBatch(t.Columns)
	for i, x := range values {
		if err := row.vectors[i].addAny(t.Columns[i], x, 0); err != nil {
			return fmt.Errorf("table %s: %w", table, err)
		}
	}
	b.join(1, row.vectors)
	return nil
}
