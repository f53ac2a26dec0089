package series

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

const second = int64(time.Second)

func manifest() *export.Manifest {
	m := &export.Manifest{Host: "h", Run: "r", StartNS: 1000 * second, Groups: []export.Group{
		{Name: "a", Events: []export.GroupEvent{{Name: "node-loads", Unit: "1"}, {Name: "cpu-clock", Unit: "ns"}}},
		{Name: "b", Events: []export.GroupEvent{{Name: "node.loads", Unit: "1"}}},
	}, Tables: []export.TableInfo{{Name: export.TableCounters, PeriodNS: second / 10}, {Name: export.TableNodes, PeriodNS: second}}}
	for cpu := range 4 {
		m.Topology.CPUs = append(m.Topology.CPUs, numa.CPU{ID: cpu, Node: cpu / 2, Socket: 0})
	}
	m.Topology.Nodes = []numa.Node{{ID: 0, CPUs: []int{0, 1}}, {ID: 1, CPUs: []int{2, 3}}}
	return m
}

func value(t *testing.T, tick Tick, name string, labels ...string) float64 {
	t.Helper()
	v, ok := find(tick, name, labels...)
	if !ok {
		t.Fatalf("no series %s %v", name, labels)
	}
	return v
}

func find(tick Tick, name string, labels ...string) (float64, bool) {
	for _, s := range tick.Samples {
		var all []string
		for _, l := range s.Labels {
			all = append(all, l.Name+"="+l.Value)
		}
		text := " " + strings.Join(all, " ") + " "
		ok := s.Name == name
		for _, l := range labels {
			ok = ok && strings.Contains(text, " "+l+" ")
		}
		if ok {
			return s.Value, true
		}
	}
	return 0, false
}

// TestAccumulatesWhatIsKnown feeds random readings, with gaps, resets and
// multiplexing, and holds every tick against sums that are made step by step.
func TestAccumulatesWhatIsKnown(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		r := New(manifest(), nil, Options{})
		type cpu struct {
			value, enabled, running int64
			epoch                   int32
			last                    int64
		}
		cpus := make([]cpu, 4)
		want, before := [2]float64{}, [2]float64{}
		ticks, inTick := 0, [4][3]int64{}
		for ts := 1000 * second; ts < 1100*second; ts += second / 10 {
			for {
				tick, ok := r.Due(ts - 1)
				if !ok {
					break
				}
				ticks++
				for node := range 2 {
					got := value(t, tick, "numalens_node_loads_total", "node="+string(rune('0'+node)))
					if math.Abs(got-want[node]) > 1 || got < before[node] {
						t.Fatalf("seed %d, tick %d: node %d has %v after %v, want %v", seed, ticks, node, got, before[node], want[node])
					}
					before[node] = got
				}
			}
			for i := range cpus {
				c := &cpus[i]
				switch {
				case rnd.IntN(100) == 0: // a reset
					c.value, c.epoch = 0, c.epoch+1
				case rnd.IntN(300) == 0: // a step down that nobody announced
					c.value /= 2
				}
				grown, enabled, running := int64(rnd.IntN(1000)), second/10, second/10
				if i == 1 {
					running /= int64(1 + rnd.IntN(4))
				}
				was := *c
				c.value, c.enabled, c.running = c.value+grown, c.enabled+enabled, c.running+running
				if rnd.IntN(10) == 0 {
					continue // not read
				}
				if was.last > 0 && ts-was.last <= second/4 && c.epoch == lastEpoch[i] && c.value >= lastValue[i] {
					inTick[i][0] += c.value - lastValue[i]
					inTick[i][1] += c.enabled - lastEnabled[i]
					inTick[i][2] += c.running - lastRunning[i]
				}
				c.last, lastEpoch[i], lastValue[i], lastEnabled[i], lastRunning[i] = ts, c.epoch, c.value, c.enabled, c.running
				r.Counter(&export.CounterRow{TS: ts, Scope: export.ScopeCPU, Instance: int32(i), Group: 0, Values: []int64{c.value, c.enabled}, Enabled: c.enabled, Running: c.running, Epoch: c.epoch})
			}
			if (ts+second/10)%(10*second) == second/10 { // the last readings of a tick are in
				for i := range inTick {
					if inTick[i][2] > 0 {
						want[i/2] += float64(inTick[i][0]) * float64(inTick[i][1]) / float64(inTick[i][2])
					}
					inTick[i] = [3]int64{}
				}
			}
		}
		if ticks < 9 {
			t.Fatalf("%d ticks", ticks)
		}
	}
}

var (
	lastEpoch                           [4]int32
	lastValue, lastEnabled, lastRunning [4]int64
)

