package export

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

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
	// Findings are what the agent found wrong with the host or the workload's
	// place; they are no fault of the files.
	Findings []Finding `json:"findings,omitempty"`
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

func (p Problem) String() string {
	if p.Offset > 0 {
		return fmt.Sprintf("%s: offset %d: %s", p.File, p.Offset, p.Text)
	}
	return p.File + ": " + p.Text
}

// Sound reports whether every byte was.
func (r *Report) Sound() bool { return len(r.AllProblems()) == 0 }

// AllProblems lists those of the index and of every run.
func (r *Report) AllProblems() []Problem {
	all := slices.Clone(r.Problems)
	for _, h := range r.Hosts {
		for _, run := range h.Runs {
			all = append(all, run.Problems...)
		}
	}
	return all
}

// unlisted finds runs that index.json does not list: a directory can be
// walked, which other sources cannot.
func (d *dirFiles) unlisted(x *Index) []Problem {
	var ps []Problem
	manifests, _ := fs.Glob(d.root.FS(), "*/*/"+manifestFile)
	for _, path := range manifests {
		name := strings.Split(path, "/")
		if CheckName("host", name[0]) != nil || CheckName("run", name[1]) != nil || x.has(name[0], name[1]) {
			continue
		}
		ps = append(ps, Problem{File: path, Text: "is not listed in " + indexFile, Repairable: true})
	}
	return ps
}

func (x *Index) has(host, run string) bool {
	return slices.ContainsFunc(x.Hosts, func(h IndexHost) bool {
		return h.Host == host && slices.ContainsFunc(h.Runs, func(r IndexRun) bool { return r.Run == run })
	})
}

// living is like the function: through the root, which links cannot leave.
func (d *dirFiles) living(m *Manifest) bool {
	if f, err := d.root.Open(m.Host + "/" + m.Run + "/" + lockFile); err == nil {
		defer f.Close()
		if isLocked(f) {
			return true
		}
	}
	return m.State == Recording && Alive(*m)
}

// unmended finds what a crash left in a run's directory.
func (d *dirFiles) unmended(m *Manifest) []Problem {
	dir := m.Host + "/" + m.Run
	if d.living(m) {
		return nil
	}
	var ps []Problem
	if m.State == Recording {
		ps = append(ps, Problem{File: dir + "/" + manifestFile, Text: "its state is recording, but no process records it", Repairable: true})
	}
	entries, _ := fs.ReadDir(d.root.FS(), dir)
	for _, e := range entries {
		name := e.Name()
		listed := slices.ContainsFunc(m.Segments, func(s Segment) bool { return s.File == name })
		switch _, _, format, err := parseSegmentName(name); {
		case listed || name == manifestFile:
		case err == nil && format == formatArrows:
			ps = append(ps, Problem{File: dir + "/" + name, Text: "is a tail that " + manifestFile + " does not list", Repairable: true})
		case err == nil:
			ps = append(ps, Problem{File: dir + "/" + name, Text: "is not listed in " + manifestFile})
		case strings.HasSuffix(name, besideSuffix):
			ps = append(ps, Problem{File: dir + "/" + name, Text: "was being written when its writer died", Repairable: true})
		}
	}
	return ps
}
