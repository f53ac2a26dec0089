// Package placement looks at where the pages of chosen processes lie: the
// recorded command and the processes that it starts, or any that are named.
// It fills the table placement.
//
// A small process is read whole from /proc/PID/numa_maps, which tells node,
// policy, size of page, and what is anonymous or dirty. The kernel walks page
// tables for that and holds the process's mmap lock for reading meanwhile;
// whatever maps, unmaps or, on kernels before per-VMA locks (6.4), faults,
// waits. So the file is read in pieces so small that each holds the lock for
// one mapping only, and a process that is estimated to take longer than
// HoldLimit is not read at all: random pages of it are asked for by
// move_pages, which moves nothing when no node is given and holds the lock for
// sixteen pages at a time. Such rows say how many pages they rest on.
//
// What it costs: docs/decisions/reading-placement.md has the figures. A look
// takes some 20 ms a GB of small pages when it reads, four to twelve ms when
// it samples; the next one at the same process comes no sooner than a thousand
// times as long after, so a process costs a thousandth of a CPU at most.
//
// It refuses to guess: transparent huge pages are not told by node and so not
// told; a policy is not told in an estimate. A descendant whose parent ended
// between two looks before it was ever seen is missed. Without CAP_SYS_PTRACE
// it sees the processes of its own user.
package placement

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

const (
	// period between looks, once a command has run for a few.
	period = 5 * time.Second
	// The first looks come sooner: a short command would else have none.
	firstPeriod = time.Second
	firstLooks  = 5
	// HoldLimit is how long a look may hold a process's lock.
	HoldLimit = 10 * time.Millisecond
	// tickLimit is how long the looks of one tick may take together. What is
	// left waits for the next.
	tickLimit = 25 * time.Millisecond
	// costShare is one over the share of a CPU that looks at one process take.
	costShare = 1000
)

// Options say whom to look at.
type Options struct {
	Roots collect.Roots
	Clock export.Clock
	// Command is the recorded command, held back still; its descendants are
	// looked at as well. 0 is none.
	Command int
	// PIDs are other processes, with their descendants.
	PIDs []int
	// Cgroups are control groups whose processes are looked at, as
	// /proc/PID/cgroup names them: "/batch/job7".
	Cgroups []string
	// Period is how often to look, whatever that costs; 0 is the package's,
	// and less often at a process that takes long.
	Period time.Duration
	// PageBytes is the size of a base page.
	PageBytes int
	// HoldLimit is another limit than the package's; 0 is that.
	HoldLimit time.Duration
}

// Collector looks at processes.
type Collector struct {
	o       Options
	family  *family
	cost    walkCost
	sampler sampler
	begun   bool
	ticks   int
	found   totals
}

// totals are what is told at the end.
type totals struct {
	reads, estimates int
	longest          time.Duration // a call of the kernel's that held a lock
}

// Open asks once whether anyone can be looked at. Without anyone to look at,
// the Collector is nil and nothing is missing.
func Open(o Options) (collect.Collector, collect.Report, error) {
	var report collect.Report
	pids := slices.Clone(o.PIDs)
	if o.Command != 0 {
		pids = append(pids, o.Command)
	}
	if len(pids) == 0 && len(o.Cgroups) == 0 {
		return nil, report, nil
	}
	if o.PageBytes <= 0 {
		return nil, report, errors.New("placement: the size of a page is not given")
	}
	if o.HoldLimit == 0 {
		o.HoldLimit = HoldLimit
	}
	who := "self"
	if len(pids) > 0 {
		who = strconv.Itoa(pids[0])
	}
	f, err := os.Open(filepath.Join(o.Roots.Proc, who, "numa_maps"))
	if err != nil {
		report.Unavailable = []numa.Unavailable{refusal(err)}
		return nil, report, nil
	}
	f.Close()
	c := &Collector{o: o, family: newFamily(o.Roots, pids), cost: walkCost{perPage: nsPerPage}, sampler: newSampler()}
	for _, name := range o.Cgroups {
		if !c.family.follow(name) {
			report.Unavailable = append(report.Unavailable, numa.Unavailable{
				Feature: "placement: processes of the control group " + name, Why: "there is no such group below " + filepath.Join(o.Roots.Sys, cgroupDir),
				Remedy: "name it as /proc/PID/cgroup does; in a container, mount the host's control groups",
			})
		}
	}
	report.Rung = numa.Placement
	table := export.TableInfo{Name: export.TablePlacement, PeriodNS: int64(cmp.Or(o.Period, period))}
	for _, kind := range export.PlacementKinds() {
		table.Scopes = append(table.Scopes, string(kind))
	}
	report.Tables = []export.TableInfo{table}
	return c, report, nil
}

