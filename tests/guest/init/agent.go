//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"

	"github.com/numalens/numalens/tests/guest/handover"
)

// stdoutPath is where the program's stdout goes. It is handed out at the end:
// a console would be work for the machine in the middle of the recording.
const stdoutPath = "/tmp/stdout"

// record runs the agent with the program, which it finds in a directory, and
// gives its status.
func record(job *handover.Job, dir string) (int, error) {
	args := append([]string{"record", "--out", handover.ExportPath, "--host", job.Host}, job.Agent...)
	agent := exec.Command(handover.AgentPath, append(append(args, "--"), job.Program...)...)
	agent.Env = append([]string{"PATH=" + dir, "HOME=/", "TMPDIR=/tmp"}, job.Environment...)
	agent.Dir = "/tmp"
	agent.Stderr = consoleWriter{}
	out, err := os.Create(stdoutPath)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	agent.Stdout = out
	err = agent.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		return 0, fmt.Errorf("start the agent: %w", err)
	}
	if ws := agent.ProcessState.Sys().(syscall.WaitStatus); ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return agent.ProcessState.ExitCode(), nil
}

// consoleWriter passes on what is written as it comes.
type consoleWriter struct{}

func (consoleWriter) Write(p []byte) (int, error) {
	say(handover.Stderr, string(p))
	return len(p), nil
}
