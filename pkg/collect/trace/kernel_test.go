package trace

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/sampling"
	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/collect/trace/tracetest"
	"github.com/numalens/numalens/pkg/export"
)

const stormVariable = "NUMALENS_TEST_STORM"

func TestMain(m *testing.M) {
	if noise := os.Getenv(stormVariable); noise != "" {
		os.Exit(storm(noise))
	}
	os.Exit(m.Run())
}

// storm is the traced process: it waits for a line, and tells what it did.
func storm(noise string) int {
	n, err := strconv.ParseInt(noise, 10, 64)
	if err == nil {
		_, err = bufio.NewReader(os.Stdin).ReadString('\n')
	}
	var a *tracetest.Account
	if err == nil {
		a, err = tracetest.Begin()
	}
	if err == nil {
		err = a.Storm(kept, n)
	}
	if err == nil {
		err = a.Write(os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

const kept = 2000

// traced opens a collector on a process that storms, and gives what it told.
// What is to come first is done before the process begins.
func traced(t *testing.T, noise int, o Options, first ...func(*Collector, *collecttest.Rows)) (*Collector, *collecttest.Rows, *tracetest.Account) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("[bpf] loading BPF programs needs CAP_BPF and CAP_PERFMON, or root")
	}
	info, err := hostinfo.Read(collect.HostRoots())
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d", stormVariable, noise))
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	clock, err := collect.ReadClock()
	if err != nil {
		t.Fatal(err)
	}
	o.Roots, o.Clock, o.Topology, o.OnlyPID, o.Watch = collect.HostRoots(), clock, &info.Topology, child.Process.Pid, []int{child.Process.Pid}
	opened, report, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if opened == nil {
		child.Process.Kill()
		t.Skipf("[bpf] this kernel or this user has none: %v", report.Unavailable)
	}
	c, rows, done := opened.(*Collector), &collecttest.Rows{}, make(chan error, 1)
	defer c.Close()
	wake := make(chan struct{}, 1)
	c.Notify(wake)
	drain := func() {
		if err := c.Drain(rows); err != nil {
			t.Fatal(err)
		}
	}
	drain()
	for _, do := range first {
		do(c, rows)
	}
	fmt.Fprintln(in)
	var a *tracetest.Account
	go func() {
		var err error
		a, err = tracetest.Read(out)
		done <- err
	}()
	for tick := time.NewTicker(time.Second); ; {
		select {
		case <-tick.C:
			drain()
			continue
		case <-wake:
			drain()
			continue
		case err = <-done:
		}
		break
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Finish(rows); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil {
		t.Fatal(err)
	}
	return c, rows, a
}

// last gives the last row of the group that the collector accounts with.
func last(c *Collector, rows *collecttest.Rows) map[string]int64 {
	values := map[string]int64{}
	row := rows.Counters[len(rows.Counters)-1]
	for i, e := range c.describeGroup().Events {
		values[e.Name] = row.Values[i]
	}
	return values
}

// TestWhatRulesAskForIsKept storms with some hundred thousand events a second
// of which few are asked for: by the thread's name, by the caller, by size.
func TestWhatRulesAskForIsKept(t *testing.T) {
	for _, text := range []string{"comm~^nl-keep", `caller~^(load_msg|alloc_msg|do_msgsnd|ksys_msgsnd|__.*msgsnd)`, "size>=1300,size<1400"} {
		t.Run(text, func(t *testing.T) {
			rule, err := sampling.ParseRule("name=it,kind=kmalloc," + text)
			if err != nil {
				t.Fatal(err)
			}
			c, rows, a := traced(t, 20_000, Options{What: []string{Kmalloc}, Keep: []sampling.Rule{rule}, Every: [sampling.KindCount]uint32{200, 200, 200, 200, 200}})
			byRule, bySampling := 0, int64(0)
			for _, e := range rows.Events {
				name, _ := c.names.Kernel(e.Caller - 1)
				switch {
				case e.Size == tracetest.StormSize && (e.Rule != "it" || e.Weight != 1):
					t.Fatalf("what matters was kept as %q with weight %d", e.Rule, e.Weight)
				case e.Size == tracetest.StormSize:
					byRule++
				case e.Rule == "" && c.head.Matches(e, name) >= 0:
					t.Fatalf("a rule matches %+v of %s, which was sampled", e, name)
				case e.Rule == "" && e.Weight == 1: // it came before it was judged
				case e.Rule == "" && e.Weight != 200:
					t.Fatalf("a sample of one in 200 weighs %d", e.Weight)
				case e.Rule == "":
					bySampling++
				}
			}
			if byRule != kept {
				t.Errorf("%d events that matter of %d", byRule, kept)
			}
			n := last(c, rows)
			if got := n["trace.kmalloc.ruled"] + n["trace.kmalloc.sampled"] + n["trace.kmalloc.thinned"] + n["trace.kmalloc.lost"]; got != n["trace.kmalloc.seen"] {
				t.Errorf("%d accounted for of %d seen", got, n["trace.kmalloc.seen"])
			}
			if bySampling != n["trace.kmalloc.sampled"] || n["trace.kmalloc.thinned"] == 0 {
				t.Errorf("%d samples came of %d; %d thinned", bySampling, n["trace.kmalloc.sampled"], n["trace.kmalloc.thinned"])
			}
			sumsAreExact(t, rows, a, n)
		})
	}
}

// sumsAreExact holds the sums against what the process did and what the
// programs saw.
func sumsAreExact(t *testing.T, rows *collecttest.Rows, a *tracetest.Account, n map[string]int64) {
	t.Helper()
	var all int64
	bySize := map[string]int64{}
	for _, r := range rows.Allocations {
		all += r.Count
		bySize[r.Comm] += r.Count
		if r.Weight != r.Count {
			t.Fatalf("a sum of everything is weighed: %+v", r)
		}
	}
	if all != n["trace.kmalloc.seen"] {
		t.Errorf("sums have %d events of %d", all, n["trace.kmalloc.seen"])
	}
	var noise int64
	for _, b := range a.Kmalloc {
		if b.Comm == tracetest.StormNoise {
			noise += b.Count
		}
	}
	if got := bySize[tracetest.StormNoise]; got < noise || got > noise+noise/100 {
		t.Errorf("sums of %s have %d events, it made %d", tracetest.StormNoise, got, noise)
	}
}

// TestProbesComeOffAndOn does what the governor asks for.
func TestProbesComeOffAndOn(t *testing.T) {
	decide := func(detach, attach []string, note string) sampling.Decision {
		return sampling.Decision{Every: [sampling.KindCount]uint32{1, 1, 1, 1, 1}, DrainEvery: time.Second, Detach: detach, Attach: attach, Notes: []string{note}}
	}
	kmalloc := []string{string(export.TracedKmalloc)}
	for name, on := range map[string]bool{"off": false, "off and on": true} {
		t.Run(name, func(t *testing.T) {
			_, rows, _ := traced(t, 1000, Options{What: []string{Kmalloc, Pages}}, func(c *Collector, rows *collecttest.Rows) {
				if err := c.follow(rows, decide(kmalloc, nil, "detached kmalloc: it cost much")); err != nil {
					t.Fatal(err)
				}
				if on {
					if err := c.follow(rows, decide(nil, kmalloc, "attached kmalloc: again")); err != nil {
						t.Fatal(err)
					}
				}
			})
			noise := 0
			for _, r := range rows.Allocations {
				if r.Kind == export.TracedKmalloc && r.Comm == tracetest.StormNoise {
					noise++
				}
			}
			if on != (noise > 0) {
				t.Errorf("%d sums of kmalloc", noise)
			}
			for _, n := range rows.Notes {
				if n.Kind == export.NoteMark && n.Table != "allocations/kmalloc" {
					t.Errorf("note %+v", n)
				}
			}
		})
	}
}

// TestFramesTakeTurns fills one map of frames, and has the other one take its
// place.
func TestFramesTakeTurns(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("[bpf] making BPF maps needs CAP_BPF, or root")
	}
	set, err := probes.Load(probes.ReadKernel(0, 64), probes.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	f := newFrames(set)
	put := func(turn uint32, hash uint64) {
		t.Helper()
		if err := f.table(turn).Put(hash, &probes.ObjectFrames{Count: 2, Addr: [64]uint64{hash, 2}}); err != nil {
			t.Fatal(err)
		}
	}
	most := f.table(0).MaxEntries()
	for hash := range uint64(most) {
		put(0, hash+1)
	}
	if got := f.read(7); len(got) != 2 || got[0] != 7 {
		t.Errorf("frames %v", got)
	}
	if err := f.follow(1, 10); err != nil || f.turn != 1 {
		t.Fatalf("turn %d, %v: a stack found no room", f.turn, err)
	}
	put(1, 1<<40)
	if got := f.read(8); len(got) != 2 {
		t.Error("a stack of the map that was left is not known")
	}
	for drains := int64(11); f.leaving > 0 && drains < 30; drains++ {
		if err := f.follow(1, drains); err != nil {
			t.Fatal(err)
		}
	}
	if f.leaving != 0 || f.read(9) != nil || len(f.read(1<<40)) != 2 {
		t.Errorf("leaving %d: the map that was left is not empty, or the other is", f.leaving)
	}
}
