package main

import (
	"github.com/numalens/numalens/tests/guest/plugin"
	"github.com/numalens/numalens/tests/guest/slowclock"
)

// slowDown has QEMU's clock go slower, if that is asked for. An x86 kernel
// would wait for its first ticks by the processor's counter, which goes on at
// full speed, and then say that there are none.
func (o *options) slowDown(work string) (err error) {
	if o.slow == 1 {
		return nil
	}
	o.machine.KernelArgs = append(o.machine.KernelArgs, "no_timer_check")
	o.machine.Environment, err = slowclock.Build(plugin.Compiler(), work, o.slow)
	return err
}
