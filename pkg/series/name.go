package series

import (
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// The series that describe a run. The value of what ends in _info is 1: what
// it says is in its labels.
const (
	// RunInfo has a run's manifest, as far as it is one of labels.
	RunInfo = "numalens_run_info"
	// EndInfo tells when a run ended.
	EndInfo = "numalens_run_end_info"
	// NodeInfo has a node, its socket and its CPUs.
	NodeInfo = "numalens_node_info"
	// ColumnInfo tells which column of which table a series has.
	ColumnInfo = "numalens_column_info"
	// UnavailableInfo tells what is missing, and why.
	UnavailableInfo = "numalens_unavailable_info"
	// NewestTime is when the newest reading was taken.
	NewestTime = "numalens_newest_reading_timestamp_seconds"
)

// The times of a group of events at a place.
const (
	CountedTime = "numalens_counted_seconds_total"
	EnabledTime = "numalens_enabled_seconds_total"
	RunningTime = "numalens_running_seconds_total"
)

// The labels that mean something to a reader of the series.
const (
	LabelHost       = "host"
	LabelRun        = "run"
	LabelNode       = "node"
	LabelSocket     = "socket"
	LabelGroup      = "group"
	LabelMemoryNode = "memory_node"
)

// Reserved tells whether a label is one of ours, which nobody else may set.
func Reserved(label string) bool {
	switch label {
	case LabelHost, LabelRun, LabelNode, LabelSocket, LabelGroup, LabelMemoryNode:
		return true
	}
	return strings.HasPrefix(label, "__")
}

// GroupNodes is the group of the table of nodes, which has none of its own.
const GroupNodes = "nodes"

// GroupOfSamples is the group of what is sampled of a kind.
func GroupOfSamples(k export.SampleKind) string { return export.TableSamples + "/" + string(k) }

// SamplesName is the series of what was sampled of a kind.
func SamplesName(k export.SampleKind) string {
	return "numalens_sampled_" + snake(string(k)) + "s_total"
}

var notInName = regexp.MustCompile(`[^a-zA-Z0-9]+`)

// snake makes of any name one that a series may have.
func snake(name string) string { return strings.Trim(notInName.ReplaceAllString(name, "_"), "_") }

// eventName is the series of an event. Times are in seconds there, as is the
// custom, whatever they are in the run.
func eventName(e export.GroupEvent) string {
	name := "numalens_" + strings.ToLower(snake(e.Name))
	if e.Unit == "ns" {
		name += "_seconds"
	}
	return name + "_total"
}

// nodeColumnName is the series of a column of the table of nodes. The kernel's
// spelling is kept.
func nodeColumnName(column string) string {
	file, key, ok := strings.Cut(column, ".")
	switch {
	case !ok:
		return "numalens_numastat_" + snake(column) + "_pages_total"
	case file == "meminfo" && strings.HasPrefix(key, "HugePages_"):
		return "numalens_meminfo_" + snake(key) + "_pages"
	case file == "meminfo":
		return "numalens_meminfo_" + snake(key) + "_bytes"
	case Gauge(column):
		return "numalens_" + file + "_" + snake(key)
	}
	return "numalens_" + file + "_" + snake(key) + "_total"
}

// Gauge tells states from counts among the columns of the table of nodes. The
// kernel's vmstat does not say: its nr_ names are states, but for the few
// listed, which only ever grow (mm/vmstat.c and the enums of
// include/linux/mmzone.h).
func Gauge(column string) bool {
	file, key, ok := strings.Cut(column, ".")
	if !ok || file == "meminfo" {
		return ok
	}
	switch key {
	case "nr_dirtied", "nr_written", "nr_throttled_written", "nr_vmscan_write", "nr_vmscan_immediate_reclaim",
		"nr_foll_pin_acquired", "nr_foll_pin_released":
		return false
	case "workingset_nodes":
		return true
	}
	return strings.HasPrefix(key, "nr_")
}

// DefaultColumns are the columns of the table of nodes that become series
// unless told otherwise, as patterns of path.Match: a kernel has some hundred,
// and a thousand hosts with four nodes each would be half a million series.
func DefaultColumns() []string {
	return []string{
		"numa_hit", "numa_miss", "numa_foreign", "interleave_hit", "local_node", "other_node",
		"meminfo.MemTotal", "meminfo.MemFree", "meminfo.MemUsed", "meminfo.FilePages", "meminfo.AnonPages", "meminfo.Shmem",
		"meminfo.AnonHugePages", "meminfo.HugePages_Total", "meminfo.HugePages_Free",
		"vmstat.pgpromote_success", "vmstat.pgdemote_kswapd", "vmstat.pgdemote_direct",
	}
}
