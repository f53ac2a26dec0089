// Package formats lists what can be imported: one list for the command, the
// workbench and the data source. It reads nothing itself.
package formats

import (
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/bcc"
	"github.com/numalens/numalens/pkg/imports/benchstat"
	"github.com/numalens/numalens/pkg/imports/bpftrace"
	"github.com/numalens/numalens/pkg/imports/eventlines"
	"github.com/numalens/numalens/pkg/imports/gobench"
	"github.com/numalens/numalens/pkg/imports/numactl"
	"github.com/numalens/numalens/pkg/imports/numamaps"
	"github.com/numalens/numalens/pkg/imports/numastat"
	"github.com/numalens/numalens/pkg/imports/pagemap"
	"github.com/numalens/numalens/pkg/imports/perfc2c"
	"github.com/numalens/numalens/pkg/imports/perfdata"
	"github.com/numalens/numalens/pkg/imports/perfmem"
	"github.com/numalens/numalens/pkg/imports/perfscript"
	"github.com/numalens/numalens/pkg/imports/perfstat"
	"github.com/numalens/numalens/pkg/imports/sysfstree"
	"github.com/numalens/numalens/pkg/imports/vmstat"
)

// All gives every format.
func All() []imports.Format {
	return []imports.Format{
		numastat.Format(),
		numactl.Format(),
		sysfstree.Format(),
		numamaps.Format(),
		pagemap.Format(),
		vmstat.Format(),
		perfstat.Format(),
		gobench.Format(),
		benchstat.Format(),
		perfdata.Format(),
		perfc2c.Format(),
		perfmem.Format(),
		perfscript.Format(),
		bpftrace.Format(),
		bcc.Format(),
		eventlines.Format(),
	}
}
