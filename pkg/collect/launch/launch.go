// Package launch starts the recorded command and holds it back until the
// collectors are open, so that they count from the command's first
// instruction and nothing before it.
//
// The process is made from the agent's own binary, which waits on a pipe and
// then becomes the command by exec: its pid, and the perf events opened on it
// with enable_on_exec, stay. Two other ways were rejected. Under ptrace the
// command stops by itself after exec, but a set-user-ID command (sudo, ping)
// then runs without its privilege, and Yama or a seccomp profile may forbid
// it. SIGSTOP needs code of ours between fork and exec, which Go does not
// offer.
//
// The command keeps the agent's terminal, directory, environment, resource
// limits and process group, and gets no parent-death signal: a workload must
// not die with its observer. If the agent dies before Release, the command
// never starts. Signals are the agent's to pass on.
package launch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// shimName is the argv[0] by which the binary knows that it is to become the
// command.
const shimName = "numalens-launch"

// The pipes of the process that waits.
const (
	releaseFD = 3 // one byte: go
	resultFD  = 4 // one byte: waiting; then an errno if exec fails, or closed by exec
)

func init() {
	// exec gives the whole process the perf context of the thread that calls
	// it, and the events are on the main thread: stay there. Only an init
	// function is sure to run on it.
	if isShim() {
		runtime.LockOSThread()
	}
}

func isShim() bool { return len(os.Args) >= 3 && os.Args[0] == shimName }

// Shim has to be the first call of main (and of TestMain): in a process made
// by Start it becomes the command and does not return.
func Shim() {
	if !isShim() {
		return
	}
	var b [1]byte
	release, result := os.NewFile(releaseFD, "release"), os.NewFile(resultFD, "result")
	if _, err := result.Write(b[:]); err != nil {
		os.Exit(127) // the agent is gone
	}
	if _, err := io.ReadFull(release, b[:]); err != nil {
		os.Exit(127)
	}
	release.Close()
	syscall.CloseOnExec(resultFD)
	err := syscall.Exec(os.Args[1], os.Args[2:], os.Environ())
	var errno syscall.Errno
	errors.As(err, &errno)
	binary.Write(result, binary.NativeEndian, uint32(errno))
	os.Exit(127)
}

// Command is a process that waits to become the recorded command, or has.
type Command struct {
	PID     int
	path    string
	process *exec.Cmd
	release *os.File
	result  *os.File
}

// Start makes the waiting process. argv[0] is looked up in PATH, so that a
// misspelt command fails here, before anything is recorded.
func Start(argv []string) (*Command, error) {
	if len(argv) == 0 {
		return nil, errors.New("no command to record was given")
	}
	path, err := exec.LookPath(argv[0])
	if err != nil {
		return nil, fmt.Errorf("command to record: %w", err)
	}
	releaseR, releaseW, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("hold back %s: %w", argv[0], err)
	}
	defer releaseR.Close()
	resultR, resultW, err := os.Pipe()
	if err != nil {
		releaseW.Close()
		return nil, fmt.Errorf("hold back %s: %w", argv[0], err)
	}
	defer resultW.Close()
	c := &Command{path: path, release: releaseW, result: resultR}
	c.process = &exec.Cmd{
		Path:       "/proc/self/exe",
		Args:       append([]string{shimName, path}, argv...),
		Stdin:      os.Stdin,
		Stdout:     os.Stdout,
		Stderr:     os.Stderr,
		ExtraFiles: []*os.File{releaseR, resultW},
	}
	if err := c.process.Start(); err != nil {
		c.closePipes()
		return nil, fmt.Errorf("hold back %s: %w", argv[0], err)
	}
	c.PID = c.process.Process.Pid
	resultW.Close() // else an end of the process would not show
	if err := c.awaitReady(); err != nil {
		return nil, fmt.Errorf("hold back %s: %w", argv[0], err)
	}
	return c, nil
}

// awaitReady waits until the process is in Shim. Before that its first exec,
// of this binary, may still be going on in the kernel, and would enable or
// discard events that are meant for the second.
func (c *Command) awaitReady() error {
	var b [1]byte
	if _, err := io.ReadFull(c.result, b[:]); err != nil {
		c.closePipes()
		c.process.Wait()
		return fmt.Errorf("the waiting process ended (%v): does main call launch.Shim first?", c.process.ProcessState)
	}
	return nil
}

// Release lets the process become the command. When the kernel refuses to
// execute it, the error says why and the process has ended.
func (c *Command) Release() error {
	defer c.closePipes()
	if _, err := c.release.Write([]byte{1}); err != nil {
		return fmt.Errorf("start %s: %w", c.path, err)
	}
	var errno uint32
	if err := binary.Read(c.result, binary.NativeEndian, &errno); err == nil {
		c.process.Wait()
		return &os.PathError{Op: "exec", Path: c.path, Err: syscall.Errno(errno)}
	}
	return nil
}

// Cancel ends a process that was not released.
func (c *Command) Cancel() error {
	c.closePipes()
	_, err := c.Wait()
	return err
}

func (c *Command) closePipes() {
	c.release.Close()
	c.result.Close()
}

// Signal passes a signal on to the command.
func (c *Command) Signal(s os.Signal) error { return c.process.Process.Signal(s) }

// Wait waits for the command's end. The status is the one that a shell would
// report: 128 plus the signal's number for a command ended by a signal.
func (c *Command) Wait() (status int, err error) {
	err = c.process.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("wait for %s: %w", c.path, err)
	}
	ws, ok := c.process.ProcessState.Sys().(syscall.WaitStatus)
	if ok && ws.Signaled() {
		return 128 + int(ws.Signal()), nil
	}
	return c.process.ProcessState.ExitCode(), nil
}
