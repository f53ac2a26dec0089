package guest_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

// countedRow is what of the counters table is looked at: of the events that
// the plugin counts, some.
type countedRow struct {
	Scope        string `parquet:"scope"`
	CPU          int32  `parquet:"instance"`
	Instructions *int64 `parquet:"instructions,optional"`
	Loads        *int64 `parquet:"L1-dcache-loads,optional"`
	Stores       *int64 `parquet:"L1-dcache-stores,optional"`
	NodeLoads    *int64 `parquet:"node-loads,optional"`
	NodeMisses   *int64 `parquet:"node-load-misses,optional"`
}

func (r *countedRow) counts() map[string]*int64 {
	return map[string]*int64{"instructions": r.Instructions, "L1-dcache-loads": r.Loads, "L1-dcache-stores": r.Stores,
		"node-loads": r.NodeLoads, "node-load-misses": r.NodeMisses}
}

// TestThePluginIsThePMU records once with everything on: what the agent read
// of the plugin's counters, and what the run says about itself. Two nodes are
// enough, and take half the time of four.
func TestThePluginIsThePMU(t *testing.T) {
	needMachine(t, "amd64")
	if _, err := exec.LookPath(plugin.Compiler()); err != nil {
		t.Skipf("[qemu] the plugin needs a C compiler: %v", err)
	}
	t.Parallel()
	recording.Lock()
	defer recording.Unlock()
	r := record(t, t.TempDir(), "./programs/place", "--nodes", "2", "--sample-every", "1000", "--", "--quick")
	if r.status != 0 {
		t.Fatalf("status %d; stderr:\n%s", r.status, r.stderr)
	}
	did, err := account.Read(strings.NewReader(r.stdout))
	if err != nil {
		t.Fatal(err)
	}
	m, dir := r.run(t)
	truth, err := plugin.ReadTruth(filepath.Join(r.out, "truth", m.Run+".json"))
	if err != nil {
		t.Fatal(err)
	}
	saysWhereItIsFrom(t, m, truth)
	totals := map[int]map[string]int64{}
	for _, row := range readRows[countedRow](t, dir, export.TableCounters) {
		for event, n := range row.counts() {
			if n == nil || row.Scope != string(export.ScopeCPU) {
				continue
			}
			if totals[int(row.CPU)] == nil {
				totals[int(row.CPU)] = map[string]int64{}
			}
			totals[int(row.CPU)][event] = max(totals[int(row.CPU)][event], *n)
		}
	}
	for _, c := range truth.PerCPU {
		for event, n := range totals[c.CPU] {
			if saw := int64(c.User[event] + c.Kernel[event]); n > saw || n == 0 && saw > 0 {
				t.Errorf("CPU %d: the agent recorded %d %s, and the plugin saw %d", c.CPU, n, event, saw)
			}
		}
		if len(totals[c.CPU]) == 0 {
			t.Errorf("nothing was recorded of CPU %d", c.CPU)
		}
	}
	for _, s := range did.Steps {
		if got := totals[s.CPU]["L1-dcache-stores"]; got < int64(len(s.On)) {
			t.Errorf("%s: CPU %d wrote to %d pages, and the agent counted %d stores", s.Name, s.CPU, len(s.On), got)
		}
	}
}

// saysWhereItIsFrom: the model, the plugin and its commit, the kernel.
func saysWhereItIsFrom(t *testing.T, m *export.Manifest, truth *plugin.Truth) {
	t.Helper()
	for _, want := range []string{"QEMU TCG", truth.Model, truth.Plugin} {
		if want == "" || !strings.Contains(m.Emulated, want) {
			t.Errorf("emulated is %q; want %q in it", m.Emulated, want)
		}
	}
	if !strings.HasPrefix(truth.Plugin, "softpmu ") || !strings.Contains(truth.Plugin, "+") || !strings.HasPrefix(m.Kernel, "6.1.0-") {
		t.Errorf("plugin %q, kernel %q", truth.Plugin, m.Kernel)
	}
	if m.Rung != numa.LoadSamples {
		t.Errorf("the rung is %v, want %v", m.Rung, numa.LoadSamples)
	}
	if truth.FramesChecked < len(m.Topology.Nodes) {
		t.Errorf("%d frames were checked, want one of each node", truth.FramesChecked)
	}
}
