package exporttest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/numalens/numalens/pkg/export"
)

// SmallRun is the run that the malformed exports hold.
const SmallRun = "20261124T065040Z-small"

// small makes a run of two CPUs and three seconds.
func small(o Options) error {
	m := export.Manifest{Host: Host, Run: SmallRun,
		Groups: []export.Group{{Name: "software", Events: []export.GroupEvent{{Name: "context-switches", Spec: "context-switches", Unit: "1", Proven: true}}}},
		Tables: []export.TableInfo{{Name: export.TableCounters, PeriodNS: 100e6, Scopes: []string{"cpu"}}, {Name: export.TableNodes, PeriodNS: 1e9},
			{Name: export.TableSamples, Scopes: []string{string(export.MinorFault)}}, {Name: export.TableNotes}}}
	w, err := create(o, m, []string{"numa_hit"})
	if err != nil {
		return err
	}
	t := Start.UnixNano()
	for k := int64(1); k <= 30; k++ {
		ts := t + k*100e6
		for cpu := range int32(2) {
			w.Counter(export.CounterRow{TS: ts, Scope: export.ScopeCPU, Instance: cpu, Values: []int64{k * k * 7}, Enabled: k * 100e6, Running: k * 100e6})
		}
		w.Node(export.NodeRow{TS: ts, Values: []int64{k * 1000}})
		w.Sample(export.Sample{TS: ts, Kind: export.MinorFault, Addr: uint64(k) << 12, MemNode: int32(k % 2), Weight: 1})
		if k%10 == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return finish(w, o, t+30*100e6)
}

// A malformation is what one of the malformed exports suffered.
type malformation struct {
	name  string
	live  bool   // in a tail, not in a sealed segment
	file  string // of the run
	spoil func([]byte) []byte
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 0x10; return b }
}

func cut(n int) func([]byte) []byte { return func(b []byte) []byte { return b[:len(b)-n] } }

func replace(old, new string) func([]byte) []byte {
	return func(b []byte) []byte {
		if !bytes.Contains(b, []byte(old)) {
			panic(fmt.Sprintf("nothing to spoil: no %q", old))
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
}

const (
	sealedCounters = "counters.000001.parquet"
	tailCounters   = "counters.000001.arrows"
)

var malformations = []malformation{
	{"manifest-newer", false, "run.json", replace(`"version": 1`, `"version": 2`)},
	{"manifest-not-json", false, "run.json", cut(40)},
	{"manifest-empty", false, "run.json", func([]byte) []byte { return nil }},
	{"manifest-other-format", false, "run.json", replace("numalens-run", "other")},
	{"manifest-other-host", false, "run.json", replace(`"host": "fournode"`, `"host": "elsewhere"`)},
	{"manifest-dotdot", false, "run.json", replace(`"file": "counters.000001.parquet"`, `"file": "../../../../etc/passwd"`)},
	{"manifest-other-rows", false, "run.json", replace(`"rows": 60`, `"rows": 61`)},
	{"manifest-other-table", false, "run.json", replace(`"table": "counters"`, `"table": "nodes"`)},
	{"segment-missing", false, sealedCounters, nil},
	{"segment-empty", false, sealedCounters, func([]byte) []byte { return nil }},
	{"segment-cut", false, sealedCounters, cut(100)},
	{"segment-flipped-page", false, sealedCounters, flip(100)},
	{"segment-flipped-footer", false, sealedCounters, flip(-60)},
	{"segment-footer-length", false, sealedCounters, flip(-6)},
	{"tail-torn", true, tailCounters, cut(100)},
	{"tail-torn-schema", true, tailCounters, func(b []byte) []byte { return b[:300] }},
	{"tail-flipped-batch", true, tailCounters, flip(-200)},
	{"tail-flipped-header", true, tailCounters, flip(40)},
	{"tail-header-length", true, tailCounters, flip(7)},
	{"tail-not-arrow", true, tailCounters, func(b []byte) []byte { return bytes.Repeat([]byte("numa"), len(b)/4) }},
}

// MalformedNames are the directories below testdata/malformed.
func MalformedNames() []string {
	names := make([]string, len(malformations))
	for i, m := range malformations {
		names[i] = m.name
	}
	return names
}

// malformed writes one spoilt export for each malformation.
func malformed(dir string) error {
	for _, m := range malformations {
		root := filepath.Join(dir, m.name)
		if err := small(Options{Root: root, Live: m.live}); err != nil {
			return err
		}
		if err := unlock(root); err != nil {
			return err
		}
		if err := m.apply(filepath.Join(root, Host, SmallRun, m.file)); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
	}
	return nil
}

func (m malformation) apply(path string) error {
	if m.spoil == nil {
		return os.Remove(path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, m.spoil(data), 0o644)
}
