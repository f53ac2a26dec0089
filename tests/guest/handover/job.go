// Package handover is what the two sides of the guest say to each other:
// record, on the host, and init, which is process 1 inside.
//
//	job      record → init: a file of the initramfs, what to run and how
//	line     init → record: lines on the console, how far it came
//	outbox   init → record: a tar in the shared memory, all that was made
//
// It leaves out what the plugin and the agent's collector share, of which it
// knows no more than where the outbox is.
package handover

import (
	"encoding/json"
	"fmt"
	"os"
)

// Where things are in the guest.
const (
	JobPath    = "/job.json"
	AgentPath  = "/numalens-agent"
	ProgramDir = "/bin"
	ExportPath = "/export"
)

// Job is what init is to do.
type Job struct {
	Host string `json:"host"`
	// Agent are further arguments of the agent's record command.
	Agent []string `json:"agent,omitempty"`
	// Program is the name of the recorded program, which lies in ProgramDir,
	// and its arguments.
	Program []string `json:"program"`
	// Environment is the program's, "NAME=value".
	Environment []string `json:"environment,omitempty"`
	Nodes       int      `json:"nodes"`
	// HugePages of 2 MiB are set aside on each node.
	HugePages int `json:"huge_pages"`
	// WallNS is the host's wall clock shortly before the machine started, for
	// a machine whose kernel knows no clock.
	WallNS int64 `json:"wall_ns"`
	// Armed has the plugin count around the recording.
	Armed bool `json:"armed"`
}

// Encode gives the content of the file at JobPath.
func (j *Job) Encode() ([]byte, error) { return json.MarshalIndent(j, "", "  ") }

// ReadJob reads what record asked for.
func ReadJob(path string) (*Job, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	j := &Job{}
	if err := json.Unmarshal(data, j); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(j.Program) == 0 {
		return nil, fmt.Errorf("%s names no program", path)
	}
	return j, nil
}
