// Package balancing counts what the kernel does to move pages between nodes:
// the hint faults of NUMA balancing, which tell how often a page was touched
// from its own node and from another, and the pages that were migrated, by
// whomever. It fills the table counters under the scope "host".
//
// It costs one read of /proc/vmstat a second, for which the kernel adds up
// the counts of every CPU: 54 µs where there are two. It leaves out what
// /proc/PID/sched says of single threads: a thread that ends takes its counts
// along, so they cannot be summed over a process.
package balancing

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

const (
	period = time.Second
	// GroupName is the group of the events.
	GroupName = "balancing"
	// A kernel of today has 200 lines of 30 characters.
	fileBytes = 64 << 10
)

// counted are the lines that are kept, by the kernel's names (mm/vmstat.c).
var counted = []export.GroupEvent{
	{Name: "numa_pte_updates", Help: "base pages that NUMA balancing took away to see who touches them"},
	{Name: "numa_huge_pte_updates", Help: "huge pages that NUMA balancing took away to see who touches them"},
	{Name: "numa_hint_faults", Help: "touches that NUMA balancing caught"},
	{Name: "numa_hint_faults_local", Help: "those of them from the page's own node"},
	{Name: "numa_pages_migrated", Help: "pages that NUMA balancing moved to the node that touched them"},
	{Name: "pgmigrate_success", Help: "pages moved, by anyone: balancing, move_pages, compaction, hotplug"},
	{Name: "pgmigrate_fail", Help: "pages that were to be moved and could not be"},
	{Name: "thp_migration_success", Help: "huge pages moved whole, by anyone"},
}

// hints are what rung 4 rests on.
const hints = "numa_hint_faults"

// Options say how to open the collector.
type Options struct {
	Roots collect.Roots
	Clock export.Clock
	// FirstGroup is the index at which the report's group will stand in the
	// manifest.
	FirstGroup int
}

// Collector holds the open file.
type Collector struct {
	clock   export.Clock
	group   int
	fd      int
	names   []string
	values  []int64
	buf     []byte
	started int64
}

// Open finds which of the counts this kernel has.
func Open(o Options) (collect.Collector, collect.Report, error) {
	var report collect.Report
	path := filepath.Join(o.Roots.Proc, "vmstat")
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		report.Unavailable = []numa.Unavailable{{Feature: "counters: NUMA hint faults and page migrations", Why: fmt.Sprintf("%s: %v", path, err), Remedy: "let the agent read /proc"}}
		return nil, report, nil
	}
	c := &Collector{clock: o.Clock, group: o.FirstGroup, fd: fd, buf: make([]byte, fileBytes), started: collect.MonotonicNS()}
	group := export.Group{Name: GroupName, Scope: export.ScopeHost}
	n, err := unix.Pread(fd, c.buf, 0)
	for _, e := range counted {
		if _, there := find(c.buf[:max(n, 0)], e.Name); there {
			e.Spec, e.Unit, e.Proven = "/proc/vmstat", "1", true
			group.Events = append(group.Events, e)
			c.names = append(c.names, e.Name)
		}
	}
	if !slices.Contains(c.names, hints) {
		report.Unavailable = append(report.Unavailable, numa.Unavailable{
			Feature: "counters: NUMA hint faults", Why: path + " has no " + hints, Remedy: "boot a kernel with CONFIG_NUMA_BALANCING",
		})
	}
	if err != nil || len(c.names) == 0 {
		return nil, report, c.Close()
	}
	c.values = make([]int64, len(c.names))
	scope := string(export.ScopeHost)
	report.Groups = []export.Group{group}
	report.Tables = []export.TableInfo{{Name: export.TableCounters, Scopes: []string{scope}, ScopePeriodNS: map[string]int64{scope: int64(period)}}}
	if balancingOn(o.Roots) {
		report.Rung = numa.HintFaults
	}
	return c, report, nil
}

// balancingOn: without it hint faults stay 0 and prove nothing.
func balancingOn(roots collect.Roots) bool {
	var mode [8]byte
	fd, err := unix.Open(filepath.Join(roots.Proc, "sys/kernel/numa_balancing"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, mode[:])
	return err == nil && n > 0 && mode[0] != '0'
}

// find reads the line of a name; there is one space and a number.
func find(vmstat []byte, name string) (int64, bool) {
	for line := range bytes.Lines(vmstat) {
		rest, ok := bytes.CutPrefix(line, []byte(name+" "))
		if !ok {
			continue
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(rest)), 10, 64)
		return n, err == nil && n >= 0
	}
	return 0, false
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "balancing" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration { return period }

// Drain appends one row.
func (c *Collector) Drain(sink collect.Sink) error {
	now := collect.MonotonicNS()
	n, err := unix.Pread(c.fd, c.buf, 0)
	if err != nil {
		return fmt.Errorf("read /proc/vmstat: %w", err)
	}
	for i, name := range c.names {
		var there bool
		if c.values[i], there = find(c.buf[:n], name); !there {
			return fmt.Errorf("read /proc/vmstat: %s is not there any more", name)
		}
	}
	sink.Counter(export.CounterRow{
		TS: c.clock.Wall(now), Scope: export.ScopeHost, Group: c.group, Values: c.values,
		Enabled: now - c.started, Running: now - c.started,
	})
	return nil
}

// Finish implements collect.Collector.
func (c *Collector) Finish(sink collect.Sink) error { return c.Drain(sink) }

// Close closes the file.
func (c *Collector) Close() error { return unix.Close(c.fd) }
