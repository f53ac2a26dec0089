package guest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/machine"
	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

const (
	insideNodes     = 4
	insideCPUs      = 2 // on each node
	insideHugePages = 8 // on each node
	insideStatus    = 7
)

// inside is one execution of place under the agent: what the program says
// that it did, and what the agent says that it saw.
type inside struct {
	account *account.Account
	m       *export.Manifest
	nodes   map[int][]nodeRow // by node, by time
	faults  []faultRow
	placed  []placedRow
	host    []hostRow // of the counters
}

// TestTheAgentInside holds the agent's export against the program's account,
// on each architecture. One boot serves all: the agent alone is looked at
// here, so there is no plugin.
func TestTheAgentInside(t *testing.T) {
	for _, arch := range []string{"amd64", "arm64"} {
		t.Run(arch, func(t *testing.T) {
			needMachine(t, arch)
			t.Parallel()
			in := recordInside(t, arch)
			t.Run("manifest", in.manifest)
			t.Run("topology", in.topology)
			t.Run("placement", in.placement)
			t.Run("faults", in.everyPageFaultsOnce)
			t.Run("move", in.movedPagesDoNotFault)
			t.Run("balancing", in.balancedPages)
			t.Run("numastat", in.nodesWhileNothingChanges)
			t.Run("bind", in.boundPages)
			t.Run("hugepages", in.hugePagesAreTaken)
			t.Run("migration", in.memoryMoves)
			t.Run("looks", in.placedPages)
			t.Run("looks-name", in.programIsNamed)
			t.Run("kernel-counts", in.countedMigrations)
		})
	}
}

// recording is held while a guest is recorded: on two CPUs, two machines
// would slow each other down to where the agent misses its ticks.
var recording sync.Mutex

func recordInside(t *testing.T, arch string) *inside {
	t.Helper()
	compile(t, arch) // while the other architecture's machine runs
	recording.Lock()
	defer recording.Unlock()
	r := record(t, t.TempDir(), "./programs/place", "--arch", arch, "--no-pmu", "--name", "place "+arch, "--label", "suite=inside",
		"--", "--balance", "--exit", "7")
	if r.status != insideStatus {
		t.Fatalf("status %d, want the program's, %d; stderr:\n%s", r.status, insideStatus, r.stderr)
	}
	in := &inside{nodes: map[int][]nodeRow{}}
	var err error
	if in.account, err = account.Read(strings.NewReader(r.stdout)); err != nil {
		t.Fatalf("%v; stdout:\n%s", err, r.stdout)
	}
	var dir string
	in.m, dir = r.run(t)
	for _, row := range readRows[nodeRow](t, dir, export.TableNodes) {
		in.nodes[int(row.Node)] = append(in.nodes[int(row.Node)], row)
	}
	in.faults = readRows[faultRow](t, dir, export.TableSamples)
	in.placed = readRows[placedRow](t, dir, export.TablePlacement)
	in.host = readRows[hostRow](t, dir, export.TableCounters)
	return in
}

// compile fills Go's cache with what record builds; for an architecture that
// is not the host's it takes minutes, once.
func compile(t *testing.T, arch string) {
	t.Helper()
	cmd := exec.Command("nice", "go", "build", "-trimpath", "-o", os.DevNull, "../../cmd/numalens-agent")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the agent for %s: %v\n%s", arch, err, out)
	}
}

// readRows reads a table's sealed segments.
func readRows[T any](t *testing.T, dir, table string) []T {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, table+".*.parquet"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no segment of %s in %s: %v", table, dir, err)
	}
	var all []T
	for _, f := range files {
		rows, err := parquet.ReadFile[T](f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, rows...)
	}
	return all
}

// monotonic turns a row's time into the clock that the program reads.
func (in *inside) monotonic(ts int64) int64 {
	return ts - in.m.Clock.WallNS + in.m.Clock.MonotonicNS
}

func (in *inside) step(t *testing.T, name string) *account.Step {
	t.Helper()
	s, err := in.account.Step(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (in *inside) manifest(t *testing.T) {
	m := in.m
	if m.State != export.Sealed || m.ExitStatus == nil || *m.ExitStatus != insideStatus {
		t.Errorf("state %q, exit status %v; want sealed, %d", m.State, m.ExitStatus, insideStatus)
	}
	if want := []string{"place", "--balance", "--exit", "7"}; !slices.Equal(m.Command, want) {
		t.Errorf("command %q, want %q", m.Command, want)
	}
	if !strings.Contains(m.Emulated, "QEMU") {
		t.Errorf("emulated %q does not name the emulator", m.Emulated)
	}
	if !strings.HasPrefix(m.Kernel, "6.1.0-") || m.Host != "guest" || m.Labels["suite"] != "inside" || m.Agent.Commit == "" && m.Agent.Version == "dev" {
		t.Errorf("kernel %q, host %q, labels %v, agent %+v", m.Kernel, m.Host, m.Labels, m.Agent)
	}
	// The CPUs are those to which place had pinned itself when they were read.
	if m.Pinning.NUMABalancing != "0" || m.Pinning.THP != "never" || m.Pinning.Mems != "0-3" {
		t.Errorf("pinning %+v", m.Pinning)
	}
}

// topology is what the machine was made of, and what the program read.
func (in *inside) topology(t *testing.T) {
	topology := in.m.Topology
	if len(topology.Nodes) != insideNodes || len(in.account.Nodes) != insideNodes || len(topology.CPUs) != insideNodes*insideCPUs {
		t.Fatalf("%d nodes and %d CPUs, want %d and %d", len(topology.Nodes), len(topology.CPUs), insideNodes, insideNodes*insideCPUs)
	}
	for i, n := range topology.Nodes {
		said := in.account.Nodes[i]
		if n.ID != i || !slices.Equal(n.CPUs, []int{2 * i, 2*i + 1}) || !slices.Equal(n.CPUs, said.CPUs) {
			t.Errorf("node %d has CPUs %v, and the program found %v", n.ID, n.CPUs, said.CPUs)
		}
		if n.MemoryBytes != said.MemoryBytes || n.MemoryBytes == 0 {
			t.Errorf("node %d has %d bytes, and the program found %d", i, n.MemoryBytes, said.MemoryBytes)
		}
		for j, d := range n.Distances {
			if want := machine.Distance(insideNodes, i, j); d != want || said.Distances[j] != want {
				t.Errorf("distance %d to %d is %d, the program found %d, and the machine has %d", i, j, d, said.Distances[j], want)
			}
		}
	}
	for _, c := range topology.CPUs {
		if c.Node != c.ID/insideCPUs || c.Socket != c.Node {
			t.Errorf("CPU %d on node %d, socket %d; every node is a socket of two CPUs", c.ID, c.Node, c.Socket)
		}
	}
}
