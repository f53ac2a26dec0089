package story

import (
	"encoding/json"
	"fmt"
	"io"
	"sync"
)

// Journal is what a program says that it did. Times are the wall clock's, ns
// since the epoch.
type Journal struct {
	Program   string   `json:"program"`
	Arguments []string `json:"arguments"`
	BeganNS   int64    `json:"began_ns"`
	EndedNS   int64    `json:"ended_ns"`
	Threads   []Thread `json:"threads"`
	Lines     []Line   `json:"lines,omitempty"`
	Marks     []Mark   `json:"marks,omitempty"`

	mutex sync.Mutex
}

// Thread is what one thread did in its loop. Loads and stores are those of
// the loop's own data by construction; the runtime and the kernel add some.
type Thread struct {
	TID     int   `json:"tid"`
	CPU     int   `json:"cpu"`
	Node    int   `json:"node"`
	BeganNS int64 `json:"began_ns"` // of the loop
	EndedNS int64 `json:"ended_ns"`

	Bytes  int64 `json:"bytes"` // that it worked on
	Passes int64 `json:"passes"`
	Loads  int64 `json:"loads"`
	Stores int64 `json:"stores"`
	// Pages of its memory by node, as move_pages says.
	Pages map[int]int `json:"pages"`
}

// Line is a cache line that threads share, or would if it were not padded.
type Line struct {
	Virtual  string `json:"virtual"`
	Physical string `json:"physical"`
	CPUs     []int  `json:"cpus"` // that write it
}

// Mark is a step of the program.
type Mark struct {
	NS   int64  `json:"ns"`
	Text string `json:"text"`
}

// Mark notes a step.
func (j *Journal) Mark(format string, a ...any) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.Marks = append(j.Marks, Mark{NS: wall(), Text: fmt.Sprintf(format, a...)})
}

func (j *Journal) add(t Thread) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.Threads = append(j.Threads, t)
}

func (j *Journal) print(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(j)
}

// Read reads what a program printed.
func Read(r io.Reader) (*Journal, error) {
	j := &Journal{}
	if err := json.NewDecoder(r).Decode(j); err != nil {
		return nil, fmt.Errorf("the program's journal: %w", err)
	}
	return j, nil
}
