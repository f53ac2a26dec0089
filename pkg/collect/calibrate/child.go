package calibrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// patience is how long one request may take: the longest are some seconds, on
// a host that is full of other work some more.
const patience = 2 * time.Minute

// child is the process that runs workloads: what it does is counted, and this
// process is not.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	to     *json.Encoder
	from   *json.Decoder
	stderr tail
}

func startChild() (*child, error) {
	c := &child{cmd: &exec.Cmd{Path: "/proc/self/exe", Args: []string{shimName}}}
	c.cmd.Stderr = &c.stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the process that runs workloads: %w", err)
	}
	c.in, c.to, c.from = in, json.NewEncoder(in), json.NewDecoder(out)
	return c, nil
}

// ask sends a request and waits for its answer. A process that does not answer
// in time is killed.
func (c *child) ask(r request) (answer, error) {
	late := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	var a answer
	err := c.to.Encode(r)
	if err == nil {
		err = c.from.Decode(&a)
	}
	if !late.Stop() {
		return a, fmt.Errorf("%s took more than %v", r.Op+r.Kind, patience)
	}
	if err != nil {
		return a, fmt.Errorf("the process that runs workloads has ended: %w%s", err, c.stderr.said())
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// close ends the process, which ends with its input.
func (c *child) close() {
	c.in.Close()
	late := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	_ = c.cmd.Wait()
	late.Stop()
}

// tail keeps the last of what a process says.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 500; over > 0 {
		t.text = t.text[over:]
	}
	return len(p), nil
}

func (t *tail) said() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.text) == 0 {
		return ""
	}
	return ": " + strings.TrimSpace(string(t.text))
}
