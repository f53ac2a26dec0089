package export

// AsFound is how the host was set when the run began: what a measurement
// depends on, and its owner may change. An empty field was not told, or is not
// there on such a host.
type AsFound struct {
	// Hypervisor names what the host is a guest of; "" on hardware.
	Hypervisor string `json:"hypervisor,omitempty"`
	// Governors are the frequency governors, and the CPUs that each rules, in
	// list format.
	Governors map[string]string `json:"governors,omitempty"`
	// FrequencyDriver is cpufreq's driver.
	FrequencyDriver string `json:"frequency_driver,omitempty"`
	// Turbo is "on" or "off": whether clocks may rise above the nominal one.
	Turbo       string `json:"turbo,omitempty"`
	Clocksource string `json:"clocksource,omitempty"`
	// THPDefrag and KSM are as in /sys/kernel/mm: transparent_hugepage/defrag,
	// the chosen word, and ksm/run.
	THPDefrag string `json:"thp_defrag,omitempty"`
	KSM       string `json:"ksm,omitempty"`
	// Swap is the swap space; nil when it could not be read.
	Swap *Swap `json:"swap,omitempty"`
	// HugePages are the pools set aside, those of size 0 left out.
	HugePages []HugePagePool `json:"huge_pages,omitempty"`
	// Isolated and NoHzFull are CPUs in list format: kept free of the
	// scheduler's balancing, and of its tick.
	Isolated string `json:"isolated,omitempty"`
	NoHzFull string `json:"nohz_full,omitempty"`
	// BootArguments are those of the kernel's command line that bear on a
	// measurement; the others are their owner's.
	BootArguments []string `json:"boot_arguments,omitempty"`
	// IRQAffinity are the CPUs that a new interrupt may fire on, in list
	// format.
	IRQAffinity string `json:"irq_affinity,omitempty"`
	// Interrupts are those of devices that fired within InterruptsNS of the
	// start.
	Interrupts   []Interrupt `json:"interrupts,omitempty"`
	InterruptsNS int64       `json:"interrupts_ns,omitempty"`
	// PerfEventParanoid, KptrRestrict and NMIWatchdog are as in
	// /proc/sys/kernel.
	PerfEventParanoid string `json:"perf_event_paranoid,omitempty"`
	KptrRestrict      string `json:"kptr_restrict,omitempty"`
	NMIWatchdog       string `json:"nmi_watchdog,omitempty"`
}

// Swap is the host's swap space.
type Swap struct {
	Bytes     int64 `json:"bytes"`
	UsedBytes int64 `json:"used_bytes"`
}

// HugePagePool is the huge pages of one size that a node has set aside.
type HugePagePool struct {
	Node      int   `json:"node"`
	PageBytes int64 `json:"page_bytes"`
	Pages     int64 `json:"pages"`
	Free      int64 `json:"free"`
}

// Interrupt is a device's interrupt that fired.
type Interrupt struct {
	IRQ  int    `json:"irq"`
	Name string `json:"name"` // as /proc/interrupts ends its line
	// CPUs it may fire on, in list format; "" when not told.
	CPUs string `json:"cpus,omitempty"`
	// Fired counts by CPU, in ascending order of CPUs.
	Fired []InterruptCount `json:"fired"`
}

// InterruptCount is how often an interrupt fired on one CPU.
type InterruptCount struct {
	CPU   int   `json:"cpu"`
	Count int64 `json:"count"`
}

// Finding is something about the host, or about how the workload was
// confined, that a measurement suffers from or rests on.
type Finding struct {
	Rule     string   `json:"rule"` // stable name, e.g. "numa-balancing"
	Severity Severity `json:"severity"`
	Found    string   `json:"found"`            // what is so, with its values
	Why      string   `json:"why"`              // what it does to a measurement
	Remedy   string   `json:"remedy,omitempty"` // the command that mends it, where there is one
}

// Severity is how much a finding matters.
type Severity string

// The severities.
const (
	// SeverityProblem changes what is measured.
	SeverityProblem Severity = "problem"
	// SeverityCaution makes runs differ from each other.
	SeverityCaution Severity = "caution"
	// SeverityNote is to be known when results are read or compared.
	SeverityNote Severity = "note"
)
