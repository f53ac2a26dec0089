// Package exporttest makes exports of machines that do not exist, with the
// real writer and the same bytes each time, for tests, examples and
// screenshots. Every run that it makes says so in its manifest's Emulated.
//
// Fixtures are what testdata/exports and testdata/malformed hold; the command
// in cmd writes them, and a test proves that they are current.
package exporttest

//go:generate go run ./cmd ../../../testdata

import (
	"fmt"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Emulated is what the manifests say.
const Emulated = "synthetic, made by exporttest"

// Start is when runs begin, unless they are told.
var Start = time.Date(2026, 11, 24, 6, 50, 40, 0, time.UTC)

// The host and run that FourNode makes.
const (
	Host        = "fournode"
	FourNodeRun = "20261124T065040Z-incident" // when it begins at Start
)

// Options say how a run is made.
type Options struct {
	Root string
	// Duration of the run; 0 is 30 s.
	Duration time.Duration
	// Hz is how often counters are read; 0 is 10.
	Hz int
	// Rotate is the time that a segment covers at most; 0 is all of it.
	Rotate time.Duration
	// Live leaves the run in state recording, with its tails.
	Live bool
	// Start is when it begins; the zero time is Start of this package.
	Start time.Time
	// Calm leaves out the incident.
	Calm bool
}

func (o Options) withDefaults() Options {
	if o.Duration == 0 {
		o.Duration = 30 * time.Second
	}
	if o.Hz == 0 {
		o.Hz = 10
	}
	if o.Start.IsZero() {
		o.Start = Start
	}
	if o.Rotate == 0 {
		o.Rotate = o.Duration + time.Hour
	}
	return o
}

// create begins a run without any limit: what is made is small, and must not
// depend on the disk that it is made on.
func create(o Options, m export.Manifest, nodeColumns []string) (*export.Writer, error) {
	o = o.withDefaults()
	m.Emulated = Emulated
	m.StartNS = o.Start.UnixNano()
	m.Clock = export.Clock{WallNS: m.StartNS, MonotonicNS: 100e9}
	m.Kernel, m.Arch = "none", "none"
	m.Agent.Version = "exporttest"
	w, err := export.Create(export.WriterOptions{Root: o.Root, MaxBytes: -1, KeepFreeBytes: -1, Rotate: 1 << 62}, m, nodeColumns)
	if err != nil {
		return nil, fmt.Errorf("make a run: %w", err)
	}
	w.Note(export.Note{TS: m.StartNS, Kind: export.NoteStart, Text: "recording began"})
	return w, nil
}

// finish ends a run at a time, or leaves it live.
func finish(w *export.Writer, o Options, end int64) error {
	if o.Live {
		return w.Flush()
	}
	w.Note(export.Note{TS: end, Kind: export.NoteStop, Text: "recording ended"})
	return w.Seal(func(m *export.Manifest) {
		m.EndNS = end
		m.Agent.WallSeconds = float64(end-m.StartNS) / 1e9
		m.Agent.CPUSeconds = m.Agent.WallSeconds * 0.001
	})
}

// topology is two sockets of two nodes of eight CPUs, as with sub-NUMA
// clustering: 12 to the other node of the socket, 21 and 23 across.
func topology() numa.Topology {
	t := numa.Topology{CacheLineBytes: 64, PageBytes: 4096}
	far := [][]int{{10, 12, 21, 23}, {12, 10, 23, 21}, {21, 23, 10, 12}, {23, 21, 12, 10}}
	const nodeBytes = 16 << 30
	for n := range 4 {
		node := numa.Node{ID: n, MemoryBytes: nodeBytes, Distances: far[n],
			MemoryRanges: []numa.AddressRange{{Start: uint64(n) * nodeBytes, End: uint64(n+1) * nodeBytes}}}
		for k := range 8 {
			id := 8*n + k
			t.CPUs = append(t.CPUs, numa.CPU{ID: id, Core: id % 16, Socket: n / 2, Node: n})
			node.CPUs = append(node.CPUs, id)
		}
		t.Nodes = append(t.Nodes, node)
		t.Caches = append(t.Caches, numa.Cache{Level: 3, Type: "Unified", SizeBytes: 24 << 20, LineBytes: 64, CPUs: node.CPUs})
	}
	return t
}
