package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

const (
	// CalibrationFile lies in a host's directory, beside its runs.
	CalibrationFile   = "calibration.json"
	formatCalibration = "numalens-calibration"
)

// Calibration is what known workloads showed on a host: how far its nodes are
// from each other, and which events count what their meaning says. Its layout
// page is docs/format/calibration.md.
type Calibration struct {
	Format  string   `json:"format"` // always "numalens-calibration"
	Version int      `json:"version"`
	TakenNS int64    `json:"taken_ns"` // wall clock, ns since the epoch
	TookNS  int64    `json:"took_ns"`
	Host    Identity `json:"host"`
	// Emulated names the emulator; then no time is given.
	Emulated string `json:"emulated,omitempty"`
	Quick    bool   `json:"quick,omitempty"`
	// Pairs has every node with CPUs against every node with memory.
	Pairs     []NodePair         `json:"pairs"`
	Transfers []Transfer         `json:"transfers,omitempty"`
	Events    []EventVerdict     `json:"events"`
	Missing   []numa.Unavailable `json:"unavailable,omitempty"`
}

// Identity is what a calibration is bound to: on a host that differs in one of
// these it says nothing.
type Identity struct {
	CPUModel  string `json:"cpu_model"`
	Microcode string `json:"microcode,omitempty"`
	Kernel    string `json:"kernel"`
	Topology  string `json:"topology"` // hash of CPUs, nodes, distances, caches
	Events    string `json:"events"`   // hash of the agent's event table
}

// Differences says in words what of a host is no longer as it was.
func (i Identity) Differences(now Identity) []string {
	var out []string
	for _, f := range []struct{ what, was, is string }{
		{"processor", i.CPUModel, now.CPUModel},
		{"microcode", i.Microcode, now.Microcode},
		{"kernel", i.Kernel, now.Kernel},
		{"topology", i.Topology, now.Topology},
		{"agent's event table", i.Events, now.Events},
	} {
		if f.was != f.is {
			out = append(out, fmt.Sprintf("the %s was %s and is %s", f.what, named(f.was), named(f.is)))
		}
	}
	return out
}

func named(s string) string {
	if s == "" {
		return "not told"
	}
	return s
}

// NodePair is memory of one node as CPUs of another saw it. Null is not known;
// Why then says why.
type NodePair struct {
	CPUNode    int    `json:"cpu_node"`
	MemoryNode int    `json:"memory_node"`
	Place      string `json:"place"` // "own node", "same socket", "other socket"
	// LatencyNS is the time of one load of a chain, from CPU.
	CPU       int      `json:"cpu"`
	LatencyNS *float64 `json:"latency_ns"`
	// BandwidthGB is what Threads, each on a core of its own, read together,
	// in 10⁹ bytes a second.
	Threads     int      `json:"threads"`
	BandwidthGB *float64 `json:"bandwidth_gb_per_second"`
	Bytes       int64    `json:"bytes"`      // of memory that was read
	HugeBytes   int64    `json:"huge_bytes"` // of it in huge pages
	Why         string   `json:"why,omitempty"`
}

// Transfer is how long two CPUs take to hand a cache line over.
type Transfer struct {
	CPUs       [2]int   `json:"cpus"`
	Place      string   `json:"place"` // "same core", "same cache", "own node", "same socket", "other socket"
	TransferNS *float64 `json:"transfer_ns"`
	PaddedNS   *float64 `json:"padded_ns"` // the same loop, each CPU on a line of its own
	Why        string   `json:"why,omitempty"`
}

// Trust is what calibration says of an event.
type Trust string

// The kinds of trust. Untested is an event that no workload could make happen
// here; Why says why.
const (
	Trusted   Trust = "trusted"
	Untrusted Trust = "untrusted"
	Untested  Trust = "untested"
)

// EventVerdict says whether an event counts what its meaning says.
type EventVerdict struct {
	Name    string       `json:"name"`
	Spec    string       `json:"spec"`
	Meaning numa.Meaning `json:"meaning,omitempty"`
	Trust   Trust        `json:"trust"`
	Why     string       `json:"why,omitempty"`
	Checks  []EventCheck `json:"checks,omitempty"`
}

// EventCheck is one workload whose count was known beforehand.
type EventCheck struct {
	Workload string `json:"workload"`
	Where    string `json:"where"` // "CPU 0, memory of node 1"
	// Count is the event's, scaled where it was multiplexed; Units are what
	// the workload did, Per in words ("load").
	Count   float64 `json:"count"`
	Units   int64   `json:"units"`
	Per     string  `json:"per"`
	Low     float64 `json:"low"` // bounds of Count / Units
	High    float64 `json:"high"`
	Passed  bool    `json:"passed"`
	Because string  `json:"because"` // why the bounds are these
}

// Ratio is the count for each unit.
func (c EventCheck) Ratio() float64 { return c.Count / float64(c.Units) }

// Verdict finds an event's.
func (c *Calibration) Verdict(name, spec string) (EventVerdict, bool) {
	for _, v := range c.Events {
		if v.Name == name && v.Spec == spec {
			return v, true
		}
	}
	return EventVerdict{}, false
}

// Enter keeps the calibration in a run: its events are proven, or marked as
// untrusted. One of an emulated machine proves nothing: no hardware counted.
func (c *Calibration) Enter(m *Manifest) {
	m.Calibration = c
	for g := range m.Groups {
		for i := range m.Groups[g].Events {
			e := &m.Groups[g].Events[i]
			switch v, ok := c.Verdict(e.Name, e.Spec); {
			case !ok:
			case v.Trust == Trusted && c.Emulated == "":
				e.Proven = true
			case v.Trust == Untrusted:
				e.Proven, e.Untrusted = false, v.Why
			}
		}
	}
}

// CalibrationPath is where a host's calibration is kept.
func CalibrationPath(root, host string) string { return filepath.Join(root, host, CalibrationFile) }

// WriteCalibration writes the file whole, and makes its directory.
func WriteCalibration(path string, c *Calibration) error {
	c.Format, c.Version = formatCalibration, Version
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("directory of the calibration: %w", err)
	}
	return writeJSON(path, true, c)
}

// ReadCalibration reads the file; one that is not there is fs.ErrNotExist.
func ReadCalibration(path string) (*Calibration, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &Calibration{}
	if err := json.Unmarshal(data, c); err != nil {
		return nil, fmt.Errorf("%s is no calibration: %s; run numalens-agent calibrate again", path, strings.TrimPrefix(err.Error(), "json: "))
	}
	switch {
	case c.Format != formatCalibration:
		return nil, fmt.Errorf("%s is no calibration: its format is %q", path, c.Format)
	case c.Version != Version:
		return nil, fmt.Errorf("%s is of version %d, and this agent reads %d; run numalens-agent calibrate again", path, c.Version, Version)
	}
	return c, errors.Join(c.check(path)...)
}

// check refuses what no calibration could have found: it would prove events.
func (c *Calibration) check(path string) (all []error) {
	for _, v := range c.Events {
		passed := 0
		for _, one := range v.Checks {
			if one.Passed {
				passed++
			}
		}
		if v.Name == "" || v.Trust == Trusted && passed < len(v.Checks) || v.Trust == Trusted && passed == 0 {
			all = append(all, fmt.Errorf("%s: event %q is %s, and %d of its %d checks passed", path, v.Name, v.Trust, passed, len(v.Checks)))
		}
	}
	return all
}