func refusal(err error) numa.Unavailable {
	u := numa.Unavailable{Feature: "placement: where the command's pages lie", Why: err.Error()}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		u.Remedy = "use a kernel with CONFIG_NUMA, which has /proc/PID/numa_maps"
	case errors.Is(err, fs.ErrPermission):
		u.Remedy = "give the agent CAP_SYS_PTRACE, or run the command as the agent's own user"
	}
	return u
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "placement" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration {
	if c.ticks < firstLooks && c.o.Period == 0 {
		return firstPeriod
	}
	return cmp.Or(c.o.Period, period)
}

// Drain looks at every process that is due.
func (c *Collector) Drain(sink collect.Sink) error {
	if !c.begun {
		// The command is held back still, and what is there is our own.
		c.begun = true
		return nil
	}
	c.ticks++
	c.family.update()
	c.lookAtDue(sink)
	return nil
}

// Finish says what the looks took.
func (c *Collector) Finish(sink collect.Sink) error {
	if c.found.reads+c.found.estimates > 0 {
		sink.Note(export.Note{TS: c.now(), Kind: export.NoteMark, Table: export.TablePlacement, Text: fmt.Sprintf(
			"%d looks read all pages, %d asked for random ones; the longest call took %v", c.found.reads, c.found.estimates, c.found.longest.Round(time.Microsecond))})
	}
	return nil
}

// Close has nothing open.
func (c *Collector) Close() error { return nil }

func (c *Collector) now() int64 { return c.o.Clock.Wall(collect.MonotonicNS()) }

// lookAtDue takes those first that have waited longest.
func (c *Collector) lookAtDue(sink collect.Sink) {
	began := time.Now()
	for _, p := range c.family.byWait() {
		now := time.Now()
		if now.Sub(began) > tickLimit {
			return
		}
		if now.Before(p.due) {
			continue
		}
		err := c.look(p, sink)
		took := time.Since(now)
		p.looked = now
		if c.o.Period == 0 {
			p.due = now.Add(took * costShare)
		}
		if err != nil && !p.refused && !gone(err) {
			p.refused = true // told once
			sink.Note(export.Note{TS: c.now(), Kind: export.NoteMark, Table: export.TablePlacement, Text: fmt.Sprintf("process %d (%s) cannot be looked at: %v", p.pid, p.comm, err)})
		}
	}
}

// look reads a process, or estimates it.
func (c *Collector) look(p *process, sink collect.Sink) error {
	resident, err := p.residentPages(c.o.Roots)
	if err != nil || resident == 0 {
		return err // a zombie has no pages
	}
	ts := c.now()
	var t tally
	if c.cost.of(resident) <= c.o.HoldLimit {
		t, err = c.read(p, resident)
	} else {
		t, err = c.estimate(p)
	}
	if err != nil {
		return err
	}
	for _, row := range t.rows() {
		row.TS, row.PID, row.Comm = ts, int32(p.pid), p.comm
		sink.Placement(row)
	}
	return nil
}

func (c *Collector) read(p *process, resident int64) (tally, error) {
	t := tally{}
	walk, err := readNumaMaps(c.o.Roots, p.pid, c.o.PageBytes, t.add)
	c.found.reads++
	c.found.longest = max(c.found.longest, walk.longest)
	c.cost.learn(resident, walk.took)
	return t, err
}

func (c *Collector) estimate(p *process) (tally, error) {
	areas, err := readAreas(c.o.Roots, p.pid)
	if err != nil {
		return nil, err
	}
	t := tally{}
	longest, err := c.sampler.sample(p.pid, areas, int64(c.o.PageBytes), t)
	c.found.estimates++
	c.found.longest = max(c.found.longest, longest)
	return t, err
}
