package machine

import (
	"os/exec"
	"syscall"
)

// dieWithThread has the kernel kill a command when the thread that started it
// ends, so that no machine is left behind by a killed record.
func dieWithThread(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
