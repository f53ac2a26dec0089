// Package numastat collects the table nodes: what the kernel counts for each
// NUMA node in numastat, meminfo and vmstat.
//
// Columns keep the kernel's names. Those of numastat stand as they are
// (numa_hit, in pages allocated); those of the others name their file, since
// they say the same in other units: meminfo.MemFree in bytes (the kernel's kB
// are converted; HugePages_* are counts), vmstat.nr_free_pages in pages.
// numastat, and in vmstat the names that begin with numa_, pg or workingset_,
// are cumulative; the rest of vmstat and meminfo are gauges, but for
// nr_dirtied, nr_written, nr_vmscan_*, nr_throttled_written and
// nr_foll_pin_*, which are cumulative too.
//
// These are counts of placement: where pages were allocated, not where they
// are accessed from.
//
// Cost: three reads a node and second, 29 µs together on a two-CPU virtual
// machine, most of it the kernel's formatting (45 µs with the files opened
// anew each time). It refuses to be quicker than once a
// second: the kernel itself folds these counts only about that often.
package numastat

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

const period = time.Second

// Options say which nodes are read and where.
type Options struct {
	Roots collect.Roots
	Nodes []numa.Node
	Clock export.Clock
}

// Collector holds the open files of all nodes.
type Collector struct {
	clock   export.Clock
	columns []string
	nodes   []*node
	buf     []byte // what was read of one file
	values  []int64
	valid   []bool
}

// Open opens the files of every node and fixes the columns. A host without
// nodes gives a nil Collector and the reason.
func Open(o Options) (collect.Collector, collect.Report, error) {
	c := &Collector{clock: o.Clock, buf: make([]byte, bufferBytes)}
	var report collect.Report
	off := numaStatOff(o.Roots)
	for _, n := range o.Nodes {
		dir := filepath.Join(o.Roots.Sys, fmt.Sprintf("devices/system/node/node%d", n.ID))
		c.nodes = append(c.nodes, newNode(n.ID, dir))
	}
	missing := missingFiles{}
	for _, n := range c.nodes {
		missing.add(n.probe(&c.columns, c.buf, off))
	}
	c.nodes = slices.DeleteFunc(c.nodes, func(n *node) bool { return len(n.files) == 0 })
	report.Unavailable = append(report.Unavailable, missing.list...)
	if off {
		report.Unavailable = append(report.Unavailable, numa.Unavailable{
			Feature: "nodes: numa_hit, numa_miss and the other allocation counts",
			Why:     "vm.numa_stat is 0: this kernel does not count them",
			Remedy:  "sysctl vm.numa_stat=1",
		})
	}
	if len(c.columns) == 0 {
		return nil, report, c.Close()
	}
	c.values = make([]int64, len(c.columns))
	c.valid = make([]bool, len(c.columns))
	for _, n := range c.nodes {
		n.index(c.columns)
	}
	report.NodeColumns = c.columns
	report.Rung = numa.Placement
	report.Tables = []export.TableInfo{{Name: export.TableNodes, PeriodNS: int64(period)}}
	return c, report, nil
}

// missingFiles joins what could not be opened by the name of the file, which
// is mostly missing from all nodes or none.
type missingFiles struct{ list []numa.Unavailable }

func (m *missingFiles) add(failed map[string]error) {
	for _, name := range fileNames {
		err, ok := failed[name]
		feature := "nodes: " + name
		if !ok || slices.ContainsFunc(m.list, func(u numa.Unavailable) bool { return u.Feature == feature }) {
			continue
		}
		m.list = append(m.list, numa.Unavailable{
			Feature: feature,
			Why:     err.Error(),
			Remedy:  "use a newer kernel with CONFIG_NUMA, and let the agent read /sys/devices/system/node",
		})
	}
}

// Name implements collect.Collector.
func (c *Collector) Name() string { return "numastat" }

// Period implements collect.Collector.
func (c *Collector) Period() time.Duration { return period }

// Drain reads every node once. A node that cannot be read is noted once and
// tried again: it may have been taken offline.
func (c *Collector) Drain(sink collect.Sink) error {
	for _, n := range c.nodes {
		ts := c.clock.Wall(collect.MonotonicNS())
		clear(c.valid)
		err := n.read(c.buf, c.values, c.valid)
		if n.changed(err) {
			sink.Note(n.note(ts, err))
		}
		if err == nil {
			sink.Node(export.NodeRow{TS: ts, Node: int32(n.id), Values: c.values, Valid: c.valid})
		}
	}
	return nil
}

// Finish implements collect.Collector.
func (c *Collector) Finish(sink collect.Sink) error { return c.Drain(sink) }

// Close closes the files.
func (c *Collector) Close() error {
	for _, n := range c.nodes {
		n.close()
	}
	return nil
}

// numaStatOff says whether the administrator has told the kernel not to count
// (vm.numa_stat, since 4.15): the files then show numbers that stand still.
func numaStatOff(roots collect.Roots) bool {
	b, err := os.ReadFile(filepath.Join(roots.Proc, "sys/vm/numa_stat"))
	return err == nil && strings.TrimSpace(string(b)) == "0"
}
