package query

import "testing"

// TestResponsibleFrame: names as kernels and programs have them.
func TestResponsibleFrame(t *testing.T) {
	for name, c := range map[string]struct {
		stack []string
		want  string
	}{
		"slab, 6.18":        {[]string{"___slab_alloc", "__slab_alloc.isra.0", "__kmalloc_node_track_caller_noprof", "kmalloc_reserve", "__alloc_skb", "tcp_stream_alloc_skb"}, "__alloc_skb"},
		"slab, 6.1":         {[]string{"__kmem_cache_alloc_node", "__kmalloc", "load_msg", "do_msgsnd"}, "load_msg"},
		"object caches":     {[]string{"kmem_cache_alloc_lru_noprof", "__d_alloc", "d_alloc_parallel"}, "__d_alloc"},
		"page, for a slab":  {[]string{"__alloc_frozen_pages_noprof", "alloc_pages_mpol", "allocate_slab", "new_slab", "___slab_alloc", "kmem_cache_alloc_noprof", "alloc_empty_file"}, "alloc_empty_file"},
		"page table":        {[]string{"__alloc_pages_noprof", "alloc_pages_noprof", "pte_alloc_one", "__pte_alloc"}, "pte_alloc_one"},
		"first touch":       {[]string{"get_page_from_freelist", "__alloc_pages", "__folio_alloc", "vma_alloc_folio", "do_anonymous_page", "__handle_mm_fault", "handle_mm_fault", "do_user_addr_fault", "exc_page_fault", "asm_exc_page_fault", "__memset_avx2_unaligned_erms", "fill", "main"}, "fill"},
		"touch on arm64":    {[]string{"__alloc_pages", "alloc_pages_vma", "do_anonymous_page", "handle_pte_fault", "__handle_mm_fault", "handle_mm_fault", "do_page_fault", "do_translation_fault", "do_mem_abort", "el0_da", "el0t_64_sync_handler", "el0t_64_sync", "main.touch"}, "main.touch"},
		"page cache":        {[]string{"__alloc_frozen_pages_noprof", "alloc_pages_mpol", "folio_alloc_noprof", "filemap_alloc_folio_noprof", "page_cache_ra_unbounded"}, "page_cache_ra_unbounded"},
		"clone":             {[]string{"kmem_cache_alloc_node_noprof.constprop.0", "dup_task_struct", "copy_process"}, "dup_task_struct"},
		"seen by the probe": {[]string{"bpf_prog_3f2a9c0d71e4b85a_kmalloc", "bpf_trace_run6", "__traceiter_kmalloc", "__kmalloc_cache_noprof", "do_epoll_create"}, "do_epoll_create"},
		"slice":             {[]string{"runtime.growslice", "main.collect"}, "main.collect"},
		"generic slice":     {[]string{"runtime.growsliceNoAlias", "slices.Grow[...]", "main.x"}, "slices.Grow[...]"},
		"heap":              {[]string{"runtime.mProf_Malloc", "runtime.profilealloc", "runtime.mallocgcSmallScanNoHeader", "runtime.mallocgc", "runtime.newobject", "main.newNode"}, "main.newNode"},
		"new in C++":        {[]string{"_int_malloc", "malloc", "operator new(unsigned long)", "Table::insert(int)"}, "Table::insert(int)"},
		"flush":             {[]string{"clflush_cache_range", "qi_submit_sync"}, "qi_submit_sync"},
		"flush on arm64":    {[]string{"caches_clean_inval_pou", "sync_icache_aliases", "__sync_icache_dcache"}, "__sync_icache_dcache"},
		"all allocator":     {[]string{"__alloc_pages_noprof", "alloc_pages_noprof"}, "__alloc_pages_noprof"},
		"fault, no process": {[]string{"__alloc_frozen_pages_noprof", "alloc_pages_mpol", "vma_alloc_folio_noprof", "do_anonymous_page", "__handle_mm_fault", "handle_mm_fault", "exc_page_fault", "asm_exc_page_fault"}, "do_anonymous_page"},
		"no name":           {[]string{"0xffffffff81234567 ([kernel])", "main"}, "0xffffffff81234567 ([kernel])"},
		"of other minds":    {[]string{"tracefs_create_file"}, "tracefs_create_file"},
	} {
		if got := responsible(c.stack); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
