package symbols

import (
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Options say where to look.
type Options struct {
	Roots collect.Roots
	Clock export.Clock
	// DebugFiles is the folder of separate debug files by build-id; "" is
	// the usual one.
	DebugFiles string
}

// debugFiles is where distributions put separate debug files.
const debugFiles = "/usr/lib/debug/.build-id"

// Frame is a function at an address.
type Frame struct {
	Function string
	Source   string // file; "" is not known
	Line     int    // 0 is not known
}

// Namer names addresses. It is used from one goroutine.
type Namer struct {
	o         Options
	kernel    *kernel // nil: hidden
	processes map[int32]*process
	files     *files
	mappings  []export.Mapping // that are not written yet
}

// Open finds out what can be named. Nothing is read before it is needed.
func Open(o Options) (*Namer, []numa.Unavailable, error) {
	if o.DebugFiles == "" {
		o.DebugFiles = debugFiles
	}
	n := &Namer{o: o, processes: map[int32]*process{}, files: newFiles(o.DebugFiles)}
	var missing []numa.Unavailable
	if why := hidden(o.Roots); why != nil {
		missing = append(missing, *why)
	} else {
		n.kernel = newKernel(o.Roots)
	}
	return n, missing, nil
}

// lookedUp is the address that is named for one of a stack's.
func lookedUp(i int, addr uint64) uint64 {
	if i == 0 || addr == 0 {
		return addr
	}
	return addr - 1
}

// See takes a stack's addresses, innermost first, as the kernel gave them.
func (n *Namer) See(pid int32, kernel, user []uint64) {
	if n.kernel != nil {
		for i, addr := range kernel {
			n.kernel.want(lookedUp(i, addr))
		}
	}
	if len(user) == 0 || pid <= 0 {
		return
	}
	p := n.process(pid)
	for i, addr := range user {
		n.want(p, lookedUp(i, addr))
	}
}

// want has an address of a process named, and its mapping written.
func (n *Namer) want(p *process, addr uint64) {
	a := n.area(p, addr)
	if a == nil {
		return
	}
	if a.file == nil {
		n.hold(p, a)
	}
	if !a.told {
		a.told = true
		row := a.row(p.pid, n.now())
		if a.file == nil && a.isFile() {
			row.File = n.files.distinct(a.path, a.key())
		}
		n.mappings = append(n.mappings, row)
	}
	if a.file == nil {
		return
	}
	offset := addr - a.start + a.offset
	if _, known := a.file.seen[offset]; known {
		return
	}
	if n.hold(p, a); a.file.reader != nil {
		n.files.want(a.file, offset)
	}
}

func (n *Namer) now() int64 { return n.o.Clock.Wall(collect.MonotonicNS()) }

// Write sends what is new. It stops after about budget and says whether
// something is left; at least one file's addresses make progress.
func (n *Namer) Write(sink collect.TraceSink, budget time.Duration) (left bool) {
	deadline := time.Now().Add(budget)
	ts := n.now()
	n.files.restIdle(time.Now())
	for _, m := range n.mappings {
		sink.Mapping(m)
	}
	n.mappings = n.mappings[:0]
	if n.kernel != nil {
		n.kernel.write(sink, ts)
	}
	for first := true; first || time.Now().Before(deadline); first = false {
		if !n.files.write(sink, ts, deadline) {
			return false
		}
	}
	return n.files.waiting()
}

// Kernel gives the function of an address of the kernel.
func (n *Namer) Kernel(addr uint64) (function string, ok bool) {
	if n.kernel == nil {
		return "", false
	}
	return n.kernel.function(addr)
}

// User names an address of a process: innermost first, with what was inlined.
func (n *Namer) User(pid int32, addr uint64) (frames []Frame, ok bool) {
	p := n.process(pid)
	a := n.area(p, addr)
	if a == nil {
		return nil, false
	}
	if n.hold(p, a); a.file == nil || a.file.reader == nil {
		return nil, false
	}
	frames, _, ok = n.files.name(a.file, addr-a.start+a.offset, nil)
	return frames, ok
}

// Forget lets go of a process, which ended or runs another program now. What
// See took of it is written all the same.
func (n *Namer) Forget(pid int32) { delete(n.processes, pid) }

// Close gives back what is open.
func (n *Namer) Close() error {
	n.processes, n.mappings = nil, nil
	return n.files.close()
}
