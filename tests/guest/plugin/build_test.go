package plugin

import (
	"os/exec"
	"testing"
)

func needCC(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath(Compiler()); err != nil {
		t.Skipf("[cc] no C compiler: %v", err)
	}
}

func TestPluginCompilesWithoutAWarning(t *testing.T) {
	needCC(t)
	if _, err := Build(t.TempDir()); err != nil {
		t.Fatal(err)
	}
}

func TestArgsNameOnlyWhatIsSet(t *testing.T) {
	got := Args("/a,b/softpmu.so", Options{Shared: "/x", Nodes: 4, CPUsPerNode: 2, NodeBytes: 1 << 29, L1: Cache{32 << 10, 8}})
	want := "/a,,b/softpmu.so,shm=/x,l1=32768:8,nodes=4,cpus_per_node=2,node_bytes=536870912"
	if got != want {
		t.Errorf("Args\n got %s\nwant %s", got, want)
	}
}
