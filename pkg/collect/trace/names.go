package trace

import (
	"time"

	"github.com/numalens/numalens/pkg/collect"
)

// namer is package symbols, as far as it is needed here.
type namer interface {
	See(pid int32, kernel, user []uint64)
	Write(sink collect.TraceSink, budget time.Duration) (left bool)
	Kernel(addr uint64) (function string, ok bool)
	Close() error
}
