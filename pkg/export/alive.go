package export

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
)

// Alive tells whether the agent that records a run still lives on this very
// machine and boot: a process of its id that began when it did.
func Alive(m Manifest) bool {
	if m.Agent.PID <= 0 {
		return false
	}
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err != nil ||
		m.BootID != "" && m.BootID != string(bytes.TrimSpace(boot)) {
		return false
	}
	start, err := startTicks(m.Agent.PID)
	return err == nil && (m.Agent.StartTicks == 0 || start == m.Agent.StartTicks)
}

// startTicks is when a process began, in clock ticks after boot: field 22 of
// /proc/<pid>/stat, counted after the command, which may hold anything.
func startTicks(pid int) (uint64, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) < 20 {
		return 0, fmt.Errorf("/proc/%d/stat: too short", pid)
	}
	return strconv.ParseUint(string(f[19]), 10, 64)
}

// SetAgentProcess enters this process as the one that records.
func (a *Agent) SetAgentProcess() {
	a.PID = os.Getpid()
	a.StartTicks, _ = startTicks(a.PID)
}
