package perfevent

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
)

// TestRefusal: every reason names what decides, and what helps.
func TestRefusal(t *testing.T) {
	for _, c := range []struct {
		name        string
		p           Permission
		err         error
		why, remedy string
	}{
		{"plain user", Permission{Paranoid: 2, Known: true}, unix.EACCES, "kernel.perf_event_paranoid is 2", "perf_event_paranoid=0"},
		{"Debian's level 3", Permission{Paranoid: 3, Known: true}, unix.EACCES, "kernel.perf_event_paranoid is 3", "CAP_PERFMON"},
		{"filter as root", Permission{Paranoid: 2, Known: true, Capable: true, Filtered: true}, unix.EPERM, "seccomp filter", "seccomp profile"},
		{"filter as a plain user", Permission{Paranoid: 2, Known: true, Filtered: true}, unix.EPERM, "seccomp filter", "seccomp profile"},
		{"plain user with a harmless filter", Permission{Paranoid: 2, Known: true, Filtered: true}, unix.EACCES, "paranoid is 2", "CAP_PERFMON"},
		{"security module", Permission{Paranoid: -1, Known: true, Capable: true}, unix.EPERM, "refuses perf_event_open", "security module"},
		{"no PMU", Permission{Capable: true, Known: true}, unix.ENOENT, "does not offer", "hypervisor"},
		{"no perf", Permission{Capable: true}, unix.ENOSYS, "no perf_event_open", "CONFIG_PERF_EVENTS"},
		{"rings", Permission{Paranoid: 2, Known: true, RingKiB: 516}, &RingError{KiB: 4, Err: unix.EPERM}, "used up", "perf_event_mlock_kb (it is 516)"},
		{"descriptors", Permission{Capable: true}, unix.EMFILE, "too many open files", "ulimit -n"},
	} {
		u := c.p.Refusal("counters", c.err)
		if !strings.Contains(u.Why, c.why) || !strings.Contains(u.Remedy, c.remedy) {
			t.Errorf("%s: %+v", c.name, u)
		}
	}
}

func TestRingBytes(t *testing.T) {
	for _, c := range []struct {
		p          Permission
		want, size int
	}{
		{Permission{RingKiB: 516, Locks: true}, 4 << 20, 4 << 20},
		{Permission{RingKiB: 516, Known: true, Paranoid: -1}, 4 << 20, 4 << 20},
		{Permission{RingKiB: 516, Known: true, Paranoid: 2}, 4 << 20, 258 << 10},
		{Permission{RingKiB: 516, Known: true, Paranoid: 2}, 16 << 10, 16 << 10},
	} {
		if got := c.p.RingBytes(c.want); got != c.size {
			t.Errorf("%+v: %d bytes where %d are wished for, want %d", c.p, got, c.want, c.size)
		}
	}
}

func TestReadPermissionOfThisProcess(t *testing.T) {
	p := ReadPermission(collect.HostRoots())
	if !p.Known {
		t.Skip("[perf] this kernel has no perf events")
	}
	if unix.Geteuid() == 0 && !p.Capable {
		t.Skip("[root] root without CAP_PERFMON: a container")
	}
	if p.RingKiB == 0 {
		t.Error("kernel.perf_event_mlock_kb was not read")
	}
	if p.Capable && !(p.MayCountCPUs() && p.MayCountKernel()) {
		t.Errorf("%+v allows nothing", p)
	}
}
