// Package account is what programs/exact did, by construction: the program
// writes it to the console, a test reads it and holds the plugin's truth
// against it. It knows nothing of the plugin.
package account

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Log is what the program did, as it writes it: one line of JSON that begins
// with a word of its own, so that it can be told from a console's other lines.
type Log struct {
	Nodes   int     `json:"nodes"`
	Trials  []Trial `json:"trials"`
	Skipped []Skip  `json:"skipped"`
}

// prefix begins the line.
const prefix = "exact: "

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

// Write writes the line.
func (l *Log) Write(w io.Writer) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", prefix, b)
	return err
}

// Read finds the line among a console's others.
func Read(console []byte) (*Log, error) {
	for line := range bytes.Lines(console) {
		_, text, found := bytes.Cut(line, []byte(prefix+"{"))
		if !found {
			continue
		}
		var l Log
		if err := json.Unmarshal(append([]byte("{"), text...), &l); err != nil {
			return nil, fmt.Errorf("the program's account: %w", err)
		}
		return &l, nil
	}
	return nil, errors.New("the program gave no account of what it did")
}

// Hex is 64 bits, hexadecimal in JSON: JavaScript's numbers hold 53.
type Hex uint64

// MarshalText writes 0x….
func (h Hex) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "%#x", uint64(h)), nil }

// UnmarshalText reads 0x….
func (h *Hex) UnmarshalText(b []byte) error {
	n, err := strconv.ParseUint(string(b), 0, 64)
	*h = Hex(n)
	return err
}
