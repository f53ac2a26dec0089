package export

import "context"

// Report is what Inspect found below a root.
type Report struct {
	Generation int64        `json:"generation"`
	Bytes      int64        `json:"bytes"`
	Hosts      []ReportHost `json:"hosts"`
	Problems   []Problem    `json:"problems"` // of the index; a run's are its own
}

// ReportHost is a host and its runs.
type ReportHost struct {
	Host string      `json:"host"`
	Runs []ReportRun `json:"runs"`
}

// ReportRun is one run.
type ReportRun struct {
	Run      string        `json:"run"`
	Name     string        `json:"name,omitempty"`
	State    State         `json:"state"`
	StartNS  int64         `json:"start_ns"`
	EndNS    int64         `json:"end_ns,omitempty"`
	Bytes    int64         `json:"bytes"`
	Tables   []ReportTable `json:"tables"`
	Problems []Problem     `json:"problems"`
}

// ReportTable is one table of a run.
type ReportTable struct {
	Table    string `json:"table"`
	Segments int    `json:"segments"`
	Rows     int64  `json:"rows"`
	FromNS   int64  `json:"from_ns,omitempty"` // time of the first row
	ToNS     int64  `json:"to_ns,omitempty"`   // time of the last row
	Bytes    int64  `json:"bytes"`
}

// Problem is one thing that is not sound.
type Problem struct {
	File   string `json:"file"`   // relative to the root
	Offset int64  `json:"offset"` // first byte that is not sound; 0 is the whole file
	Text   string `json:"text"`
	// Repairable is set when Repair mends it without losing a whole batch.
	Repairable bool `json:"repairable"`
}

// Sound reports whether every byte was.
func (r *Report) Sound() bool {
	if len(r.Problems) > 0 {
		return false
	}
	for _, h := range r.Hosts {
		for _, run := range h.Runs {
			if len(run.Problems) > 0 {
				return false
			}
		}
	}
	return true
}

// Inspect reads every byte of every run and says what is there and what is
// not sound.
func Inspect(ctx context.Context, files Files) (*Report, error) { return nil, errNotYet }

// Repair mends what can be mended without losing a whole batch: it recovers
// the runs that no living agent records and rewrites index.json.
func Repair(root string) ([]Recovery, error) { return nil, errNotYet }
