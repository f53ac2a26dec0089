package probes

import (
	"errors"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/rlimit"

	"github.com/numalens/numalens/pkg/numa"
)

// Ready tells whether this process and this kernel can run the programs. Of
// what they need, rings came last, with Linux 5.8.
func Ready() error {
	// Before 5.11 maps counted against RLIMIT_MEMLOCK.
	if err := rlimit.RemoveMemlock(); err != nil {
		return err
	}
	if err := features.HaveMapType(ebpf.RingBuf); err != nil {
		if errors.Is(err, ebpf.ErrNotSupported) {
			return &numa.Unavailable{Feature: "tracing by BPF", Why: "the kernel has no BPF ring buffers", Remedy: "boot Linux 5.8 or later with CONFIG_BPF_SYSCALL"}
		}
		return err
	}
	return nil
}
