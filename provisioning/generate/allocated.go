package main

const whoAllocatedUID = "numalens-who-allocated-what"

// notTraced stands where a run has none of what a panel shows.
const notTraced = "Not measured in this run, or nothing in this time range. “What was recorded”, at the end, says why."

// whoAllocated leads from how much was given on other nodes to the function
// that asked for it.
func whoAllocated(rules []rule) dashboard {
	by := byRule(rules)
	one := 1.0
	bytesBy := func(id int, kind, title string, x, y int, good, bad string) panel {
		return panel{id: id, title: title, kind: heatmapPanel, x: x, y: y, w: 8, h: 7,
			targets: []target{{view: "heatmap", metric: "allocations." + kind, by: "node"}}, good: good, bad: bad}
	}
	return dashboard{
		uid: whoAllocatedUID, title: "Who allocated what", others: []link{{"Is it NUMA?", "numalens-is-it-numa"}, {"Host", "numalens-host"}},
		description: "What the kernel and Go programs allocated: by whom, from which stack, on which CPU's node, and on which node it was given.",
		more:        allocationVariables(),
		panels: []panel{
			{id: 1, title: "Pages given on another node", kind: "stat", x: 0, y: 0, w: 6, h: 3, unit: "percentunit", thresholds: by["remote-allocations"],
				targets: []target{{view: "numbers", metric: "allocations.page_remote_share", by: "node"}}, good: "every node blue, near 0 %.", bad: "a node in orange or red: what its CPUs get lies elsewhere; the tables below name who asks."},
			{id: 2, title: "kmalloc given on another node", kind: "stat", x: 6, y: 0, w: 6, h: 3, unit: "percentunit", thresholds: by["remote-allocations"],
				targets: []target{{view: "numbers", metric: "allocations.kmalloc_remote_share", by: "node"}}, good: "near 0 %.", bad: "high: a driver allocates for a device of another node, or a slab is handed from node to node."},
			{id: 3, title: "Pages moved to a node", kind: "stat", x: 12, y: 0, w: 12, h: 3, unit: "suffix:pages/s",
				targets: []target{{view: "numbers", metric: "migrations.pages", by: "node"}}, good: "none, or a burst after threads were moved.", bad: "all the time: balancing moves to and fro what several nodes use."},

			{id: 4, title: "$kind: bytes a second, by node given", kind: heatmapPanel, x: 0, y: 3, w: 12, h: 8,
				about:   "Bytes a second of the chosen kind, by the node that they were given on.",
				targets: []target{{view: "heatmap", metric: "allocations.$kind", by: "node"}}, good: "every node in proportion to its work.", bad: "one node takes all, or the nodes change places: something moved."},
			{id: 5, title: "Remote share of pages and kmalloc, by node", kind: "timeseries", x: 12, y: 3, w: 12, h: 8, unit: "percentunit", max: &one, thresholds: by["remote-allocations"], empty: notTraced,
				about:   "The share of bytes that lies on another node than the CPU that asked, by the node given.",
				targets: []target{{view: "series", metric: "allocations.page_remote_share", by: "node"}, {view: "series", metric: "allocations.kmalloc_remote_share", by: "node"}},
				good:    "lines below the dashed ones.", bad: "one node above: its threads get memory elsewhere, by policy or because their own node is full. All at (n-1)/n of n nodes: interleaved."},

			{id: 6, title: "$kind: hotspots on other nodes", kind: "table", x: 0, y: 11, w: 24, h: 9, empty: notTraced,
				about:   "Who got memory of another node than the CPU's, the most bytes first. A click on a function or a command narrows both tables and the flame graph to it; the variable Filter holds what they are narrowed to.",
				targets: []target{{view: "hotspots", metric: "allocations.$kind", remote: true}}},
			{id: 7, title: "$kind: hotspots", kind: "table", x: 0, y: 20, w: 24, h: 10, empty: notTraced,
				about:   "Who allocated, the most bytes first: one row for each stack, process and pair of nodes. The share is of all bytes of the kind in the time range.",
				targets: []target{{view: "hotspots", metric: "allocations.$kind"}}},
			{id: 8, title: "$kind: by stack", kind: "flamegraph", x: 0, y: 30, w: 24, h: 14,
				about:   "The same by stack, under the node that was given: its width is its bytes. Where the run has none of this kind, Grafana's panel says that fields are missing; the sign beside the title says why.",
				targets: []target{{view: "flame", metric: "allocations.$kind"}}, good: "each node's part holds the functions that work there.", bad: "a function that works on one node is broad under another."},

			bytesBy(9, "page", "Pages, by node given", 0, 44, "a burst at the start, then little.", "much all the time: memory is given back and taken again."),
			bytesBy(10, "kmalloc", "kmalloc, by node given", 8, 44, "even over the nodes that do the same work.", "one node takes what all ask for."),
			bytesBy(11, "flush", "Lines flushed, by node", 16, 44, "none, but where a driver or a new page of code needs them.", "many: each line is fetched anew by the next who reads it."),
			bytesBy(12, "growslice", "Go slices grown, by node given", 0, 51, "little once a program is warm.", "much: give the slices their capacity when they are made."),
			bytesBy(13, "heap", "Go heap, by node given", 8, 51, "in proportion to the work of each node.", "on one node while goroutines run on all: the heap was first touched there."),
			{id: 14, title: "Pages and tasks moved to a node", kind: "timeseries", x: 16, y: 51, w: 8, h: 7, unit: "cps", empty: notTraced,
				about:   "Pages a second that were moved to a node, and tasks that NUMA balancing moved to their memory.",
				targets: []target{{view: "series", metric: "migrations.pages", by: "node"}, {view: "series", metric: "migrations.tasks", by: "node"}}, good: "near 0 once a program has settled.", bad: "both at once, on and on: tasks and pages chase each other."},

			{id: 15, title: "What it costs", kind: "timeseries", x: 0, y: 58, w: 8, h: 8, unit: "percentunit", thresholds: by["agent-cost"],
				about:   "What the host pays for being traced, as shares of one CPU: the agent's own process, the programs that its probes run in the kernel, on whichever CPU, and an estimate of what entering them costs. The dashed lines are the agent's alone.",
				targets: []target{{view: "series", metric: "agent_cpu", by: "host"}, {view: "series", metric: "trace.bpf_time", by: "host"}, {view: "series", metric: "trace.trap_time", by: "host"}},
				good:    "the agent below the dashed lines, by keeping less; the rest in proportion to what is allocated.", bad: "the rest grows to where the workload would feel it: probes are then detached for a while, and a mark in the run says so."},
			{id: 16, title: "What was recorded", kind: "table", x: 8, y: 58, w: 16, h: 8,
				about:   "Which allocations and migrations the run has, and for those that it has not: why, and what to do.",
				targets: []target{{view: "metrics"}}},
		},
	}
}

func allocationVariables() []object {
	options := []any{}
	for _, k := range []string{"page", "kmalloc", "flush", "growslice", "heap"} {
		options = append(options, object{"text": k, "value": k, "selected": k == "page"})
	}
	return []object{
		{"name": "kind", "label": "Kind", "type": "custom", "query": "page,kmalloc,flush,growslice,heap", "options": options, "current": object{"text": "page", "value": "page", "selected": true}, "multi": false, "includeAll": false, "hide": 0, "skipUrlSync": false},
		{"name": "filter", "label": "Filter", "description": "Regular expression on the stack's frames, the thread's name or the container; empty is everyone", "type": "textbox", "query": "", "options": []any{}, "current": object{"text": "", "value": ""}, "hide": 0, "skipUrlSync": false},
	}
}
