package plugin

import (
	"encoding/json"
	"fmt"
	"os"
)

// Truth is what the plugin saw: every count exact for the interleaving that
// ran. README.md explains each word.
type Truth struct {
	Version int    `json:"version"`
	Model   string `json:"model"`
	Plugin  string `json:"plugin"`

	CPUs           int    `json:"cpus"`
	Nodes          int    `json:"nodes"`
	CPUsPerNode    int    `json:"cpus_per_node"`
	NodesPerSocket int    `json:"nodes_per_socket"`
	NodeBytes      uint64 `json:"node_bytes"`
	RAMBase        uint64 `json:"ram_base"`
	Quantum        int    `json:"quantum"`  // cycles
	Patience       int    `json:"patience"` // microseconds
	SamplePeriod   int    `json:"sample_period"`
	SampleLatency  int    `json:"sample_latency"` // cycles
	// FramesChecked counts the pages whose physical address the guest told and
	// the plugin saw alike.
	FramesChecked int `json:"frames_checked"`

	PerCPU   []CPU     `json:"per_cpu"`
	DRAM     []DRAM    `json:"dram"`
	Moved    []Moved   `json:"moved"`
	Sections []Section `json:"sections"`
}

// CPU holds one vCPU's totals.
type CPU struct {
	CPU    int               `json:"cpu"`
	Node   int               `json:"node"`
	Socket int               `json:"socket"`
	User   map[string]uint64 `json:"user"` // by event
	Kernel map[string]uint64 `json:"kernel"`
	// Waits counts how often it waited for another vCPU, Overruns how often it
	// gave up waiting: the drift was not bounded then.
	Waits    uint64 `json:"waits"`
	Overruns uint64 `json:"overruns"`
	// LinesLost counts the accesses of sections that found no room by line.
	LinesLost   uint64 `json:"lines_lost"`
	Samples     uint64 `json:"samples"`
	SamplesLost uint64 `json:"samples_lost"`
}

// DRAM counts lines that came from memory, by who asked and where it lay.
type DRAM struct {
	CPU        int    `json:"cpu"`
	CPUNode    int    `json:"cpu_node"`
	MemoryNode int    `json:"memory_node"`
	Mode       string `json:"mode"` // user, kernel
	Loads      uint64 `json:"loads"`
	Stores     uint64 `json:"stores"`
}

// Moved counts Modified lines that one vCPU took from another.
type Moved struct {
	From       int    `json:"from"`
	To         int    `json:"to"`
	Mode       string `json:"mode"` // of the CPU that took it
	HITMLocal  uint64 `json:"hitm_local"`
	HITMRemote uint64 `json:"hitm_remote"`
	RFOLocal   uint64 `json:"rfo_hitm_local"`
	RFORemote  uint64 `json:"rfo_hitm_remote"`
}

// Section holds what user mode did between a section's markers.
type Section struct {
	ID     int          `json:"id"`
	PerCPU []SectionCPU `json:"per_cpu"` // the CPUs that ran in it
	Lines  []Line       `json:"lines"`
}

// SectionCPU holds what one vCPU counted in a section, in user mode, by event.
type SectionCPU struct {
	CPU  int               `json:"cpu"`
	User map[string]uint64 `json:"user"`
}

// Line is one cache line as one thread on one vCPU used it.
type Line struct {
	Physical  Address `json:"physical"`
	Virtual   Address `json:"virtual"` // where it was first seen
	Home      int     `json:"home"`    // node
	CPU       int     `json:"cpu"`
	TID       int     `json:"tid"`
	Loads     uint64  `json:"loads"`
	Stores    uint64  `json:"stores"`
	LoadMask  Address `json:"load_mask"` // bit i: byte i of the line
	StoreMask Address `json:"store_mask"`

	L1LoadMisses uint64 `json:"l1_load_misses"`
	LLCLoads     uint64 `json:"llc_loads"`
	DRAMLoads    uint64 `json:"dram_loads"`
	DRAMStores   uint64 `json:"dram_stores"`
	HITMLocal    uint64 `json:"hitm_local"`
	HITMRemote   uint64 `json:"hitm_remote"`
	RFOLocal     uint64 `json:"rfo_hitm_local"`
	RFORemote    uint64 `json:"rfo_hitm_remote"`
	// From counts the transfers by the vCPU that the line was taken from.
	From map[int]uint64 `json:"from"`
}

// Address is 64 bits, hexadecimal in JSON: JavaScript's numbers hold 53.
type Address uint64

// MarshalText writes 0x….
func (a Address) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%#x", uint64(a)), nil }

// UnmarshalText reads 0x….
func (a *Address) UnmarshalText(b []byte) error {
	var n uint64
	if _, err := fmt.Sscanf(string(b), "0x%x", &n); err != nil {
		return fmt.Errorf("%q is no address: want 0x and hexadecimal digits", b)
	}
	*a = Address(n)
	return nil
}

// ReadTruth reads the file that the plugin wrote.
func ReadTruth(path string) (*Truth, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the plugin's truth: %w", err)
	}
	var t Truth
	if err := json.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("the plugin's truth in %s: %w", path, err)
	}
	if t.Version != 1 {
		return nil, fmt.Errorf("the plugin's truth in %s has version %d; this reads version 1", path, t.Version)
	}
	return &t, nil
}
