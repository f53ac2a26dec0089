package counters

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

// onlineWatch tells when the list of online CPUs changes: one read of a small
// file a drain. An event of a CPU that goes offline is dead, and stays so
// when the CPU returns.
type onlineWatch struct {
	fd   int
	last []byte
	buf  [4096]byte
}

// watchOnline gives nil where the list cannot be read; a CPU whose counts
// stand still is then found all the same.
func watchOnline(roots collect.Roots) *onlineWatch {
	fd, err := unix.Open(filepath.Join(roots.Sys, "devices/system/cpu/online"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	w := &onlineWatch{fd: fd}
	w.changed()
	return w
}

// changed gives the CPUs that are online if that is not what it last was.
func (w *onlineWatch) changed() (cpus []int, changed bool) {
	n, err := unix.Pread(w.fd, w.buf[:], 0)
	if err != nil || bytes.Equal(w.buf[:n], w.last) {
		return nil, false
	}
	cpus, err = hostinfo.ParseList(string(w.buf[:n]))
	if err != nil {
		return nil, false
	}
	w.last = append(w.last[:0], w.buf[:n]...)
	return cpus, true
}

func (w *onlineWatch) close() error { return unix.Close(w.fd) }

// followHotplug closes the groups of CPUs that went and opens those of CPUs
// that came, with a new epoch.
func (c *Collector) followHotplug(sink collect.Sink) {
	if c.scope != export.ScopeCPU {
		return // a task's events follow the task
	}
	if c.online != nil {
		if online, changed := c.online.changed(); changed {
			for _, p := range c.cpus {
				c.setOnline(p, slices.Contains(online, p.id), sink)
			}
		}
	}
	now := collect.MonotonicNS()
	for _, p := range c.cpus {
		if len(p.groups) > 0 && p.silent(now, c.period) {
			// It went and came back between two looks at the list.
			p.close()
			c.reopen(p, sink)
		}
	}
}

func (c *Collector) setOnline(p *cpu, online bool, sink collect.Sink) {
	switch open := len(p.groups) > 0; {
	case open && !online:
		p.close()
		c.drop(sink, 0, fmt.Sprintf("CPU %d went offline", p.id))
	case !open && online:
		c.reopen(p, sink)
	}
}

func (c *Collector) reopen(p *cpu, sink collect.Sink) {
	p.epoch++
	if err := c.openCPU(p); err != nil {
		c.drop(sink, 0, fmt.Sprintf("CPU %d could not be counted again: %v", p.id, err))
		return
	}
	c.note(sink, export.NoteMark, 0, fmt.Sprintf("CPU %d is counted again", p.id))
}
