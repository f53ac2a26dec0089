package hostinfo

import (
	"os"
	"strconv"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
)

// TestPinningOfThreads: a program that pins each thread to a CPU of its own
// runs on all of them.
func TestPinningOfThreads(t *testing.T) {
	roots := change(t, "snc-2s4n", map[string]string{
		"proc/7/status":        "Cpus_allowed_list:\t2\nMems_allowed_list:\t0-1\n",
		"proc/7/task/7/status": "Cpus_allowed_list:\t2\n",
		"proc/7/task/8/status": "Cpus_allowed_list:\t3,5-6\n",
		"proc/7/numa_maps":     "00400000 bind:0-1 file=/usr/bin/x mapped=110 mapmax=24 N0=110 kernelpagesize_kB=4\n",
	})
	p, ok := PinningOf(roots, "7")
	if !ok || p.CPUs != "2-3,5-6" || p.Mems != "0-1" || p.Policy != "bind:0-1" {
		t.Errorf("%+v, %v", p, ok)
	}
	if p, ok := PinningOf(roots, "8"); ok {
		t.Errorf("a process that is gone: %+v", p)
	}
	if p, ok := PinningOf(collect.HostRoots(), strconv.Itoa(os.Getpid())); !ok || p.CPUs == "" {
		t.Errorf("this process: %+v, %v", p, ok)
	}
}
