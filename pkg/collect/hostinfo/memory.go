package hostinfo

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// addressSpace is more than any supported processor can address physically
// (52 bits on x86-64 and arm64), and exact in JSON.
const addressSpace = 1 << 52

// readMemory finds which physical addresses belong to which node. The
// kernel's memory blocks say it best; zones are the second way, for kernels
// built without memory hotplug; a host of one node needs neither.
func (t tree) readMemory(info *Info) {
	nodes := info.Topology.Nodes
	if len(nodes) == 1 {
		// There is no other node to belong to, and memory that is added
		// later is then known as well.
		nodes[0].MemoryRanges = []numa.AddressRange{{Start: 0, End: addressSpace}}
		return
	}
	blockBytes, _ := strconv.ParseUint(t.sys("devices/system/memory/block_size_bytes"), 16, 62)
	if blockBytes > 0 && t.readBlocks(nodes, blockBytes) {
		t.dropShared(info)
		return
	}
	if t.readZones(nodes, uint64(info.Topology.PageBytes)) {
		t.dropShared(info)
		return
	}
	info.miss("node of a physical address",
		t.sysPath("devices/system/memory")+" is missing and /proc/zoneinfo could not be read",
		"run the agent as root on a kernel with CONFIG_MEMORY_HOTPLUG; until then the node of sampled memory is unknown")
}

// readBlocks gives each node the memory blocks that its directory links to.
func (t tree) readBlocks(nodes []numa.Node, blockBytes uint64) bool {
	found := false
	for i := range nodes {
		entries, err := os.ReadDir(t.sysPath(fmt.Sprintf("devices/system/node/node%d", nodes[i].ID)))
		if err != nil {
			continue
		}
		var ranges []numa.AddressRange
		for _, e := range entries {
			digits, ok := strings.CutPrefix(e.Name(), "memory")
			if !ok {
				continue
			}
			block, err := strconv.ParseUint(digits, 10, 64)
			if err != nil || block >= addressSpace/blockBytes {
				continue
			}
			ranges = append(ranges, numa.AddressRange{Start: block * blockBytes, End: (block + 1) * blockBytes})
			found = true
		}
		nodes[i].MemoryRanges = joinRanges(ranges)
	}
	return found
}

// readZones reads the spans of the nodes' zones. A zone's span may have
// holes that are another node's, which dropShared finds.
func (t tree) readZones(nodes []numa.Node, pageBytes uint64) bool {
	ranges := map[int][]numa.AddressRange{}
	node, spanned := -1, uint64(0)
	for line := range strings.Lines(t.proc("zoneinfo")) {
		fields := strings.Fields(line)
		switch {
		case len(fields) >= 4 && fields[0] == "Node":
			node, spanned = -1, 0
			if id, err := strconv.Atoi(strings.TrimSuffix(fields[1], ",")); err == nil {
				node = id
			}
		case len(fields) == 2 && fields[0] == "spanned":
			spanned, _ = strconv.ParseUint(fields[1], 10, 40)
		case len(fields) == 2 && fields[0] == "start_pfn:" && spanned > 0:
			first, err := strconv.ParseUint(fields[1], 10, 40)
			if err == nil && node >= 0 {
				ranges[node] = append(ranges[node], numa.AddressRange{Start: first * pageBytes, End: (first + spanned) * pageBytes})
			}
		}
	}
	for i := range nodes {
		nodes[i].MemoryRanges = joinRanges(ranges[nodes[i].ID])
	}
	return len(ranges) > 0
}

// joinRanges sorts ranges and joins those that touch.
func joinRanges(ranges []numa.AddressRange) []numa.AddressRange {
	sortRanges(ranges)
	var joined []numa.AddressRange
	for _, r := range ranges {
		if n := len(joined); n > 0 && r.Start <= joined[n-1].End {
			joined[n-1].End = max(joined[n-1].End, r.End)
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

func sortRanges(ranges []numa.AddressRange) {
	slices.SortFunc(ranges, func(a, b numa.AddressRange) int { return cmp.Compare(a.Start, b.Start) })
}

// dropShared takes addresses that two nodes claim from both: a block or a
// zone can straddle a border, and to pick one of them would be to guess.
func (t tree) dropShared(info *Info) {
	nodes := info.Topology.Nodes
	shared := overlaps(nodes)
	if len(shared) == 0 {
		return
	}
	var bytes uint64
	for _, s := range shared {
		bytes += s.End - s.Start
		for i := range nodes {
			nodes[i].MemoryRanges = subtract(nodes[i].MemoryRanges, s)
		}
	}
	info.miss("node of some physical addresses",
		fmt.Sprintf("%d MiB lie in memory blocks or zones that two nodes share", bytes>>20),
		"samples of that memory have no node; a kernel with smaller memory blocks (block_size_bytes) tells them apart")
}

// overlaps sweeps over all ranges in the order of their starts: a host of 64
// interleaved nodes has too many pairs to look at each.
func overlaps(nodes []numa.Node) []numa.AddressRange {
	var all, shared []numa.AddressRange
	for _, n := range nodes {
		all = append(all, n.MemoryRanges...) // those of one node do not overlap
	}
	sortRanges(all)
	var reach uint64
	for _, r := range all {
		if end := min(r.End, reach); r.Start < end {
			shared = append(shared, numa.AddressRange{Start: r.Start, End: end})
		}
		reach = max(reach, r.End)
	}
	return joinRanges(shared)
}

func subtract(ranges []numa.AddressRange, cut numa.AddressRange) []numa.AddressRange {
	var left []numa.AddressRange
	for _, r := range ranges {
		if cut.End <= r.Start || cut.Start >= r.End {
			left = append(left, r)
			continue
		}
		if r.Start < cut.Start {
			left = append(left, numa.AddressRange{Start: r.Start, End: cut.Start})
		}
		if cut.End < r.End {
			left = append(left, numa.AddressRange{Start: cut.End, End: r.End})
		}
	}
	return left
}
