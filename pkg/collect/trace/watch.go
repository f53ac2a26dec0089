package trace

import (
	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"

	"github.com/numalens/numalens/pkg/collect/trace/probes"
)

// watch has the programs walk the stacks of some processes and of their
// descendants, which it follows from fork to exit.
func (c *Collector) watch() error {
	if len(c.o.Watch) == 0 || len(c.units) == 0 {
		return nil
	}
	for _, pid := range c.o.Watch {
		if err := c.set.Map(probes.ObjectMapWatched).Update(uint32(pid), uint8(1), ebpf.UpdateAny); err != nil {
			return err
		}
	}
	for hook, name := range map[string]string{"sched_process_fork": probes.ObjectProgForks, "sched_process_exit": probes.ObjectProgExits} {
		p, err := c.set.Program(name)
		if err != nil {
			return err
		}
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: hook, Program: p})
		if err != nil {
			return err
		}
		c.following = append(c.following, l)
	}
	return nil
}
