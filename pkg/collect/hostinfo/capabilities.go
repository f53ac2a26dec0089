package hostinfo

import (
	"strconv"

	"github.com/numalens/numalens/pkg/collect"
)

// Capability is the kernel's number of one (include/uapi/linux/capability.h).
type Capability int

// The capabilities that decide what the agent can see.
const (
	CapSysPtrace Capability = 19
	CapSysAdmin  Capability = 21
	CapSyslog    Capability = 34
	CapPerfmon   Capability = 38 // since 5.8; before, CapSysAdmin
	CapBPF       Capability = 39 // since 5.8; before, CapSysAdmin
)

// Capabilities is a set of them.
type Capabilities uint64

// Has tells whether one is in the set.
func (c Capabilities) Has(one Capability) bool { return c>>one&1 == 1 }

// OwnCapabilities are those in effect for this process; ok is false where
// the kernel does not tell.
func OwnCapabilities(roots collect.Roots) (caps Capabilities, ok bool) {
	set, err := strconv.ParseUint(statusField(tree{roots}.proc("self/status"), "CapEff"), 16, 64)
	return Capabilities(set), err == nil
}
