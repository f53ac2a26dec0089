package exporttest

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// The host and run that Long makes.
const (
	LongHost = "long"
	LongRun  = "20261124T065040Z-long"
)

// LongOptions say how a long run is made.
type LongOptions struct {
	Root     string
	Duration time.Duration
	// CPUs of the machine, on four nodes of two sockets; 0 is 128.
	CPUs int
	// Fine is the part at the end that is read at 10 Hz; what is before it is
	// read once in Coarse, and only its levels of ten seconds and more are
	// kept. 0 is all of it.
	Fine, Coarse time.Duration
	// Live leaves the run in state recording, with its tails.
	Live bool
}

// Long makes a run of eight events of a large machine, for benchmarks. Its
// counts have the noise of real ones: CPUs that are busy, that work in bursts
// and that idle.
func Long(o LongOptions) error {
	if o.CPUs == 0 {
		o.CPUs = 128
	}
	l := &long{o: o, rng: rand.New(rand.NewPCG(11, 12)), values: make([][8]int64, o.CPUs), enabled: make([]int64, o.CPUs)}
	w, err := export.Create(l.writerOptions(), l.manifest(), nil)
	if err != nil {
		return err
	}
	l.w = w
	total, coarse := int64(o.Duration), int64(0)
	if o.Fine > 0 {
		coarse = max(total-int64(o.Fine), 0)
	}
	for at := int64(0); at < total; {
		step := int64(100 * time.Millisecond)
		if at < coarse {
			step = int64(o.Coarse)
		}
		at += step
		l.tick(at, step)
		if at%int64(time.Second) != 0 {
			continue
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if o.Live {
		return nil
	}
	return w.Seal(func(m *export.Manifest) { m.EndNS = Start.UnixNano() + total })
}

type long struct {
	o       LongOptions
	w       *export.Writer
	rng     *rand.Rand
	values  [][8]int64
	enabled []int64
}

func (l *long) writerOptions() export.WriterOptions {
	o := export.WriterOptions{Root: l.o.Root, MaxBytes: -1, KeepFreeBytes: -1}
	if l.o.Fine > 0 {
		keep := l.o.Fine + time.Hour
		o.Keep = map[string]time.Duration{export.TableCounters: keep, export.LevelTables()[0].Name: keep}
	}
	return o
}

func (l *long) manifest() export.Manifest {
	group := func(name string, events ...string) export.Group {
		g := export.Group{Name: name}
		for _, e := range events {
			g.Events = append(g.Events, export.GroupEvent{Name: e, Spec: e, Unit: "1", Help: "synthetic " + e})
		}
		return g
	}
	t := numa.Topology{CacheLineBytes: 64, PageBytes: 4096}
	for c := range l.o.CPUs {
		n := c * 4 / l.o.CPUs
		t.CPUs = append(t.CPUs, numa.CPU{ID: c, Core: c, Socket: n / 2, Node: n})
	}
	for n := range 4 {
		node := numa.Node{ID: n, MemoryBytes: 64 << 30, Distances: topology().Nodes[n].Distances}
		for _, c := range t.CPUs {
			if c.Node == n {
				node.CPUs = append(node.CPUs, c.ID)
			}
		}
		t.Nodes = append(t.Nodes, node)
	}
	// Where a part is read less often, that is no gap.
	period := int64(100e6)
	if l.o.Fine > 0 {
		period = int64(l.o.Coarse) / 2
	}
	return export.Manifest{
		Host: LongHost, Run: LongRun, Name: "long", Emulated: Emulated, Topology: t, Rung: numa.Counters, StartNS: Start.UnixNano(),
		Groups: []export.Group{group("core", "cycles", "instructions", "LLC-loads", "LLC-load-misses"), group("node", "node-loads", "node-load-misses", "hitm-local", "hitm-remote")},
		Tables: []export.TableInfo{{Name: export.TableCounters, PeriodNS: period, Scopes: []string{string(export.ScopeCPU)}}},
	}
}

// tick reads every CPU: both groups at nearly the same moment.
func (l *long) tick(at, step int64) {
	for c := range l.o.CPUs {
		busy := 0.9
		switch c % 5 {
		case 1, 3:
			busy = 0.02
			if (at/5e9+int64(c))%3 == 0 {
				busy = 0.8
			}
		case 4:
			busy = 0.002
		}
		noise := func(of, sd float64) float64 { return of * (1 + sd*(l.rng.Float64()*2-1)) }
		instructions := noise(2e9*busy*float64(step)/1e9, 0.05)
		loads := noise(instructions*0.012, 0.09)
		misses := noise(loads*0.22, 0.14)
		remote := noise(misses*(0.08+0.04*math.Sin(float64(at)/3e12)), 0.1)
		l.enabled[c] += step
		for i, x := range [8]float64{noise(instructions*1.3, 0.02), instructions, loads, misses, misses - remote, remote, remote * 0.01, remote * 0.004} {
			l.values[c][i] += int64(x)
		}
		ts := Start.UnixNano() + at + int64(c)*2000 + l.rng.Int64N(30e3)
		for g := range 2 {
			l.w.Counter(export.CounterRow{TS: ts, Scope: export.ScopeCPU, Instance: int32(c), Group: g, Values: l.values[c][4*g : 4*g+4], Enabled: l.enabled[c], Running: l.enabled[c]})
		}
	}
}
