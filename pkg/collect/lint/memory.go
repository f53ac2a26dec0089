package lint

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// memoryRules are about what the kernel does to pages.
var memoryRules = []rule{
	{
		name: "numa-balancing", severity: export.SeverityCaution,
		why:  "the kernel takes pages away to see who touches them, and moves them: page faults and migrations that the workload did not ask for, in the midst of what is measured",
		find: findBalancing,
	},
	{
		name: "transparent-huge-pages", severity: export.SeverityNote,
		why:  "the size of a page decides about TLB misses, and how much memory goes to a node at once; compare only runs of the same setting",
		find: findTHP,
	},
	{
		name: "huge-pages-uneven", severity: export.SeverityNote,
		why:  "a workload that is bound to a node without huge pages fails or gets small ones, and one that is not bound gets them from another node",
		find: findUnevenPools,
	},
	{
		name: "ksm", severity: export.SeverityCaution,
		why:  "the kernel reads all memory to find equal pages and shares them, on whatever node the first one lies; writing to one costs a fault",
		find: findKSM,
	},
	{
		name: "swap", severity: export.SeverityNote,
		why:  "a page that was swapped out comes back by a fault of milliseconds, and on the node of whoever touched it",
		find: findSwap,
	},
}

func findBalancing(l *look) []found {
	mode := l.Pinning.NUMABalancing
	if mode == "" || mode == "0" || len(l.Topology.Nodes) < 2 {
		return none
	}
	f := found{found: "NUMA balancing is on (kernel.numa_balancing = " + mode + ")", remedy: "sysctl -w kernel.numa_balancing=0"}
	if l.Workload && l.pinned {
		// There is nothing for it to gain on CPUs that cannot change.
		f.found += " while the workload is pinned"
		f.severity = export.SeverityProblem
	}
	return []found{f}
}

func findTHP(l *look) []found {
	mode := l.Pinning.THP
	if mode != "always" && mode != "never" {
		return none
	}
	return one(fmt.Sprintf("transparent huge pages: %s (defrag: %s)", mode, l.AsFound.THPDefrag),
		"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled   # only if that is what you mean")
}

func findUnevenPools(l *look) []found {
	bySize := map[int64]map[int]int64{}
	for _, p := range l.AsFound.HugePages {
		if bySize[p.PageBytes] == nil {
			bySize[p.PageBytes] = map[int]int64{}
		}
		bySize[p.PageBytes][p.Node] = p.Pages
	}
	var all []found
	for size, pages := range bySize {
		for _, n := range l.nodes {
			most := int64(0)
			for _, p := range pages {
				most = max(most, p)
			}
			if pages[n] == 0 {
				all = append(all, found{
					found:  fmt.Sprintf("node %d has no huge pages of %d KiB set aside, another has %d", n, size>>10, most),
					remedy: fmt.Sprintf("echo %d > /sys/devices/system/node/node%d/hugepages/hugepages-%dkB/nr_hugepages", most, n, size>>10),
				})
			}
		}
	}
	slices.SortFunc(all, func(a, b found) int { return cmp.Compare(a.found, b.found) })
	return all
}

func findKSM(l *look) []found {
	if l.AsFound.KSM != "1" {
		return none
	}
	return one("same-page merging runs (ksm/run = 1)", "echo 2 > /sys/kernel/mm/ksm/run   # stops it and parts what was merged")
}

func findSwap(l *look) []found {
	swap := l.AsFound.Swap
	if swap == nil || swap.Bytes == 0 {
		return none
	}
	f := found{found: fmt.Sprintf("%d MiB of swap, %d in use", swap.Bytes>>20, swap.UsedBytes>>20), remedy: "swapoff -a"}
	if swap.UsedBytes > 0 {
		f.severity = export.SeverityCaution
	}
	return []found{f}
}
