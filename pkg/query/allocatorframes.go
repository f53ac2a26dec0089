package query

import (
	"regexp"
	"strings"
)

// allocatorFrames are the frames that a hotspot is not named for: those of
// the allocators themselves, of what wraps them, of the page fault by which a
// program gets its memory, and of the tracing. A suffix
// that compilers add (.isra.0, .constprop.0) or the kernel's allocation
// profiling (_noprof) makes no difference. Names are those of the kernel's
// mm/, include/linux/{slab,gfp}.h and the entries of x86 and arm64 from 5.8 to
// 6.18, of glibc's malloc, and of Go's runtime.
var allocatorFrames = []struct{ what, pattern string }{
	{"the page allocator", `_*(alloc_pages?|alloc_frozen_pages|folio_alloc|vma_alloc_folio|vma_alloc_zeroed_movable_folio|get_free_pages?|get_zeroed_page|alloc_contig|filemap_alloc_folio|alloc_page_interleave|alloc_pages_bulk)(_[a-z_]+)?`},
	{"the page allocator", `get_page_from_freelist|prep_new_page|post_alloc_hook|rmqueue[a-z_]*`},
	{"the slab allocator", `_*(kmalloc|kzalloc|kcalloc|krealloc|kvmalloc|kvzalloc|kmem_cache_alloc|kmem_cache_charge|kmemdup|kmemdup_nul|kstrdup|kstrndup|do_kmalloc|slab_alloc|slab_post_alloc_hook|do_slab_free)(_[a-z_]+)?`},
	{"the slab allocator", `(allocate|new|alloc)_slab(_page|_obj_exts)?|refill_(objects|sheaf)|alloc_from_(pcs|new_slab)|get_(partial|from_partial)[a-z_]*`},
	{pageFaults, `(alloc_anon_folio|folio_prealloc|vma_alloc_anon_folio_pmd|do_(anonymous_page|huge_pmd_anonymous_page|wp_page|cow_fault|read_fault|shared_fault|fault|swap_page|pte_missing|numa_page)|wp_page_copy|create_huge_pmd|handle_pte_fault|_*handle_mm_fault|do_user_addr_fault|do_page_fault|exc_page_fault|asm_exc_page_fault|do_(translation_fault|mem_abort)|el0_(da|ia)|el0t_64_sync(_handler)?)`},
	{"cache maintenance", `clflush_cache_range(_opt)?|arch_(wb|invalidate)_(cache_)?pmem|_*(dcache|caches)_(clean|inval)[a-z_]*|_*(clean|inval|flush)_(dcache|icache)[a-z_]*|sync_icache_aliases`},
	{"tracing", `_*(traceiter|trace|bpf_trace|perf_trace|trace_event_raw_event)_?(k?malloc|kmem|mm_page_alloc|run)[a-z0-9_]*|bpf_(get_stackid|get_stack|prog_[a-z0-9_]+|trampoline_[a-z0-9_]+)[a-z0-9_]*|(kprobe|uprobe|ftrace)_[a-z_]+|arch_(kprobe|uprobe|ftrace)[a-z_]*|asm_exc_(int3|debug)|exc_(int3|debug)`},
	{"C's allocator", `(_*(libc_)?(malloc|calloc|realloc|memalign|posix_memalign|aligned_alloc|valloc))|_int_(malloc|realloc|memalign)|sysmalloc(_mmap)?|operator new(\[\])?\(.*\)|_*mem(set|cpy|move)(_[a-z0-9_]+)?`},
	{"Go's allocator", `runtime\.(growslice[a-zA-Z]*|mallocgc[a-zA-Z0-9]*|newobject|newarray|makeslice(64|copy)?|makechan(64)?|makemap[a-z0-9_]*|persistentalloc[a-z0-9]*|rawstring|rawbyteslice|rawruneslice|mProf_Malloc|profilealloc|postMallocgcDebug|memmove|memclr[a-zA-Z]*|typedmemmove|reflect_(growslice|unsafe_New(Array)?))`},
}

// pageFaults are passed over only where something lies behind them: in a stack
// without the process's part they are the best that can be said.
const pageFaults = "page faults"

var (
	ofAllocator        = wholeName(func(string) bool { return true })
	ofAllocatorNoFault = wholeName(func(what string) bool { return what != pageFaults })
)

func wholeName(with func(what string) bool) *regexp.Regexp {
	var parts []string
	for _, f := range allocatorFrames {
		if with(f.what) {
			parts = append(parts, f.pattern)
		}
	}
	return regexp.MustCompile(`^(?:` + strings.Join(parts, "|") + `)(\.(isra|constprop|part|cold)(\.[0-9]+)?)*$`)
}

// responsible is the innermost function that is not the allocator's; of a
// stack that is all allocator, the innermost.
func responsible(functions []string) string {
	for _, skip := range []*regexp.Regexp{ofAllocator, ofAllocatorNoFault} {
		for _, f := range functions {
			if !skip.MatchString(f) {
				return f
			}
		}
	}
	return functions[0]
}
