package agent_test

import (
	"encoding/binary"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/export"
)

// TestFileCapability: `setcap cap_perfmon+ep` and `cap_perfmon=p` are the
// remedies that we name. A plain user then records whole CPUs, and the command
// gets nothing of it.
func TestFileCapability(t *testing.T) {
	t.Run("effective", func(t *testing.T) { fileCapabilityIsEnough(t, true) })
	t.Run("permitted", func(t *testing.T) { fileCapabilityIsEnough(t, false) })
}

func fileCapabilityIsEnough(t *testing.T, effective bool) {
	t.Parallel()
	needRoot(t, "granting a file capability needs root")
	granted := filepath.Join(outDir(t), "numalens-agent")
	// By a process of its own: a file that this one has open for writing while
	// another test starts a program would be busy.
	if out, err := exec.Command("cp", bin, granted).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := unix.Setxattr(granted, "security.capability", fileCapability(unix.CAP_PERFMON, effective), 0); err != nil {
		t.Skipf("[root] granting a file capability: %v", err)
	}
	out := outDir(t)
	r := startCommand(t, exec.Command(granted, "record", "--out", out, "--", "grep", "CapEff", "/proc/self/status"), asPlainUser)
	if code := r.wait(t); code != 0 {
		t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
	}
	if !strings.Contains(r.stdout.String(), "0000000000000000") {
		t.Errorf("the command has capabilities: %s", r.stdout)
	}
	m := onlyRun(t, out)
	if info, _ := tableOf(m, export.TableCounters); !slices.Contains(info.Scopes, string(export.ScopeCPU)) {
		t.Errorf("counters: %+v; not available: %+v", info, m.Unavailable)
	}
}

// fileCapability is the attribute that setcap writes (linux/capability.h,
// revision 2): permitted, and effective or not.
func fileCapability(capability int, effective bool) []byte {
	const revision2, inEffect = 0x02000000, 1
	words := make([]uint32, 5) // magic, then permitted and inheritable, low and high
	words[0] = revision2
	if effective {
		words[0] |= inEffect
	}
	words[1+2*(capability/32)] = 1 << (capability % 32)
	var b []byte
	for _, w := range words {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}
