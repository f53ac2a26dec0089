package machine

import (
	"slices"
	"strings"
	"testing"
)

func spec() *Spec {
	return &Spec{Arch: "amd64", Nodes: 4, CPUsPerNode: 2, NodeBytes: 512 << 20, Seed: 9,
		Kernel: "/k", Initramfs: "/i", Shared: "/tmp/a,b", KernelArgs: []string{"numa_balancing=disable"}}
}

func TestArgsDescribeNodesAndTheirDistances(t *testing.T) {
	args := strings.Join(spec().Args(), " ")
	for _, want := range []string{
		"-smp cpus=8,sockets=4,cores=2,threads=1 -m 2048M",
		"-object memory-backend-ram,id=node3,size=512M -numa node,nodeid=3,cpus=6-7,memdev=node3",
		"-numa dist,src=0,dst=1,val=16 -numa dist,src=0,dst=2,val=22 -numa dist,src=0,dst=3,val=16",
		"mem-path=/tmp/a,,b,size=134217728",
		"-seed 9",
		"console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable numa_balancing=disable",
	} {
		if !strings.Contains(args, want) {
			t.Errorf("no %q in\n%s", want, args)
		}
	}
	s := spec()
	s.IOMMU = true
	if args := strings.Join(s.Args(), " "); !strings.Contains(args, "-device intel-iommu") || !strings.Contains(args, " intel_iommu=on") {
		t.Errorf("with an IOMMU: %s", args)
	}
	arm := spec()
	arm.Arch = "arm64"
	if args := strings.Join(arm.Args(), " "); !strings.Contains(args, "-machine virt,gic-version=3") || !strings.Contains(args, "console=ttyAMA0") {
		t.Errorf("arm64: %s", args)
	}
}

func TestTheGuestHasNoNetwork(t *testing.T) {
	args := spec().Args()
	if i := slices.Index(args, "-nic"); i < 0 || args[i+1] != "none" || !slices.Contains(args, "-nodefaults") {
		t.Errorf("want -nodefaults -nic none in %q", args)
	}
}

func TestDistancesGoAroundARing(t *testing.T) {
	for _, c := range []struct {
		nodes int
		want  []int
	}{
		{1, []int{10}},
		{2, []int{10, 16}},
		{3, []int{10, 16, 16}},
		{4, []int{10, 16, 22, 16}},
		{5, []int{10, 16, 22, 22, 16}},
		{8, []int{10, 16, 22, 28, 34, 28, 22, 16}},
	} {
		for from := range c.nodes {
			for to := range c.nodes {
				want := c.want[(to-from+c.nodes)%c.nodes]
				if got := Distance(c.nodes, from, to); got != want {
					t.Errorf("of %d nodes, %d to %d is %d, want %d", c.nodes, from, to, got, want)
				}
			}
		}
	}
}

func TestDefaultMemoryMakesAMachine(t *testing.T) {
	for nodes := 1; nodes <= MaxNodes; nodes++ {
		s := &Spec{Arch: "arm64", Nodes: nodes, CPUsPerNode: 1, NodeBytes: DefaultNodeBytes(nodes)}
		if err := s.Check(); err != nil {
			t.Errorf("%d nodes: %v", nodes, err)
		}
	}
}

func TestImpossibleMachinesAreRefused(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		"architecture":         func(s *Spec) { s.Arch = "s390x" },
		"nodes: want":          func(s *Spec) { s.Nodes = 0 },
		"IOMMU on arm64":       func(s *Spec) { s.Arch, s.IOMMU = "arm64", true },
		"CPUs on each":         func(s *Spec) { s.CPUsPerNode = 0 },
		"at most 64":           func(s *Spec) { s.CPUsPerNode = 17 },
		"multiple of 128 MiB":  func(s *Spec) { s.NodeBytes = 100 << 20 },
		"at most 2048 MiB":     func(s *Spec) { s.NodeBytes = 1 << 30 },
		"-128 MiB a node":      func(s *Spec) { s.NodeBytes = -BytesUnit },
		"want a multiple of 1": func(s *Spec) { s.NodeBytes = 0 },
	} {
		s := spec()
		change(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}
