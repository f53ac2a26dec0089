package perfdata

import (
	"fmt"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

// found is a sink that keeps what it is told.
type found struct {
	samples  []export.Sample
	warnings []string
	facts    map[string][]string
	topology *numa.Topology
	figures  int
}

func (f *found) Figure(imports.Figure)         { f.figures++ }
func (f *found) Sample(_ int, s export.Sample) { f.samples = append(f.samples, s) }
func (f *found) Warn(_ int, text string)       { f.warnings = append(f.warnings, text) }
func (f *found) Topology(t numa.Topology)      { f.topology = &t }
func (f *found) fact(key string) string        { return strings.Join(f.facts[key], "; ") }
func (f *found) warned(part string) bool {
	return slices.ContainsFunc(f.warnings, func(w string) bool { return strings.Contains(w, part) })
}
func (f *found) byTime() []export.Sample {
	s := slices.Clone(f.samples)
	slices.SortStableFunc(s, func(a, b export.Sample) int { return int(a.TS - b.TS) })
	return s
}

func (f *found) Fact(key, value string) {
	if f.facts == nil {
		f.facts = map[string][]string{}
	}
	f.facts[key] = append(f.facts[key], value)
}

// counting is a sink that only counts, for benchmarks.
type counting struct{ samples, warnings int }

func (c *counting) Figure(imports.Figure)              {}
func (c *counting) Sample(int, export.Sample)          { c.samples++ }
func (c *counting) Placement(int, export.PlacementRow) {}
func (c *counting) Event(int, export.Event)            {}
func (c *counting) Warn(int, string)                   { c.warnings++ }
func (c *counting) Fact(string, string)                {}
func (c *counting) Topology(numa.Topology)             {}

// line is a sample as perf script -F comm,pid,tid,cpu,time,addr,data_src,
// weight,ip,phys_addr shows it, without what is no number.
func line(s export.Sample) string {
	return fmt.Sprintf("%d/%d [%03d] %d.%09d %d %x %x %d %x %x", s.PID, s.TID, s.CPU, s.TS/1e9, s.TS%1e9, s.Weight, s.Addr, s.DataSrc, s.Latency, s.IP, s.Phys)
}

func (f *found) Placement(int, export.PlacementRow) {}
func (f *found) Event(int, export.Event)            {}
