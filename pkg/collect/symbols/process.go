package symbols

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// identityAge is how long a process is taken for the one it was. A
	// number is given to another process after thousands of others; but
	// another program can begin in the same one at any time.
	identityAge = 50 * time.Millisecond
	// mapsShare bounds the time that reading a process's maps in vain takes.
	mapsShare = 100
	// No process has code in its first page, or beyond 56 bits.
	lowestAddress = 0x1000
	addressesEnd  = 1 << 56
	// mostProcesses are known at once, but for those seen within processAge.
	mostProcesses = 1024
	processAge    = 10 * time.Second
)

// process is what is known of one.
type process struct {
	pid      int32
	identity identity
	checked  time.Time
	areas    []area    // by start
	reread   time.Time // its maps not before, in vain
}

// identity tells a process from another one of its number, and from itself
// when it ran another program.
type identity struct {
	start         string // in ticks since boot
	device, inode uint64 // of its program; 0 where that may not be known
}

// process finds a process, as one of its number is now.
func (n *Namer) process(pid int32) *process {
	p := n.processes[pid]
	now := time.Now()
	if p != nil && now.Sub(p.checked) < identityAge {
		return p
	}
	id, alive := n.identify(pid)
	if p != nil && (!alive || id == p.identity) {
		// Of one that ended, what is known is all that will ever be.
		p.checked = now
		return p
	}
	p = &process{pid: pid, identity: id, checked: now}
	n.sweep(now)
	n.processes[pid] = p
	if alive {
		n.readMaps(p)
	}
	return p
}

// sweep lets go of what was not seen lately, where nobody said of so many
// processes that they ended.
func (n *Namer) sweep(now time.Time) {
	if len(n.processes) < mostProcesses {
		return
	}
	for pid, p := range n.processes {
		if now.Sub(p.checked) > processAge {
			n.Forget(pid)
		}
	}
}

func (n *Namer) proc(pid int32, name string) string {
	return filepath.Join(n.o.Roots.Proc, strconv.Itoa(int(pid)), name)
}

func (n *Namer) identify(pid int32) (identity, bool) {
	b, err := os.ReadFile(n.proc(pid, "stat"))
	if err != nil {
		return identity{}, false
	}
	start, ok := startTime(b)
	if !ok {
		return identity{}, false
	}
	id := identity{start: start}
	// A file server that does not answer must not hold us up.
	var st unix.Statx_t
	if unix.Statx(unix.AT_FDCWD, n.proc(pid, "exe"), unix.AT_STATX_DONT_SYNC, unix.STATX_INO, &st) == nil {
		id.device, id.inode = uint64(st.Dev_major)<<32|uint64(st.Dev_minor), st.Ino
	}
	return id, true
}

// startTime is the 22nd field of /proc/PID/stat. The second is the command's
// name in parentheses, which may hold spaces and parentheses itself.
func startTime(stat []byte) (string, bool) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return "", false
	}
	return string(fields[19]), true
}

// area finds what an address lies in, among what is known or what is mapped
// by now. Where frames are not set up as a walk expects them, it gives
// addresses that are nowhere; those do not have the maps read each time.
func (n *Namer) area(p *process, addr uint64) *area {
	if a := p.find(addr); a != nil {
		return a
	}
	began := time.Now()
	if addr < lowestAddress || addr >= addressesEnd || began.Before(p.reread) {
		return nil
	}
	n.readMaps(p)
	a := p.find(addr)
	if a == nil {
		now := time.Now()
		p.reread = now.Add(now.Sub(began) * mapsShare)
	}
	return a
}

func (p *process) find(addr uint64) *area {
	i, found := slices.BinarySearchFunc(p.areas, addr, func(a area, addr uint64) int {
		if addr >= a.end {
			return -1
		}
		if addr < a.start {
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &p.areas[i]
}

// readMaps reads what a process has mapped. What is as it was keeps its file.
// A process that is gone has what it had.
func (n *Namer) readMaps(p *process) {
	f, err := os.Open(n.proc(p.pid, "maps"))
	if err != nil {
		return
	}
	defer f.Close()
	areas, err := parseMaps(f, nil)
	if err != nil || len(areas) == 0 {
		return
	}
	slices.SortFunc(areas, func(a, b area) int { return cmp.Compare(a.start, b.start) })
	for i := range areas {
		a := &areas[i]
		was := p.find(a.start)
		if was == nil || was.start != a.start || was.end != a.end || was.offset != a.offset || was.inode != a.inode || was.device != a.device || was.path != a.path {
			continue
		}
		a.file, a.tried, a.told = was.file, was.tried, was.told
	}
	p.areas = areas
}
