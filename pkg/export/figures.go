package export

import "math"

// FigureRow is one number that another tool printed.
type FigureRow struct {
	// TS is where the number stands on the time axis; Time tells how that is
	// known.
	TS   int64
	Time FigureTime
	// ElapsedNS is the time since the capture began, as printed; -1 is null.
	ElapsedNS int64
	File      string
	Line      int64
	Format    string
	Scope     string
	Instance  string // "" is null, as in Device, Why and Labels
	Device    string
	Kind      string
	Name      string
	Unit      string
	Value     float64
	Null      bool
	Why       string  // the tool's word for a value that is null
	RunningNS int64   // -1 is null
	Running   float64 // share; -1 is null
	Variance  float64 // relative; -1 is null
	Labels    string  // a JSON object
}

// FigureTime says where a figure's time comes from.
type FigureTime string

// The origins.
const (
	TimePrinted  FigureTime = "printed"  // the tool printed the date and the time
	TimeRelative FigureTime = "relative" // since the capture's begin, which was placed
	TimeCapture  FigureTime = "capture"  // none was printed: the capture's end, as placed
)

// Figure takes one number that another tool printed.
func (w *Writer) Figure(r FigureRow) { w.pending.figure(r) }

func (p *pending) figure(r FigureRow) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.batches[TableFigures]
	if !p.room(TableFigures, b.rows, r.TS) {
		return
	}
	v, row := b.vectors, b.rows
	v[0].add(r.TS)
	v[1].addName(string(r.Time))
	v[2].addUnless(r.ElapsedNS, -1, row)
	v[3].addName(r.File)
	v[4].add(r.Line)
	v[5].addName(r.Format)
	v[6].addName(r.Scope)
	v[7].addNameUnless(r.Instance, row)
	v[8].addNameUnless(r.Device, row)
	v[9].addName(r.Kind)
	v[10].addName(r.Name)
	v[11].addName(r.Unit)
	v[12].addFloat(r.Value, r.Null, row)
	v[13].addNameUnless(r.Why, row)
	v[14].addUnless(r.RunningNS, -1, row)
	v[15].addFloat(r.Running, r.Running < 0, row)
	v[16].addFloat(r.Variance, r.Variance < 0, row)
	v[17].addNameUnless(r.Labels, row)
	b.rows++
}

func (v *vector) addFloat(x float64, null bool, row int) {
	if null {
		v.addNull(row)
	} else {
		v.add(int64(math.Float64bits(x)))
	}
}

// addNameUnless adds a name, or null when it is empty.
func (v *vector) addNameUnless(s string, row int) {
	if s == "" {
		v.addNull(row)
	} else {
		v.addName(s)
	}
}

// Enter puts a run that was written elsewhere and moved below a root into the
// root's index.
func Enter(root string, m *Manifest) error { return enter(root, m) }
