package trace

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/trace/probes"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

func TestCallerIsPutWhereAWalkLeftItOut(t *testing.T) {
	for name, c := range map[string]struct {
		user []uint64
		want []uint64
	}{
		"left out":       {[]uint64{1, 3, 4}, []uint64{1, 2, 3, 4}},
		"there":          {[]uint64{1, 2, 3}, []uint64{1, 2, 3}},
		"only the place": {[]uint64{1}, []uint64{1, 2}},
		"no walk":        {nil, []uint64{2}},
	} {
		if got := withCaller(c.user, 2); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestCgroupOfAProcess(t *testing.T) {
	const id = "3f2a9c41d0b8e7f6a5c4b3d2e1f00112233445566778899aabbccddeeff00112"
	for file, want := range map[string]struct{ path, container string }{
		"0::/user.slice\n": {"/user.slice", ""},
		"12:cpu,cpuacct:/a\n4:memory:/docker/" + id + "\n0::/x\n": {"/docker/" + id, id},
		"0::/system.slice/docker-" + id + ".scope\n":              {"/system.slice/docker-" + id + ".scope", id},
		"0::/kubepods.slice/cri-containerd-" + id + ".scope\n":    {"/kubepods.slice/cri-containerd-" + id + ".scope", id},
		"1:name=systemd:/a:b\n0::/a:b\n":                          {"/a:b", ""},
		"":                                                        {"", ""},
		"no colons":                                               {"", ""},
		"0::/process_api/db499f0061a2b995d0ed6a131bf29480\n":      {"/process_api/db499f0061a2b995d0ed6a131bf29480", ""},
	} {
		if got := parseCgroup(file); got != want.path || container(got) != want.container {
			t.Errorf("%q: %q of container %q, want %q of %q", file, got, container(got), want.path, want.container)
		}
	}
}

func TestAllocatorsOwnFunctions(t *testing.T) {
	for function, own := range map[string]bool{
		"__kmalloc_node_noprof": true, "kmalloc_trace": true, "alloc_pages_mpol": true, "__alloc_pages_slowpath.constprop.0": true,
		"load_msg": false, "do_anonymous_page": false, "ksys_read": false, "alloc_msg": false, "alloc_skb": false,
	} {
		if got := allocator(function); got != own {
			t.Errorf("%s: %v", function, got)
		}
	}
	for function, own := range map[string]bool{"bpf_prog_07cd_page_alloc": true, "bpf_trace_run4": true, "__traceiter_kmalloc": true, "load_msg": false} {
		if got := tracing(function); got != own {
			t.Errorf("%s is tracing: %v", function, got)
		}
	}
}

// A heap that the runtime samples at a rate comes out unbiased, whatever the
// sizes: by the runtime's own way of sampling, at exponential distances.
func TestHeapSamplesAreWeighed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, size := range []int64{16, 1000, 100_000, 1 << 20, 4 << 20} {
		const rate, total = 512 << 10, int64(8 << 30)
		h, next, samples := newHeap(), random.ExpFloat64()*rate, 0
		for done := int64(0); done < total; done += size {
			if next -= float64(size); next > 0 {
				continue
			}
			next, samples = random.ExpFloat64()*rate, samples+1
			row := export.Event{Size: size, Weight: 1, GFP: rate}
			h.add(row, h.weigh(&row))
		}
		var bytes float64
		for _, s := range h.sums {
			bytes += s.bytes
		}
		if off := math.Abs(bytes-float64(total)) / float64(total); off > 4/math.Sqrt(float64(samples)) {
			t.Errorf("size %d: %.0f bytes of %d, by %d samples", size, bytes, total, samples)
		}
	}
	row := export.Event{Size: 8, Weight: 3, GFP: 1}
	if w := newHeap().weigh(&row); w != 3 || row.Weight != 3 || row.GFP != -1 {
		t.Errorf("a program that samples everything: weight %v, row %+v", w, row)
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	for _, c := range []struct {
		err         error
		why, remedy string
	}{
		{fmt.Errorf("load: %w", unix.EPERM), "refuses BPF to this user", "CAP_BPF"},
		{&ebpf.VerifierError{Cause: unix.EACCES, Log: []string{"R1 invalid"}}, "verifier", "5.8"},
		{fmt.Errorf("function x: %w", unix.ENOENT), "does not offer it", "CONFIG_KPROBES"},
		{&numa.Unavailable{Why: "no ring buffers", Remedy: "boot another"}, "no ring buffers", "boot another"},
		{errors.New("one line\nand another"), "one line\nand another", ""},
	} {
		u := refusal("trace: x", c.err)
		if u.Feature != "trace: x" || !strings.Contains(u.Why, c.why) || !strings.Contains(u.Remedy, c.remedy) {
			t.Errorf("%v: %+v", c.err, u)
		}
	}
}

func TestNotesOfProbesNameTheirTable(t *testing.T) {
	c := &Collector{units: []*unit{{name: "page"}, {name: "kmalloc"}, {name: "migrations", kernel: probes.MovedPages}}}
	for text, want := range map[string]string{
		"detached page: it took much": "allocations/page",
		"attached kmalloc: again":     "allocations/kmalloc",
		"detached pages: other":       "events",
		"detached migrations: much":   "migrations",
		"rules keep much":             "events",
	} {
		if got := c.tableOfNote(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// More CPUs take more memory for each sum, and the maps stay within theirs.
func TestSumsFitTheirMemory(t *testing.T) {
	for cpus, want := range map[int]int{1: 10240, 2: 10240, 64: 5190, 128: 2661, 512: 2048} {
		if got := sumsFor(cpus); got != want {
			t.Errorf("%d CPUs: %d sums, want %d", cpus, got, want)
		}
	}
}
