// Package querytest runs load/eval scripts: a script loads a few readings into
// a run, asks queries and says what must come back. The same scripts run
// against every source that answers queries, so that all answer alike.
//
//	# Shares are sums over sums.
//	topology 1x2x2                # sockets × nodes a socket × CPUs a node
//	counters cpu period 100ms     # a line an event and CPU; `group NAME` begins another group
//	  node-loads        0: 0+90x20
//	  node-load-misses  0: 0+10x20
//	events                        # what the columns of counters mean, and how they differ
//	  fills.far means dram-loads-remote; MMIO is in it
//	model SPR                     # the processor's name in the event table
//	reference 2000000000Hz        # the clock of ref-cycles
//	units                         # instances of `counters uncore`
//	  uncore_imc_0 socket 0 node 0
//	nodes period 1s
//	  numa_hit          0: 0+100x5
//	samples
//	  0.35s cpu 0 mem 1 weight 3
//	allocations period 1s kinds page,heap   # kinds that were recorded
//	  1s page cpu 0 given 1 bytes 4096 count 1 stack 1 pid 7 comm join
//	  5s page detached            # until it is attached
//	migrations kinds pages
//	  1.5s pages from 0 to 1 moved 5
//	stacks                        # innermost first; fill is inlined in work
//	  1 pid 7 kernel alloc_pages do_fault user fill|work main
//	eval heatmap remote_dram_share by cpu from 0s to 2s columns 10
//	  CPU 0: 0.1x10
//	  notice: multiplexed
//	  engine: 0.01                # how far off a fleet's engine may be; or skip, and why
//	eval heatmap nonsense
//	  error: no metric "nonsense"
//
//	eval hotspots allocations.page from 0s to 2s limit 10 remote true filter join
//	  do_fault 0>1 join 7: 4096 1 1        # bytes, number, share
//	eval flame allocations.page
//	  all: 4096 0 1                        # value, self, remote share
//	  -node 1: 4096 0 1                    # a dash a level
//
// A series is a list of readings, one a period from time 0: `5` is a reading,
// `0+90x20` is 0 and 20 more, each 90 greater, `_x3` are three that are
// missing, `reset` begins a new epoch, `run:0.5` says that from here on the
// group runs half of the time that it is enabled. Of allocations and
// migrations a node that is left out is not known; `?` in a stack is code
// without a symbol, `??:x` an address outside of every file. Expected values are `_` for
// null, `0.5x4` for four times 0.5. What it leaves out is anything but plain
// values: texts and frames have tests of their own.
package querytest
