package placement

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/numalens/numalens/pkg/collect"
)

// maxFamily bounds how many processes are followed; a build has thousands,
// one after the other.
const maxFamily = 256

// process is one that is looked at.
type process struct {
	pid     int
	born    uint64 // in ticks since boot: tells it from a later one of the same number
	comm    string
	looked  time.Time
	due     time.Time
	refused bool
}

// family are the chosen processes and what descends from them. One that was
// seen stays, even if its parent ends before it.
type family struct {
	roots    collect.Roots
	members  map[int]*process
	groups   []string // directories of control groups
	lastFork string
}

func newFamily(roots collect.Roots, pids []int) *family {
	f := &family{roots: roots, members: map[int]*process{}}
	for _, pid := range pids {
		f.join(pid)
	}
	return f
}

func (f *family) path(pid int, name string) string {
	return filepath.Join(f.roots.Proc, strconv.Itoa(pid), name)
}

// join adds a process if it is there.
func (f *family) join(pid int) (fresh bool) {
	born, comm, err := f.identity(pid)
	if err != nil {
		return false
	}
	if have := f.members[pid]; have != nil && have.born == born {
		have.comm = comm // it may have become another program
		return false
	}
	if len(f.members) >= maxFamily {
		return false
	}
	f.members[pid] = &process{pid: pid, born: born, comm: comm}
	return true
}

// identity reads when a process began, and its name, which may hold spaces
// and brackets.
func (f *family) identity(pid int) (born uint64, comm string, err error) {
	b, err := os.ReadFile(f.path(pid, "stat"))
	if err != nil {
		return 0, "", err
	}
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return 0, "", fmt.Errorf("%s: there is no name in brackets", f.path(pid, "stat"))
	}
	fields := bytes.Fields(b[end+1:])
	const startTime = 22 - 3 // the first field here is the third
	if len(fields) <= startTime {
		return 0, "", fmt.Errorf("%s: %d fields are too few", f.path(pid, "stat"), len(fields)+2)
	}
	born, err = strconv.ParseUint(string(fields[startTime]), 10, 64)
	return born, string(b[open+1 : end]), err
}

// update drops who is gone and finds who is new. Without a fork on the whole
// host since the last time there is nobody new to find.
func (f *family) update() {
	for pid, p := range f.members {
		born, comm, err := f.identity(pid)
		if err != nil || born != p.born {
			delete(f.members, pid)
			continue
		}
		p.comm = comm
	}
	if last := f.newestProcess(); last == "" || last != f.lastFork {
		f.lastFork = last
		for _, dir := range f.groups {
			f.adoptGroup(dir)
		}
		for _, p := range f.byWait() {
			f.adopt(p.pid)
		}
	}
}

// newestProcess is the number that was given last, the fifth word of
// /proc/loadavg.
func (f *family) newestProcess() string {
	b, _ := os.ReadFile(filepath.Join(f.roots.Proc, "loadavg"))
	words := strings.Fields(string(b))
	if len(words) < 5 {
		return ""
	}
	return words[4]
}

// adopt adds the descendants of a process. Each thread has its own list of
// children.
func (f *family) adopt(pid int) {
	lists, _ := filepath.Glob(f.path(pid, "task/*/children"))
	for _, list := range lists {
		b, err := os.ReadFile(list)
		if err != nil {
			continue
		}
		for word := range strings.FieldsSeq(string(b)) {
			if child, err := strconv.Atoi(word); err == nil && f.join(child) {
				f.adopt(child)
			}
		}
	}
}

// byWait lists the members, those that were looked at longest ago first.
func (f *family) byWait() []*process {
	all := make([]*process, 0, len(f.members))
	for _, p := range f.members {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b *process) int {
		if c := a.looked.Compare(b.looked); c != 0 {
			return c
		}
		return a.pid - b.pid
	})
	return all
}

// residentPages is the second word of statm. It is a little out of date on
// kernels that count by thread, which is good enough for a bound.
func (p *process) residentPages(roots collect.Roots) (int64, error) {
	file := filepath.Join(roots.Proc, strconv.Itoa(p.pid), "statm")
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	words := strings.Fields(string(b))
	if len(words) < 2 {
		return 0, fmt.Errorf("%s: %q has no second word", file, b)
	}
	return strconv.ParseInt(words[1], 10, 64)
}

// gone tells whether a process ended while it was looked at.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) }
