// Package nodefiles reads the lines of the kernel's counts by node, numastat,
// meminfo and vmstat below /sys/devices/system/node, and of their namesakes
// in /proc. The parsers of trees and of printed files share it.
//
// It knows lines, not files: which node a file is of, and when it was read,
// the parsers know.
package nodefiles

import (
	"math"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// File is one of the kernel's files.
type File string

// The files.
const (
	Numastat File = "numastat"
	Meminfo  File = "meminfo"
	Vmstat   File = "vmstat"
)

// Host is the node of what the whole host has.
const Host = -1

const maxNode = 1 << 10 // MAX_NUMNODES

// Row is one line.
type Row struct {
	Node    int // that the line names, or Host
	Name    string
	Value   float64
	Unit    string // bytes or 1
	Meminfo bool   // the line has meminfo's form
	Why     string // not "": the number can't be, and is null
}

// Parse reads a line:
//
//	numa_hit 4244346
//	nr_free_pages 1061524
//	Node 0 MemTotal:        9267404 kB
//	HugePages_Total:       0
func Parse(line string) (Row, bool) {
	r := Row{Node: Host, Unit: "1"}
	words := strings.Fields(line)
	if len(words) >= 4 && words[0] == "Node" {
		n, err := strconv.ParseUint(words[1], 10, 31)
		if err != nil || n >= maxNode {
			return r, false
		}
		r.Node, words = int(n), words[2:]
		if !strings.HasSuffix(words[0], ":") {
			return r, false
		}
	}
	if len(words) < 2 || len(words) > 3 {
		return r, false
	}
	r.Name, r.Meminfo = strings.CutSuffix(words[0], ":")
	scale := 1.0
	if len(words) == 3 {
		if !r.Meminfo || words[2] != "kB" {
			return r, false
		}
		r.Unit, scale = "bytes", 1024
	}
	if !name(r.Name, r.Meminfo) {
		return r, false
	}
	n, err := strconv.ParseUint(words[1], 10, 64)
	if err != nil {
		return r, false
	}
	if n > math.MaxInt64 {
		// Some kernels print a count that is below zero for a moment so.
		r.Why = words[1]
		return r, true
	}
	r.Value = float64(n) * scale
	return r, true
}

// name tells whether a word may be a row's: meminfo's begin with a capital
// and may have brackets, the others' are in small letters.
func name(s string, meminfo bool) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	if meminfo {
		if s[0] < 'A' || s[0] > 'Z' {
			return false
		}
		return strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_()") == ""
	}
	return s[0] >= 'a' && s[0] <= 'z' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// counts are the rows of numastat.
var counts = map[string]bool{"numa_hit": true, "numa_miss": true, "numa_foreign": true, "interleave_hit": true, "local_node": true, "other_node": true}

// OfNumastat tells whether a node's numastat has such a row.
func OfNumastat(name string) bool { return counts[name] }

// ofMeminfo are beginnings of meminfo's rows.
var ofMeminfo = []string{"Mem", "Buffers", "Cached", "SwapCached", "SwapTotal", "SwapFree", "Active", "Inactive", "Unevictable", "Mlocked", "Dirty", "Writeback", "AnonPages", "FilePages", "Mapped", "Shmem", "KReclaimable", "Slab", "SReclaimable", "SUnreclaim", "KernelStack", "PageTables", "SecPageTables", "NFS_Unstable", "Bounce", "CommitLimit", "Committed_AS", "Vmalloc", "Percpu", "AnonHugePages", "FileHugePages", "HugePages_", "Hugepagesize", "Hugetlb", "DirectMap", "HardwareCorrupted", "Cma", "LowTotal", "LowFree", "HighTotal", "HighFree", "Zswap"}

// OfMeminfo tells whether meminfo has rows with such a beginning.
func OfMeminfo(name string) bool {
	for _, begin := range ofMeminfo {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	return false
}

// onlyOfVmstat are beginnings of rows that no other tool prints.
var onlyOfVmstat = []string{"nr_", "pg", "numa_", "workingset_", "thp_", "compact_", "kswapd_", "allocstall", "unevictable_pgs_", "swap_ra", "slabs_scanned", "htlb_", "zone_reclaim", "oom_kill", "drop_", "pageoutrun", "balloon_", "direct_map_", "zswp", "swpin", "swpout", "ksm_", "cow_ksm", "vma_lock_", "pswp", "kstack_", "memmap_pages", "hugetlb_", "demote_", "promote_"}

// OfVmstat tells whether vmstat has rows with such a beginning.
func OfVmstat(name string) bool {
	for _, begin := range onlyOfVmstat {
		if strings.HasPrefix(name, begin) {
			return true
		}
	}
	return false
}

// cumulative are the rows that count since boot though they begin with nr_,
// as levels do.
var cumulative = map[string]bool{"nr_dirtied": true, "nr_written": true, "nr_throttled_written": true, "nr_vmscan_write": true, "nr_vmscan_immediate_reclaim": true, "nr_foll_pin_acquired": true, "nr_foll_pin_released": true}

func kind(f File, name string) imports.Kind {
	level := strings.HasPrefix(name, "nr_") && !cumulative[name] && !strings.HasPrefix(name, "nr_tlb_") || name == "workingset_nodes"
	if f == Meminfo || f == Vmstat && level {
		return imports.KindLevel
	}
	return imports.KindTotal
}

// Figure makes a figure of a row of a file, of a node or of the host.
func (r Row) Figure(line int, f File, node int) imports.Figure {
	x := imports.NewFigure(line)
	x.Name, x.Unit, x.Value, x.Kind, x.Scope = r.Name, r.Unit, r.Value, kind(f, r.Name), imports.ScopeHost
	if r.Why != "" {
		x.Null, x.Why = true, r.Why
	}
	if node == Host {
		return x
	}
	x.Scope, x.Instance, x.Column = imports.ScopeNode, strconv.Itoa(node), r.Name
	if f != Numastat {
		x.Column = string(f) + "." + r.Name
	}
	if f == Vmstat && OfNumastat(r.Name) {
		x.Name = x.Column // read at another moment than its namesake
	}
	return x
}