func TestWhatIsNotReadHasNoSeries(t *testing.T) {
	r := New(manifest(), []string{"numa_hit", "meminfo.MemFree", "vmstat.nr_free_pages"}, Options{})
	for s := range int64(12) {
		ts := (1000 + s) * second
		r.Node(&export.NodeRow{TS: ts, Node: 0, Values: []int64{5 * s, 4096, 7}, Valid: []bool{true, s < 3, true}})
		r.Counter(&export.CounterRow{TS: ts, Scope: export.ScopeAgent, Group: 1, Values: []int64{s}, Enabled: s, Running: s})
	}
	tick, ok := r.Due(1011 * second)
	if !ok || tick.MS != 1010_000 {
		t.Fatalf("tick %v %v", tick.MS, ok)
	}
	if got := value(t, tick, "numalens_numastat_numa_hit_pages_total", "node=0", "socket=0"); got != 50 {
		t.Errorf("numa_hit grew by %v", got)
	}
	if got := value(t, tick, CountedTime, "group=nodes"); got != 10 {
		t.Errorf("counted for %v s", got)
	}
	for _, absent := range []string{"numalens_node_loads_total", "numalens_vmstat_nr_free_pages"} {
		if v, ok := find(tick, absent); ok && absent != "numalens_node_loads_total" {
			t.Errorf("%s is %v, and was never read", absent, v)
		}
	}
	// Group b's event differs from group a's in what a series' name cannot
	// have; it came first here.
	if _, ok := find(tick, "numalens_node_loads_total", "host=h", "run=r"); !ok {
		t.Error("no series of the agent's group")
	}
	r.Node(&export.NodeRow{TS: 1012 * second, Node: 0, Values: []int64{60, 0, 7}, Valid: []bool{true, false, true}})
	last, markers := r.End(1013 * second)
	if v, ok := find(last, "numalens_meminfo_MemFree_bytes"); ok {
		t.Errorf("MemFree is %v, and was not read in the last tick", v)
	}
	if got := value(t, last, "numalens_numastat_numa_hit_pages_total"); got != 60 || last.MS != 1013_000 {
		t.Errorf("at the end numa_hit is %v at %d", got, last.MS)
	}
	if _, ok := find(last, EndInfo, "end_ns=1013000000000"); !ok {
		t.Error("the run's end is not told")
	}
	for _, s := range markers.Samples {
		if math.Float64bits(s.Value) != 0x7ff0000000000002 {
			t.Errorf("%s ends in %v", s.Name, s.Value)
		}
	}
}

func TestNames(t *testing.T) {
	r := New(manifest(), nil, Options{})
	for g, values := range [][]int64{{1, 2}, {3}} {
		r.Counter(&export.CounterRow{TS: 1001 * second, Scope: export.ScopeCPU, Group: g, Values: values})
	}
	tick, _ := r.Due(1011 * second)
	for _, want := range []string{"numalens_node_loads_total", "numalens_node_loads_2_total", "numalens_cpu_clock_seconds_total"} {
		value(t, tick, want, "node=0")
	}
	for column, want := range map[string]string{
		"meminfo.Active(anon)": "numalens_meminfo_Active_anon_bytes", "meminfo.HugePages_Free": "numalens_meminfo_HugePages_Free_pages",
		"vmstat.nr_dirtied": "numalens_vmstat_nr_dirtied_total", "vmstat.nr_dirty": "numalens_vmstat_nr_dirty",
	} {
		if got := nodeColumnName(column); got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
}

func TestSamplesByNode(t *testing.T) {
	m := manifest()
	m.Tables = append(m.Tables, export.TableInfo{Name: export.TableSamples, Scopes: []string{"minor-fault"}})
	r := New(m, nil, Options{Interval: time.Second})
	r.Sample(&export.Sample{TS: 1000*second + 5, Kind: export.MinorFault, CPU: 2, MemNode: 0, Weight: 8})
	r.Sample(&export.Sample{TS: 1000*second + 6, Kind: export.MinorFault, CPU: 2, MemNode: -1, Weight: 2})
	r.Sample(&export.Sample{TS: 1001*second + 6, Kind: export.MinorFault, CPU: 2, MemNode: 0, Weight: 100})
	tick, _ := r.Due(1001*second + second/2)
	if got := value(t, tick, "numalens_sampled_minor_faults_total", "node=1", "memory_node=0"); got != 8 {
		t.Errorf("%v faults of node 1 on node 0", got)
	}
	if got := value(t, tick, CountedTime, "group=samples/minor-fault"); got != 1 {
		t.Errorf("sampled for %v s", got)
	}
	r.Rest(true)
	tick, _ = r.Due(1002*second + second/2)
	if got := value(t, tick, CountedTime, "group=samples/minor-fault"); got != 1 {
		t.Errorf("sampled for %v s, while it rested", got)
	}
}

// BenchmarkCounter is what the series cost a reading: 128 CPUs read ten times
// a second are 1280 a second and group.
func BenchmarkCounter(b *testing.B) {
	r := New(manifest(), nil, Options{})
	row := export.CounterRow{TS: 1000 * second, Scope: export.ScopeCPU, Values: []int64{0, 0}}
	for b.Loop() {
		row.TS += second / 10
		row.Values[0] += 10
		row.Enabled += second / 10
		row.Running += second / 10
		r.Counter(&row)
		for {
			if _, ok := r.Due(row.TS); !ok {
				break
			}
		}
	}
}
