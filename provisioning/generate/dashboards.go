package main

// isItNUMA answers the question of its title from top to bottom: is there
// remote access at all, where and when, was memory misplaced, is it sharing.
func isItNUMA(rules []rule) dashboard {
	by := byRule(rules)
	one := 1.0
	return dashboard{
		uid: "numalens-is-it-numa", title: "Is it NUMA?", others: []link{{"Host", "numalens-host"}, {"Who allocated what", whoAllocatedUID}},
		description: "Remote access, misplaced memory and shared cache lines of one host, from the strongest evidence that it gives.",
		panels: []panel{
			{id: 1, title: "Remote DRAM loads", kind: "stat", x: 0, y: 0, w: 12, h: 3, unit: "percentunit", thresholds: by["remote-dram"],
				targets: []target{{view: "numbers", metric: "remote_dram_share", by: "node"}}, good: "every node blue, near 0 %.", bad: "a node in orange or red: its CPUs load from another node's memory. Not measured: the host has no PMU; read the next panel."},
			{id: 2, title: "Remote page faults", kind: "stat", x: 12, y: 0, w: 12, h: 3, unit: "percentunit", thresholds: by["remote-faults"],
				targets: []target{{view: "numbers", metric: "fault_remote_share", by: "node"}}, good: "near 0 %: memory is touched first where it is used.", bad: "high on a node: its threads get memory elsewhere, by policy or for lack of free memory."},
			{id: 3, title: "Allocation misses", kind: "stat", x: 0, y: 3, w: 12, h: 3, unit: "percentunit", thresholds: by["allocation-misses"],
				targets: []target{{view: "numbers", metric: "alloc_miss_share", by: "node"}}, good: "0 %.", bad: "above 0 on one node while another's free memory is at its floor: that one is full."},
			{id: 4, title: "HITM a second", kind: "stat", x: 12, y: 3, w: 12, h: 3, unit: "cps",
				targets: []target{{view: "numbers", metric: "hitm", by: "node"}}, good: "few thousands a second.", bad: "hundreds of thousands: CPUs pass modified cache lines to and fro. Read it with its share, below."},

			{id: 5, title: "Remote share of DRAM loads, by CPU", kind: heatmapPanel, x: 0, y: 6, w: 24, h: 10,
				targets: []target{{view: "heatmap", metric: "remote_dram_share", by: "cpu"}}, good: "an even blue.", bad: "a node's rows glow orange: its threads work on another node's memory. Faint cells are few loads: look at the tooltip's counts before you believe them."},
			{id: 6, title: "Remote share of page faults, by CPU", kind: heatmapPanel, x: 0, y: 16, w: 24, h: 9,
				targets: []target{{view: "heatmap", metric: "fault_remote_share", by: "cpu"}}, good: "blue wherever there are faults.", bad: "orange at the start of a run: one thread initialises what others will use, or a policy interleaves."},
			{id: 7, title: "Remote share of DRAM loads, by node", kind: "timeseries", x: 0, y: 25, w: 12, h: 8, unit: "percentunit", max: &one, thresholds: by["remote-dram"],
				targets: []target{{view: "series", metric: "remote_dram_share", by: "node"}}, good: "lines below the dashed ones.", bad: "one node above while the others are below: a few threads on the wrong node; all at (n-1)/n of n nodes: interleaved memory."},
			{id: 8, title: "Allocations for others, and misses, by node", kind: "timeseries", x: 12, y: 25, w: 12, h: 8, unit: "percentunit", max: &one, thresholds: by["allocation-misses"],
				targets: []target{{view: "series", metric: "alloc_miss_share", by: "node"}, {view: "series", metric: "alloc_remote_share", by: "node"}}, good: "both near 0.", bad: "misses above 0: the wanted node had no free page. Allocations for others without misses: a policy or a pinning asks for that node."},
			{id: 9, title: "HITM a second, by CPU", kind: heatmapPanel, x: 0, y: 33, w: 24, h: 9,
				targets: []target{{view: "heatmap", metric: "hitm", by: "cpu"}}, good: "near 0.", bad: "the same few CPUs stand out together for as long as a phase lasts: they write to one line."},
			{id: 10, title: "HITM share of LLC misses, by node", kind: "timeseries", x: 0, y: 42, w: 12, h: 8, unit: "percentunit", thresholds: by["false-sharing"],
				targets: []target{{view: "series", metric: "hitm_share", by: "node"}}, good: "a few per cent.", bad: "high, together with a high rate above. Alone it proves nothing: a fix that removes misses raises the share of what is left."},
			{id: 11, title: "Memory nodes", kind: "table", x: 12, y: 42, w: 12, h: 8, about: "The host's nodes: their CPUs, memory and distances (10 is the node itself).",
				targets: []target{{view: "topology", by: "node"}}},
		},
	}
}

