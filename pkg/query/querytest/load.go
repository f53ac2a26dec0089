package querytest

import (
	"os"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// start is time 0 of every script.
var start = time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)

// The host and run that a script's readings are loaded into.
const (
	Host = "testhost"
	Run  = "20260102T030000Z-script"
)

// Write records the script's readings below root with the real writer, in
// batches of a second, and leaves the run open: its tails are live.
func (s *Script) Write(root string) (*export.Writer, error) {
	w, err := export.Create(export.WriterOptions{Root: root, KeepFreeBytes: 1}, s.manifest(), s.nodeColumns())
	if err != nil {
		return nil, err
	}
	length := s.length()
	for second := time.Duration(0); second <= length; second += time.Second {
		s.counters.counterRows(w, second, second+time.Second)
		s.nodeTable.nodeRows(w, second, second+time.Second)
		s.traced.write(w, second, second+time.Second)
		for _, x := range s.samples {
			if at := time.Duration(x.TS); at >= second && at < second+time.Second {
				x.TS += start.UnixNano()
				w.Sample(x)
			}
		}
		if err := w.Flush(); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// Record loads a script's readings into a sealed run of a temporary directory,
// and gives that directory: an export that other packages' tests can read.
func Record(t *testing.T, script string) string {
	t.Helper()
	in, err := os.Open(script)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	s, err := Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	w, err := s.Write(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Seal(w); err != nil {
		t.Fatal(err)
	}
	return root
}

// Seal ends the run at the last reading.
func (s *Script) Seal(w *export.Writer) error {
	return w.Seal(func(m *export.Manifest) { m.EndNS = start.Add(s.length()).UnixNano() })
}

func (s *Script) manifest() export.Manifest {
	m := export.Manifest{Host: Host, Run: Run, StartNS: start.UnixNano(), Topology: s.topology(), Rung: numa.FaultSamples, Units: s.units, ProcessorModel: s.model, ReferenceHz: s.referenceHz}
	if s.counters != nil {
		for _, of := range s.counters.groups {
			g := export.Group{Name: of.name}
			if s.counters.scope == export.ScopeUncore {
				g.Scope = export.ScopeUncore
			}
			for _, n := range s.counters.names[of.from:of.to] {
				g.Events = append(g.Events, export.GroupEvent{Name: n, Spec: n, Unit: "1", Help: "An event of a script.", Proven: true, Meaning: numa.Meaning(s.meanings[n]), Caveat: s.caveats[n]})
			}
			m.Groups = append(m.Groups, g)
		}
		m.Tables = append(m.Tables, export.TableInfo{Name: export.TableCounters, PeriodNS: int64(s.counters.period), Scopes: []string{string(s.counters.scope)}})
	}
	if s.nodeTable != nil {
		m.Tables = append(m.Tables, export.TableInfo{Name: export.TableNodes, PeriodNS: int64(s.nodeTable.period), Columns: s.nodeColumns()})
	}
	if len(s.samples) > 0 {
		m.Tables = append(m.Tables, export.TableInfo{Name: export.TableSamples, Scopes: []string{string(export.MinorFault)}})
	}
	m.Tables = append(m.Tables, s.traced.tables()...)
	return m
}

func (s *Script) nodeColumns() []string {
	if s.nodeTable == nil {
		return nil
	}
	return s.nodeTable.names
}

func (s *Script) topology() numa.Topology {
	t := numa.Topology{CacheLineBytes: 64, PageBytes: 4096}
	for n := range s.sockets * s.nodes {
		node := numa.Node{ID: n}
		for range s.cpus {
			id := len(t.CPUs)
			t.CPUs = append(t.CPUs, numa.CPU{ID: id, Core: id, Socket: n / s.nodes, Node: n})
			node.CPUs = append(node.CPUs, id)
		}
		t.Nodes = append(t.Nodes, node)
	}
	return t
}

func (s *Script) length() time.Duration {
	out := s.traced.length()
	for _, b := range []*block{s.counters, s.nodeTable} {
		if b != nil {
			out = max(out, time.Duration(b.ticks()-1)*b.period)
		}
	}
	for _, x := range s.samples {
		out = max(out, time.Duration(x.TS))
	}
	return out
}

func (b *block) ticks() int {
	n := 0
	for _, of := range b.series {
		for _, r := range of {
			n = max(n, len(r))
		}
	}
	return n
}

// row gathers the readings of every event at one tick; ok is false where one
// is missing.
func (b *block) row(names []string, instance, tick int) (values []int64, last reading, ok bool) {
	for _, n := range names {
		r := b.series[n][instance]
		if tick >= len(r) || r[tick].missing {
			return nil, last, false
		}
		values, last = append(values, r[tick].value), r[tick]
	}
	return values, last, true
}

func (b *block) instances() int {
	n := 0
	for _, of := range b.series {
		for id := range of {
			n = max(n, id+1)
		}
	}
	return n
}

// each calls row for every tick of the span, in the order that a collector
// writes: by time, then by instance.
func (b *block) each(from, to time.Duration, row func(ts int64, instance, tick int)) {
	if b == nil {
		return
	}
	for tick := range b.ticks() {
		at := time.Duration(tick) * b.period
		if at < from || at >= to {
			continue
		}
		for i := range b.instances() {
			row(start.Add(at).UnixNano(), i, tick)
		}
	}
}

// rows takes readings: a writer, or what makes series of them.
type rows interface {
	Counter(export.CounterRow)
	Node(export.NodeRow)
}

func (b *block) counterRows(w rows, from, to time.Duration) {
	b.each(from, to, func(ts int64, i, tick int) {
		for k, g := range b.groups {
			names := b.names[g.from:g.to]
			values, r, ok := b.row(names, i, tick)
			if !ok || len(values) == 0 {
				continue
			}
			w.Counter(export.CounterRow{
				TS: ts, Scope: b.scope, Instance: int32(i), Group: k, Values: values, Epoch: r.epoch,
				Enabled: int64(tick) * int64(b.period), Running: b.running(names[0], i, tick),
			})
		}
	})
}

// running is the group's running time at a tick: the sum of its shares.
func (b *block) running(event string, instance, tick int) int64 {
	var sum float64
	r := b.series[event][instance]
	share := 1.0
	for i := 1; i <= tick && i < len(r); i++ {
		if !r[i].missing {
			share = r[i].running
		}
		sum += share
	}
	return int64(sum * float64(b.period))
}

func (b *block) nodeRows(w rows, from, to time.Duration) {
	b.each(from, to, func(ts int64, i, tick int) {
		if values, _, ok := b.row(b.names, i, tick); ok {
			w.Node(export.NodeRow{TS: ts, Node: int32(i), Values: values})
		}
	})
}
