package hostinfo

import (
	"slices"
	"strings"
)

// unnamed is a hypervisor that shows itself and not its name.
const unnamed = "unnamed"

// hypervisor names what the host is a guest of. x86 has a flag for it, which
// decides; elsewhere what the firmware calls the machine does.
func (t tree) hypervisor() string {
	flags := strings.Fields(t.cpuinfo()["flags"])
	virtual := slices.Contains(flags, "hypervisor")
	name := firstText(
		t.sys("hypervisor/type"),
		strings.TrimRight(t.sys("firmware/devicetree/base/hypervisor/compatible"), "\x00"),
		t.machine(),
	)
	switch {
	case name == "" && virtual:
		return unnamed
	case len(flags) > 0 && !virtual:
		return ""
	}
	return name
}

// virtualMachines are what hypervisors write into the DMI fields sys_vendor
// and product_name.
var virtualMachines = []string{
	"Alibaba Cloud ECS", "Amazon EC2", "Google Compute Engine", "HVM domU", "innotek GmbH", "KVM", "Microsoft Corporation Virtual Machine",
	"OpenStack", "Parallels", "QEMU", "VirtualBox", "VMware", "Xen",
}

// machine is the firmware's name for a virtual machine. Clouds rent hardware
// under the same vendor's name, with "metal" in the product's.
func (t tree) machine() string {
	name := strings.TrimSpace(t.sys("devices/virtual/dmi/id/sys_vendor") + " " + t.sys("devices/virtual/dmi/id/product_name"))
	if strings.Contains(name, "metal") {
		return ""
	}
	if !slices.ContainsFunc(virtualMachines, func(known string) bool { return strings.Contains(name, known) }) {
		return ""
	}
	return name
}
