// Package datasrc decodes what an import needs of perf's data_src, by which a
// processor says what a sampled access was (union perf_mem_data_src in
// include/uapi/linux/perf_event.h). It leaves levels and snoops to pkg/query.
package datasrc

import "github.com/numalens/numalens/pkg/export"

// The operations, bits of mem_op.
const (
	opLoad  = 2
	opStore = 4
)

// Kind is the kind of an access; "" is neither load nor store. A read-modify-
// write, which has both bits, is a load.
func Kind(src uint64) export.SampleKind {
	switch {
	case src&opLoad != 0:
		return export.MemoryLoad
	case src&opStore != 0:
		return export.MemoryStore
	}
	return ""
}
