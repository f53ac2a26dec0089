package export

// Unit is one performance monitoring unit beside the cores: a memory channel's,
// a link's, a part of the last-level cache. Rows of scope uncore name it by its
// place in the manifest's Units.
type Unit struct {
	PMU string `json:"pmu"` // the kernel's name, e.g. "uncore_imc_3"
	// CPU is the one on which it was read; a PMU that the kernel lists once
	// for several sockets is one unit for each.
	CPU    int `json:"cpu"`
	Socket int `json:"socket"`
	// Node is -1 where the unit is of a socket with several nodes: the kernel
	// does not say of which.
	Node int `json:"node"`
}
