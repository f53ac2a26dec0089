package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// Log is what the program did, as it writes it: one line of JSON that begins
// with LogPrefix, so that it can be told from a console's other lines.
type Log struct {
	Nodes   int     `json:"nodes"`
	Trials  []Trial `json:"trials"`
	Skipped []Skip  `json:"skipped"`
}

// LogPrefix begins the line.
const LogPrefix = "exact: "

// Trial is one experiment, counted in a section of its own.
type Trial struct {
	Name    string `json:"name"`
	Section int    `json:"section"`
	Lines   []Line `json:"lines"`
}

// Line is what one thread on one CPU did to one line, by construction. A
// pointer that is nil does not follow from the construction.
type Line struct {
	Virtual   Hex    `json:"virtual"`
	Physical  Hex    `json:"physical"`
	Count     int    `json:"count"` // so many lines, one after the other, each alike
	Home      int    `json:"home"`
	CPU       int    `json:"cpu"`
	Node      int    `json:"node"` // of the CPU
	TID       int    `json:"tid"`
	Loads     uint64 `json:"loads"`
	Stores    uint64 `json:"stores"`
	LoadMask  Hex    `json:"load_mask"`
	StoreMask Hex    `json:"store_mask"`

	L1LoadMisses *uint64 `json:"l1_load_misses"`
	LLCLoads     *uint64 `json:"llc_loads"`
	DRAMLoads    *uint64 `json:"dram_loads"`
	DRAMStores   *uint64 `json:"dram_stores"`
	HITMLocal    *uint64 `json:"hitm_local"`
	HITMRemote   *uint64 `json:"hitm_remote"`
	RFOLocal     *uint64 `json:"rfo_hitm_local"`
	RFORemote    *uint64 `json:"rfo_hitm_remote"`
}

// Skip is an experiment that this machine is too small for.
type Skip struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

func (l *Log) write(w io.Writer) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", LogPrefix, b)
	return err
}

func known(n uint64) *uint64 { return &n }

// Hex is 64 bits, hexadecimal in JSON: JavaScript's numbers hold 53.
type Hex uint64

// MarshalText writes 0x….
func (h Hex) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%#x", uint64(h)), nil }
