package plugin

import (
	"fmt"
	"strings"
)

// Cache is the size of one cache of the model; lines are 64 bytes. Bytes over
// 64·Ways must be a power of two.
type Cache struct {
	Bytes uint64
	Ways  int
}

// Options are the plugin's arguments. A zero takes the plugin's own default,
// which README.md lists; Shared, Nodes, CPUsPerNode and NodeBytes have none.
type Options struct {
	Shared  string // file that the guest sees as its ivshmem device; must exist
	Truth   string // JSON file written at exit; empty: none
	Version string // name, version and commit of the plugin, for the header

	CPUs           int // all vCPUs; 0: Nodes times CPUsPerNode
	Nodes          int
	CPUsPerNode    int
	NodesPerSocket int
	NodeBytes      uint64 // memory of each node, all alike
	RAMBase        uint64 // physical address of the first node's memory: 0 on x86, 1 GiB on arm64's virt

	L1, L2, LLC Cache // L1 and L2 a vCPU, LLC a socket

	Quantum  int // cycles that a vCPU may be ahead of the slowest that runs
	Patience int // microseconds that it waits at most

	// User-mode code at these addresses is not watched: the agent's own, which
	// record links to them.
	UnseenFrom, UnseenTo uint64

	SamplePeriod  int // one load in so many is sampled; 0: none
	SampleLatency int // of those that took at least so many cycles
	RingSamples   int // that a vCPU's ring holds, a power of two

	Lines int // lines by thread that the truth can hold in a section, a vCPU; a power of two
}

// Args is the value of QEMU's -plugin for the shared object that Build made.
func Args(so string, o Options) string {
	var b strings.Builder
	b.WriteString(escape(so))
	for _, t := range []struct{ key, value string }{{"shm", o.Shared}, {"truth", o.Truth}, {"version", o.Version}} {
		if t.value != "" {
			fmt.Fprintf(&b, ",%s=%s", t.key, escape(t.value))
		}
	}
	for _, c := range []struct {
		key string
		Cache
	}{{"l1", o.L1}, {"l2", o.L2}, {"llc", o.LLC}} {
		if c.Bytes != 0 {
			fmt.Fprintf(&b, ",%s=%d:%d", c.key, c.Bytes, c.Ways)
		}
	}
	for _, n := range []struct {
		key   string
		value uint64
	}{
		{"cpus", uint64(o.CPUs)}, {"nodes", uint64(o.Nodes)}, {"cpus_per_node", uint64(o.CPUsPerNode)},
		{"nodes_per_socket", uint64(o.NodesPerSocket)}, {"node_bytes", o.NodeBytes}, {"ram_base", o.RAMBase},
		{"quantum", uint64(o.Quantum)}, {"patience", uint64(o.Patience)},
		{"unseen_from", o.UnseenFrom}, {"unseen_to", o.UnseenTo},
		{"sample_period", uint64(o.SamplePeriod)}, {"sample_latency", uint64(o.SampleLatency)},
		{"ring", uint64(o.RingSamples)}, {"lines", uint64(o.Lines)},
	} {
		if n.value != 0 {
			fmt.Fprintf(&b, ",%s=%d", n.key, n.value)
		}
	}
	return b.String()
}

// escape doubles commas, which end an option on QEMU's command line.
func escape(s string) string { return strings.ReplaceAll(s, ",", ",,") }
