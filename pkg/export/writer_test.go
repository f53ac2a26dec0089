package export

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

const testStart = 1_795_503_040_000_000_000

// synth writes readings of a small machine: deterministic, with what the
// tests need to tell rows apart.
type synth struct {
	cpus, groups, events int
	periodNS             int64
	rng                  *rand.Rand
	values               map[[3]int]int64
	ticks                int64
}

func newSynth(cpus, groups, events int) *synth {
	return &synth{cpus: cpus, groups: groups, events: events, periodNS: 100e6, rng: rand.New(rand.NewPCG(1, 2)), values: map[[3]int]int64{}}
}

func (s *synth) manifest(host, run string) Manifest {
	m := Manifest{Host: host, Run: run, StartNS: testStart, BootID: "test"}
	for g := range s.groups {
		gr := Group{Name: "g" + string(rune('0'+g))}
		for e := range s.events {
			gr.Events = append(gr.Events, GroupEvent{Name: gr.Name + "e" + string(rune('0'+e)), Unit: "1"})
		}
		m.Groups = append(m.Groups, gr)
	}
	m.Tables = []TableInfo{{Name: TableCounters, PeriodNS: s.periodNS, Scopes: []string{"cpu"}}, {Name: TableNodes, PeriodNS: s.periodNS},
		{Name: TableSamples, Scopes: []string{string(MinorFault)}}, {Name: TableNotes}}
	return m
}

// tick writes one reading of everything.
func (s *synth) tick(w *Writer) {
	s.ticks++
	base := testStart + s.ticks*s.periodNS
	for c := range s.cpus {
		ts := base + int64(c)*1000 + s.rng.Int64N(1000)
		for g := range s.groups {
			vals := make([]int64, s.events)
			for e := range vals {
				k := [3]int{c, g, e}
				s.values[k] += 1000 + s.rng.Int64N(100)
				vals[e] = s.values[k]
			}
			w.Counter(CounterRow{TS: ts, Scope: ScopeCPU, Instance: int32(c), Group: g, Values: vals, Enabled: s.ticks * s.periodNS, Running: s.ticks * s.periodNS})
		}
	}
	for n := range 2 {
		w.Node(NodeRow{TS: base, Node: int32(n), Values: []int64{s.ticks * 10, int64(n)}, Valid: []bool{true, s.ticks%3 != 0}})
	}
	w.Sample(Sample{TS: base + 5, Kind: MinorFault, CPU: int32(s.ticks) % int32(s.cpus), PID: 7, TID: 8, IP: 1 << 63, Addr: 0xffff_ffff_ffff_f000, CPUNode: 0, MemNode: int32(s.ticks % 2), Weight: 1})
}

var testNodeColumns = []string{"numa_hit", "MemFree"}

// testLimits leave the disk's own state out of the tests.
func testOptions(root string) WriterOptions { return WriterOptions{Root: root, KeepFreeBytes: -1} }

func create(t testing.TB, o WriterOptions, m Manifest) *Writer {
	t.Helper()
	w, err := Create(o, m, testNodeColumns)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestWriterMakesFiles(t *testing.T) {
	root := t.TempDir()
	s := newSynth(4, 2, 3)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	w.Note(Note{TS: testStart, Kind: NoteStart, Text: "start"})
	for range 30 {
		s.tick(w)
		if s.ticks%10 == 0 {
			ok(t, w.Flush())
		}
	}
	for _, f := range []string{"counters.000001.arrows", "nodes.000001.arrows", "samples.000001.arrows", "notes.000001.arrows", "run.json"} {
		if _, err := os.Stat(filepath.Join(root, "h", "r", f)); err != nil {
			t.Error(err)
		}
	}
	ok(t, w.Rotate())
	s.tick(w)
	ok(t, w.Seal(func(m *Manifest) { m.EndNS = testStart + int64(time.Hour) }))
	m, err := ParseManifest(mustRead(t, filepath.Join(root, "h", "r", "run.json")), "h", "r")
	ok(t, err)
	if m.State != Sealed || len(m.Segments) != 7 {
		t.Errorf("state %s with %d segments: %+v", m.State, len(m.Segments), m.Segments)
	}
	for _, s := range m.Segments {
		if s.Format != formatParquet || s.Rows == 0 || s.SHA256 == "" || s.Bytes == 0 {
			t.Errorf("not sealed: %+v", s)
		}
	}
	if keep := os.Getenv("KEEP"); keep != "" {
		os.CopyFS(keep, os.DirFS(root))
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	ok(t, err)
	return b
}
