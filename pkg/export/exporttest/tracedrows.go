package exporttest

import (
	"github.com/numalens/numalens/pkg/export"
)

// tracedStack is a stack of Traced: the kernel's frames, a module's behind
// them, then the process's, innermost first.
type tracedStack struct {
	name    string
	kernel  []string
	module  string
	process []string
	server  bool
}

var (
	faultPath    = []string{"do_anonymous_page", "__handle_mm_fault", "handle_mm_fault", "do_user_addr_fault", "exc_page_fault", "asm_exc_page_fault"}
	sendPath     = []string{"tcp_sendmsg_locked", "tcp_sendmsg", "sock_write_iter", "vfs_write", "ksys_write", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"}
	serverPath   = []string{"/lib/x86_64-linux-gnu/libc.so.6:?", "write_response@server.c:310", "handle_request@server.c:221", "event_loop@server.c:88", "main@server.c:41", "/lib/x86_64-linux-gnu/libc.so.6:__libc_start_main"}
	workerPath   = []string{"main.(*worker).run@worker.go:64", "main.main.func1@main.go:37", "runtime.goexit@asm_amd64.s:1693"}
	tracedStacks = []tracedStack{
		{name: "insert", kernel: append([]string{"__alloc_frozen_pages_noprof", "alloc_pages_mpol", "vma_alloc_folio_noprof"}, faultPath...),
			process: append([]string{"main.hash@hash.go:19|main.(*Table).slot@table.go:58|main.(*Table).insert@table.go:71"}, workerPath...)},
		{name: "load", kernel: append([]string{"__alloc_frozen_pages_noprof", "alloc_pages_mpol", "vma_alloc_folio_noprof"}, faultPath...),
			process: append([]string{"runtime.memmove@memmove_amd64.s:420", "main.(*Rows).load@rows.go:102"}, workerPath...)},
		{name: "skb pages", kernel: append([]string{"__alloc_frozen_pages_noprof", "alloc_pages_mpol", "skb_page_frag_refill", "sk_page_frag_refill"}, sendPath...), process: serverPath, server: true},
		{name: "skb", kernel: append([]string{"__kmalloc_node_track_caller_noprof", "kmalloc_reserve", "__alloc_skb", "tcp_stream_alloc_skb"}, sendPath...), process: serverPath, server: true},
		{name: "accept", kernel: []string{"__kmalloc_cache_noprof", "sock_alloc_inode", "alloc_inode", "do_accept", "__sys_accept4", "do_syscall_64", "entry_SYSCALL_64_after_hwframe"},
			process: []string{"/lib/x86_64-linux-gnu/libc.so.6:accept4", "accept_connection@server.c:142", "event_loop@server.c:88", "main@server.c:41", "/lib/x86_64-linux-gnu/libc.so.6:__libc_start_main"}, server: true},
		{name: "flush", kernel: []string{"clflush_cache_range", "qi_submit_sync", "iommu_flush_iotlb_queue", "net_rx_action", "handle_softirqs", "irq_exit_rcu"}, module: "e1000_clean"},
		{name: "grow", process: append([]string{"runtime.growslice@slice.go:178", "slices.Grow@slices.go:421|main.(*Batch).add@batch.go:33", "main.(*Rows).scan@rows.go:77"}, workerPath...)},
		{name: "node", process: append([]string{"runtime.mProf_Malloc@mprof.go:452", "runtime.profilealloc@malloc.go:1802", "runtime.mallocgc@malloc.go:1105", "runtime.newobject@malloc.go:1714", "main.newNode@tree.go:12|main.(*Tree).put@tree.go:40"}, workerPath...)},
	}
)

func (f *tracedMaker) owner(server bool) export.Owner {
	if server {
		return export.Owner{PID: TracedServer, Comm: "server", Cgroup: "/system.slice/docker-" + TracedContainer + ".scope", Container: TracedContainer}
	}
	return export.Owner{PID: TracedJoin, Comm: "join", Cgroup: "/user.slice/user-1000.slice"}
}

func (f *tracedMaker) row(ts int64, o export.Owner, kind export.Traced, stack string, cpuNode, given int32, bytes, count int64) {
	if count > 0 {
		f.w.Allocation(export.Allocation{TS: ts, Owner: o, Kind: kind, Stack: f.stacks[stack], CPUNode: cpuNode, GivenNode: given, Bytes: bytes, Count: count, Weight: count})
	}
}

// about is n, a tenth more or less.
func (f *tracedMaker) about(n int64) int64 { return n - n/10 + f.rng.Int64N(n/5+1) }

const pageBytes = 4096

// pages are touched on every node; during the incident those that node 2
// touches are mostly given by node 0, of the other socket, and by node 3.
func (f *tracedMaker) pages(ts int64, incident bool) {
	join, server := f.owner(false), f.owner(true)
	page := func(o export.Owner, stack string, cpu, given int32, n int64) {
		f.row(ts, o, export.TracedPage, stack, cpu, given, n*pageBytes, n)
	}
	for node := range int32(4) {
		n, load := f.about(2400), f.about(900)
		switch {
		case node == IncidentNode && incident:
			page(join, "insert", node, node, n/5)
			page(join, "insert", node, 0, n*3/5)
			page(join, "insert", node, 3, n/5)
		default:
			page(join, "insert", node, node, n-n/40)
			page(join, "insert", node, node^1, n/40)
		}
		page(join, "load", node, node, load)
	}
	n := f.about(160)
	page(server, "skb pages", 1, 1, n)
	page(server, "skb pages", 1, 0, n/8)
	f.row(ts, export.Owner{}, export.TracedPage, "", 0, 0, 3*pageBytes, 3) // of an interrupt
	if incident {
		f.w.Event(export.Event{TS: ts - 4e8, Owner: join, Kind: export.TracedPage, CPU: 17, TID: TracedJoin + 3, Size: pageBytes, Bytes: pageBytes, GFP: 0x140dca, Caller: 0xffffffff81000010,
			Stack: f.stacks["insert"], Addr: 0xffff888000000000 + uint64(f.rng.IntN(1<<20))<<12, CPUNode: IncidentNode, AskedNode: -1, GivenNode: 0, Lines: -1, Rule: "remote", Weight: 1})
	}
}

// kmalloc is the server's; from 2/3 to 7/8 of the run its probe is detached.
func (f *tracedMaker) kmalloc(ts, second int64) {
	off, on := int64(f.o.Duration)*2/3/1e9, int64(f.o.Duration)*7/8/1e9
	mark := func(text string) {
		f.w.Note(export.Note{TS: ts, Kind: export.NoteMark, Table: export.TableAllocations + "/kmalloc", Text: text})
	}
	if second <= off || second > on {
		server := f.owner(true)
		for _, x := range []struct {
			stack      string
			cpu, given int32
			size, n    int64
		}{{"skb", 1, 1, 704, 6000}, {"skb", 1, 0, 704, 700}, {"accept", 1, 1, 64, 240}, {"accept", 3, 1, 64, 60}} {
			n := f.about(x.n)
			f.row(ts, server, export.TracedKmalloc, x.stack, x.cpu, x.given, n*x.size, n)
		}
		for range 4 {
			f.w.Event(export.Event{TS: ts - f.rng.Int64N(9e8), Owner: server, Kind: export.TracedKmalloc, CPU: 9, TID: TracedServer, Size: 640, Bytes: 704, GFP: 0x52820, Caller: 0xffffffff81000110,
				Stack: f.stacks["skb"], Addr: 0xffff888100000000 + uint64(f.rng.IntN(1<<20))<<6, CPUNode: 1, AskedNode: -1, GivenNode: 1, Lines: -1, Weight: 1700})
		}
	}
	switch second {
	case off:
		mark("detached kmalloc: it took 1.9 % of one core, and with it all probes 3.1 %, over the limit of 2.5 %; it comes back after 5s")
	case on:
		mark("attached kmalloc: again after 5s, when it had taken 1.9 % of one core")
	}
}

// flushes come from an interrupt: nobody's, and of memory of one node.
func (f *tracedMaker) flushes(ts, second int64) {
	if second%2 == 0 {
		n := f.about(40)
		f.row(ts, export.Owner{Comm: "ksoftirqd/4"}, export.TracedFlush, "flush", 0, 0, n*256, n)
		f.row(ts, export.Owner{Comm: "ksoftirqd/20"}, export.TracedFlush, "flush", 2, 0, n/2*256, n/2)
	}
}

// slices grow to pages that are there, or are not yet: then no node is known.
func (f *tracedMaker) slices(ts int64) {
	join := f.owner(false)
	for node := range int32(4) {
		n := f.about(300)
		f.row(ts, join, export.TracedGrowslice, "grow", node, node, n*2048, n)
		f.row(ts, join, export.TracedGrowslice, "grow", node, -1, n/6*65536, n/6)
	}
}

// heap is sampled by the runtime, every 512 kB: few are seen, each stands for
// many.
func (f *tracedMaker) heap(ts int64) {
	for node := range int32(4) {
		n := 1 + f.rng.Int64N(4)
		f.w.Allocation(export.Allocation{TS: ts, Owner: f.owner(false), Kind: export.TracedHeap, Stack: f.stacks["node"], CPUNode: node, GivenNode: node,
			Bytes: n * 512 << 10, Count: n, Weight: n * 512 << 10 / 96})
	}
}

// migrations follow the incident; compaction does not tell its nodes.
func (f *tracedMaker) migrations(ts int64, incident bool) {
	join := f.owner(false)
	if incident {
		for _, from := range []int32{0, 3} {
			f.w.Migration(export.Migration{TS: ts - 3e8, Owner: join, Kind: export.TracedMigration, CPU: 16, Reason: "numa_misplaced", FromNode: from, ToNode: IncidentNode, Moved: f.about(300), Failed: f.rng.Int64N(6)})
		}
		f.w.Migration(export.Migration{TS: ts - 1e8, Owner: join, Kind: export.TracedTask, CPU: 16, Reason: "numa_balancing", FromNode: IncidentNode, ToNode: 0, Moved: 1})
	}
	if f.rng.IntN(5) == 0 {
		f.w.Migration(export.Migration{TS: ts - 2e8, Owner: export.Owner{PID: 88, Comm: "kcompactd1"}, Kind: export.TracedMigration, CPU: 8, Reason: "compaction", FromNode: -1, ToNode: -1, Moved: f.about(64)})
	}
}
