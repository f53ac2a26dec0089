package perfdata

import (
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

const (
	// maxCPU is more than any kernel can have (NR_CPUS ends at 8192).
	maxCPU  = 1 << 16
	maxNode = 1 << 10 // MAX_NUMNODES
	// maxThreads of a core; the most so far are 8.
	maxThreads = 64
)

// host is what the features tell of CPUs, nodes and memory.
type host struct {
	topology numa.Topology
	nodeOf   []int32 // by CPU; unknown, or ambiguous
	blocks   blocks
	told     bool
	doubtful []string // what is not sure, for warnings

	cores, sockets []int // by CPU, where told
	sharedSockets  [][]int
	sharedCores    [][]int
}

const (
	unknown   int32 = -1
	ambiguous int32 = -2
)

// node gives the node of a CPU, -1 where it is not told.
func (h *host) node(cpu uint32) int32 {
	if uint64(cpu) >= uint64(len(h.nodeOf)) {
		return unknown
	}
	return max(h.nodeOf[cpu], unknown)
}

// nodes reads feature NUMA_TOPOLOGY: for each node its number, its memory in
// kB, and its CPUs in list format.
func (h *host) nodes(c *cursor) {
	n, all := c.u32(), 0
	var list []numa.Node
	for range n {
		id := c.u32()
		total, _ := c.u64(), c.u64() // the second is what was free
		cpus, ok := parseCPUs(c.text())
		if c.short {
			return
		}
		all += len(cpus)
		if !ok || id >= maxNode || len(list) >= maxNode || all > 2*maxCPU {
			h.doubtful = append(h.doubtful, "the nodes of the file are not plausible: they are left out")
			return
		}
		list = append(list, numa.Node{ID: int(id), CPUs: cpus, MemoryBytes: int64(total << 10)})
	}
	slices.SortFunc(list, func(a, b numa.Node) int { return a.ID - b.ID })
	h.topology.Nodes, h.told = list, true
	for _, node := range list {
		for _, cpu := range node.CPUs {
			h.place(cpu, int32(node.ID))
		}
	}
}

func (h *host) place(cpu int, node int32) {
	h.know(cpu)
	if h.nodeOf[cpu] != unknown && h.nodeOf[cpu] != node {
		if h.nodeOf[cpu] != ambiguous {
			h.doubtful = append(h.doubtful, "CPU "+strconv.Itoa(cpu)+" is listed by several nodes: its node is unknown")
		}
		node = ambiguous
	}
	h.nodeOf[cpu] = node
}

// know makes room for a CPU.
func (h *host) know(cpu int) {
	for len(h.nodeOf) <= cpu {
		h.nodeOf = append(h.nodeOf, unknown)
	}
}

// siblings reads feature CPU_TOPOLOGY: the CPUs of each socket and of each
// core in list format, and where perf is newer than 4.1 each possible CPU's
// core and socket.
func (h *host) siblings(c *cursor, cpus int) {
	sockets, cores := c.texts(), c.texts()
	if c.short {
		return
	}
	h.sharedSockets, h.sharedCores = parseAll(sockets, maxCPU), parseAll(cores, maxThreads)
	if cpus == 0 || len(c.b) < 8*cpus {
		return // an older file ends here
	}
	h.cores, h.sockets = make([]int, cpus), make([]int, cpus)
	for cpu := range cpus {
		h.cores[cpu], h.sockets[cpu] = int(int32(c.u32())), int(int32(c.u32()))
	}
}

// parseAll reads lists of CPUs that share something, at most most of them.
// Lists that no machine can have give none at all.
func parseAll(lists []string, most int) [][]int {
	var all [][]int
	n := 0
	for _, text := range lists {
		cpus, ok := parseCPUs(text)
		n += len(cpus)
		if !ok || len(cpus) > most || n > maxCPU {
			return nil
		}
		all = append(all, cpus)
	}
	return all
}

// parseCPUs reads the kernel's list format, "0-27,56-83".
func parseCPUs(text string) ([]int, bool) {
	var cpus []int
	text = strings.TrimSpace(text)
	for part := range strings.SplitSeq(text, ",") {
		if part == "" && text == "" {
			return nil, true // a node without CPUs
		}
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.ParseUint(from, 10, 32)
		b, errB := strconv.ParseUint(to, 10, 32)
		if errA != nil || errB != nil || a > b || b >= maxCPU || len(cpus)+int(b-a) >= maxCPU {
			return nil, false
		}
		for cpu := a; cpu <= b; cpu++ {
			cpus = append(cpus, int(cpu))
		}
	}
	return cpus, true
}

// whole puts together what the features told one by one. Where the file
// doesn't tell a socket's number, its place among the sockets stands for it.
func (h *host) whole() numa.Topology {
	t := h.topology
	core, socket, threads := map[int]int{}, map[int]int{}, map[int][]int{}
	for i, cpus := range h.sharedSockets {
		for _, cpu := range cpus {
			socket[cpu] = i
		}
	}
	for i, cpus := range h.sharedCores {
		for _, cpu := range cpus {
			core[cpu], threads[cpu] = i, cpus
			h.know(cpu)
		}
	}
	for cpu := range h.sockets {
		core[cpu], socket[cpu] = h.cores[cpu], h.sockets[cpu]
	}
	for cpu, node := range h.nodeOf {
		if node == unknown && threads[cpu] == nil {
			continue // not online
		}
		t.CPUs = append(t.CPUs, numa.CPU{ID: cpu, Core: core[cpu], Socket: socket[cpu], Node: int(max(node, unknown)),
			Siblings: slices.DeleteFunc(slices.Clone(threads[cpu]), func(other int) bool { return other == cpu })})
	}
	ranges := h.blocks.ranges()
	for i := range t.Nodes {
		t.Nodes[i].MemoryRanges = ranges[t.Nodes[i].ID]
	}
	return t
}
