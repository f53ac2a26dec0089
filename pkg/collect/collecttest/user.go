package collecttest

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

const nobody = 65534

// AsPlainUser runs the calling test once more, in a process of a user
// without privilege, and gives true: the caller is then done. Where this
// process is such a user already it gives false, and the test goes on.
func AsPlainUser(t *testing.T) (done bool) {
	t.Helper()
	if os.Geteuid() != 0 {
		return false
	}
	cmd := again(t)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	run(t, cmd)
	return true
}

// BehindFilter does the same behind a seccomp filter that refuses
// perf_event_open, as the profiles of containers do.
func BehindFilter(t *testing.T) (done bool) {
	t.Helper()
	if Filtered() {
		return false
	}
	cmd := again(t)
	cmd.Env = append(cmd.Environ(), seccompVariable+"=1")
	run(t, cmd)
	return true
}

// Filtered says that this process is behind the filter.
func Filtered() bool { return os.Getenv(seccompVariable) != "" }

func again(t *testing.T) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "TMPDIR=/tmp")
	return cmd
}

func run(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("it fails there: %v\n%s", err, out)
	} else if strings.Contains(string(out), "--- SKIP") {
		t.Skipf("%s", reason(string(out)))
	}
}

// reason finds why the test was skipped there: what begins with a capability
// in brackets.
func reason(out string) string {
	if i := strings.IndexByte(out, '['); i >= 0 {
		first, _, _ := strings.Cut(out[i:], "\n")
		return first
	}
	return out
}
