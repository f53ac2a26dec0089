package trace

import "strings"

// allocatorFunctions are the kernel's allocators, and what stands between
// them and whoever asked: names from mm/slub.c, mm/slab_common.c,
// mm/page_alloc.c and mm/mempolicy.c of 5.8 to 6.18. A stack's caller is the
// first frame that is none of them.
var allocatorFunctions = []string{
	"__kmalloc", "kmalloc_", "kmem_cache_alloc", "__kmem_cache_alloc", "___slab_alloc", "__slab_alloc", "slab_alloc",
	"kmalloc", "__do_kmalloc", "kvmalloc", "__kvmalloc", "kmemdup", "kstrdup", "krealloc", "__krealloc", "kmem_buckets",
	"__alloc_pages", "alloc_pages", "__alloc_frozen_pages", "alloc_frozen_pages", "__get_free_pages", "get_zeroed_page",
	"folio_alloc", "__folio_alloc", "vma_alloc_folio", "vma_alloc_zeroed", "alloc_page_interleave", "alloc_pages_bulk", "alloc_slab_page", "allocate_slab",
	"new_slab", "get_page_from_freelist",
}

// tracingFunctions are how a program comes to run at a tracepoint or a kprobe.
var tracingFunctions = []string{"bpf_prog_", "bpf_trace_run", "__bpf_trace_", "__traceiter_", "bpf_trampoline_", "trace_call_bpf", "kprobe_perf_func",
	"kprobe_dispatcher", "kprobe_ftrace_handler", "aggr_pre_handler", "kprobe_int3_handler", "kprobe_breakpoint_handler", "kprobe_brk_handler"}

// allocator tells whether a kernel function is one of them. Compilers add
// endings as ".isra.0" and "_noprof".
func allocator(function string) bool {
	return startsWith(function, allocatorFunctions)
}

func tracing(function string) bool { return startsWith(function, tracingFunctions) }

func startsWith(function string, names []string) bool {
	for _, name := range names {
		if strings.HasPrefix(function, name) {
			return true
		}
	}
	return false
}