// hostDashboard shows one host as its kernel and its agent see it.
func hostDashboard(rules []rule) dashboard {
	by := byRule(rules)
	return dashboard{
		uid: "numalens-host", title: "Host", others: []link{{"Is it NUMA?", "numalens-is-it-numa"}, {"Who allocated what", whoAllocatedUID}},
		description: "One host: rates by CPU, numastat by node, its topology and runs, and what the agent itself costs.",
		panels: []panel{
			{id: 1, title: "Context switches", kind: heatmapPanel, x: 0, y: 0, w: 12, h: 9,
				targets: []target{{view: "heatmap", metric: "context_switches", by: "cpu"}}, good: "near nothing on the CPUs of a pinned benchmark.", bad: "rows that stand out where the benchmark runs: something else shares its CPUs."},
			{id: 2, title: "Minor faults", kind: heatmapPanel, x: 12, y: 0, w: 12, h: 9,
				targets: []target{{view: "heatmap", metric: "minor_faults", by: "cpu"}}, good: "a burst at the start, then little.", bad: "many all the time: memory is given back and taken again, page by page; larger pages or a pool would help."},
			{id: 3, title: "LLC load misses", kind: heatmapPanel, x: 0, y: 9, w: 12, h: 9,
				targets: []target{{view: "heatmap", metric: "llc_load_misses", by: "cpu"}}, good: "even over the CPUs that do the same work.", bad: "one CPU or node far from its peers."},
			{id: 4, title: "Instructions per cycle", kind: heatmapPanel, x: 12, y: 9, w: 12, h: 9,
				targets: []target{{view: "heatmap", metric: "ipc", by: "cpu"}}, good: "the same on CPUs that do the same work.", bad: "lower where the remote share is high: they wait for memory."},
			{id: 5, title: "numastat: pages as intended", kind: "timeseries", x: 0, y: 18, w: 8, h: 8, unit: "suffix:pages/s",
				targets: []target{{view: "series", metric: "numa_hit", by: "node"}}, good: "every node in proportion to its work.", bad: "one node takes all: everything is allocated there."},
			{id: 6, title: "numastat: pages on another node", kind: "timeseries", x: 8, y: 18, w: 8, h: 8, unit: "suffix:pages/s",
				targets: []target{{view: "series", metric: "numa_miss", by: "node"}, {view: "series", metric: "other_node", by: "node"}}, good: "flat at 0.", bad: "numa_miss: the wanted node was full. other_node without it: the process ran elsewhere than its memory was asked for."},
			{id: 7, title: "Free memory", kind: "timeseries", x: 16, y: 18, w: 8, h: 8, unit: "bytes",
				targets: []target{{view: "series", metric: "meminfo.MemFree", by: "node"}}, good: "every node has some.", bad: "one node at its floor while others have plenty: the next allocations there go remote."},
			{id: 8, title: "Runs", kind: "table", x: 0, y: 26, w: 24, h: 6, about: "What was recorded on this host, newest first, with what could not be measured and why.",
				targets: []target{{view: "runs"}}},
			{id: 9, title: "CPUs", kind: "table", x: 16, y: 32, w: 8, h: 8, about: "The host's CPUs: core, socket and node.",
				targets: []target{{view: "topology", by: "cpu"}}},
			{id: 11, title: "What the agent costs", kind: "timeseries", x: 0, y: 32, w: 11, h: 8, unit: "percentunit", thresholds: by["agent-cost"],
				targets: []target{{view: "series", metric: "agent_cpu", by: "host"}}, good: "below the dashed lines.", bad: "above them: lower --hz, or record fewer faults."},
			{id: 12, title: "Age of the newest row", kind: "stat", x: 11, y: 32, w: 5, h: 8, unit: "s", thresholds: by["export-lag"], empty: "nothing recording",
				targets: []target{{view: "numbers", metric: "export_lag", by: "host"}}, good: "a few seconds, or nothing where no run is being recorded.", bad: "it grows: the agent died, or cannot write."},
		},
	}
}

func byRule(rules []rule) map[string]*rule {
	out := map[string]*rule{}
	for i := range rules {
		out[rules[i].Rule] = &rules[i]
	}
	return out
}
