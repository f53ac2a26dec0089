package lint

import (
	"fmt"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// placeRules are about where the workload and its memory may lie.
var placeRules = []rule{
	{
		name: "not-pinned", severity: export.SeverityCaution, workload: true,
		why:  "the scheduler moves threads between nodes, away from the memory that they began with; every run then has another share of remote accesses",
		find: findNotPinned,
	},
	{
		name: "straddles-nodes", severity: export.SeverityCaution, workload: true,
		why:  "threads and memory lie on different nodes by chance of who started where; local and remote accesses mix",
		find: findStraddling,
	},
	{
		name: "memory-apart", severity: export.SeverityCaution, workload: true,
		why:  "once the own node is full, or when another thread of the process touches a page first, memory comes from a node that these CPUs reach more slowly",
		find: findMemoryApart,
	},
	{
		name: "memoryless-node", severity: export.SeverityProblem, workload: true,
		why:  "a CPU of a node without memory has no local memory: each of its accesses is remote, and counts as such",
		find: findMemoryless,
	},
	{
		name: "memory-only-node", severity: export.SeverityNote,
		why:  "memory without CPUs (CXL, persistent memory) is remote to everyone and slower than any DRAM; pages may be demoted to it",
		find: findMemoryOnly,
	},
	{
		name: "several-nodes-a-socket", severity: export.SeverityNote,
		why:  "sub-NUMA clustering (SNC, NPS, cluster-on-die) makes \"remote\" two things, the same socket and another one; compare only runs of the same setting",
		find: findSubNUMA,
	},
	{
		name: "isolated-unused", severity: export.SeverityCaution, workload: true,
		why:  "the host keeps CPUs free of the scheduler's other work, and the workload runs where that work is",
		find: findIsolatedUnused,
	},
	{
		name: "isolated-unbalanced", severity: export.SeverityNote, workload: true,
		why:  "the scheduler does not balance isolated CPUs: threads that are not pinned one by one all stay on the CPU where they began",
		find: findIsolatedUnbalanced,
	},
	{
		name: "cpu-quota", severity: export.SeverityProblem, workload: true,
		why:  "a group that has used up its time stands still until the next period: pauses of tens of milliseconds that look like slow memory",
		find: findQuota,
	},
}

func findNotPinned(l *look) []found {
	if l.pinned || len(l.nodes) < 2 {
		return none
	}
	return one(fmt.Sprintf("it may run on all %d CPUs, of %s", len(l.online), nodeWord(l.nodes)), bindTo(l, l.nodes))
}

func findStraddling(l *look) []found {
	if !l.pinned || len(l.nodes) < 2 {
		return none
	}
	return one(fmt.Sprintf("%s are of %s", cpuWord(l.cpus), nodeWord(l.nodes)), bindTo(l, l.nodes))
}

// bindTo is the command that keeps to the first node that has both.
func bindTo(l *look, nodes []int) string {
	i := slices.IndexFunc(nodes, func(id int) bool { return l.node(id).MemoryBytes > 0 && len(l.node(id).CPUs) > 0 })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("numactl --cpunodebind=%d --membind=%d COMMAND", nodes[i], nodes[i])
}

func findMemoryApart(l *look) []found {
	if !l.pinned || len(l.nodes) != 1 || within(l.mems, l.nodes) {
		return none
	}
	return one(fmt.Sprintf("%s of node %d may take memory from %s", cpuWord(l.cpus), l.nodes[0], nodeWord(l.mems)),
		bindTo(l, l.nodes))
}

func findMemoryless(l *look) []found {
	var all []found
	for _, id := range l.nodes {
		if l.node(id).MemoryBytes == 0 && len(l.Topology.Nodes) > 1 {
			var better []int
			for _, n := range l.Topology.Nodes {
				better = append(better, n.ID)
			}
			all = append(all, found{found: fmt.Sprintf("node %d, of CPUs %s, has no memory", id, list(l.node(id).CPUs)), remedy: bindTo(l, better)})
		}
	}
	return all
}

func findMemoryOnly(l *look) []found {
	var all []found
	for _, n := range l.Topology.Nodes {
		if len(n.CPUs) == 0 && n.MemoryBytes > 0 && (len(l.mems) == 0 || slices.Contains(l.mems, n.ID)) {
			all = append(all, found{
				found:  fmt.Sprintf("node %d has %d MiB and no CPU", n.ID, n.MemoryBytes>>20),
				remedy: bindTo(l, l.nodes),
			})
		}
	}
	return all
}

func findSubNUMA(l *look) []found {
	nodes := map[int][]int{} // by socket
	for _, n := range l.Topology.Nodes {
		if s, ok := l.Topology.SocketOfNode(n.ID); ok {
			nodes[s] = append(nodes[s], n.ID)
		}
	}
	most := 0
	for _, ids := range nodes {
		most = max(most, len(ids))
	}
	if most < 2 {
		return none
	}
	return one(fmt.Sprintf("a socket has %d nodes", most), "")
}

func findIsolatedUnused(l *look) []found {
	if len(l.apart) == 0 || within(l.cpus, l.apart) {
		return none
	}
	return one(fmt.Sprintf("CPUs %s are isolated, and the workload may run on %s", list(l.apart), list(l.cpus)),
		fmt.Sprintf("taskset -c %s COMMAND", list(l.apart)))
}

func findIsolatedUnbalanced(l *look) []found {
	if len(l.apart) == 0 || len(l.cpus) < 2 || !within(l.cpus, l.apart) {
		return none
	}
	return one(fmt.Sprintf("CPUs %s are isolated", list(l.cpus)), fmt.Sprintf("taskset -c %d COMMAND", l.cpus[0]))
}

func findQuota(l *look) []found {
	quota := l.Pinning.CPUQuota
	if quota == 0 {
		return none
	}
	return one(fmt.Sprintf("the control group %s, or one above it, has time for %.4g CPUs, and the workload may run on %d", l.Pinning.Cgroup, quota, len(l.cpus)),
		"systemctl set-property UNIT CPUQuota=   # or: echo max > /sys/fs/cgroup"+l.Pinning.Cgroup+"/cpu.max")
}
