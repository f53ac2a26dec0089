package tracetest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Flush is one call of a function that flushes a range of cache lines, as
// tracefs told it.
type Flush struct {
	Function string `json:"function"`
	TID      int    `json:"tid"`
	CPU      int    `json:"cpu"`
	AtNS     int64  `json:"at_ns"`
	Address  uint64 `json:"address"`
	Size     uint64 `json:"size"`
}

// flushers are the kernel's functions and how their arguments are given. On
// arm64 those that do it (arch/arm64/mm/cache.S) are assembly, which a kernel
// with CONFIG_KPROBE_EVENTS_ON_NOTRACE unset lets nobody probe: these call
// them. A kernel need not have all.
var flushers = map[string]map[string]string{
	"amd64": {"clflush_cache_range": "from=%di:x64 size=%si:u32"},
	"arm64": {
		"sync_icache_aliases": "from=%x0:x64 to=%x1:x64", "arch_wb_cache_pmem": "from=%x0:x64 size=%x1:u64",
		"arch_invalidate_pmem": "from=%x0:x64 size=%x1:u64",
	},
}

// quiet is how long nothing is done at the ends of a time in which two
// observers are to see the same.
const quiet = 200 * time.Millisecond

// agentName begins the names of the agent's threads, of which it does not
// tell.
const agentName = "numalens-agent"

// FlushLines has the kernel flush lines and lets tracefs tell of every flush
// meanwhile, whoever had it done. It needs root and kprobes; on x86 a machine
// with an IOMMU that does not look into caches.
func (a *Account) FlushLines() error {
	t, err := newTeller()
	if err != nil {
		return err
	}
	return errors.Join(a.flushLines(t), t.close())
}

func (a *Account) flushLines(t *teller) error {
	var refused error
	for function, arguments := range flushers[runtime.GOARCH] {
		refused = errors.Join(refused, t.probe(function, arguments))
	}
	if len(t.probes) == 0 {
		return refused
	}
	cpu := a.Machine.Nodes[a.Machine.last()].CPUs[0]
	s, err := a.onThread("nl-flush", cpu, func() error {
		time.Sleep(quiet)
		err := a.flush()
		time.Sleep(quiet)
		return err
	})
	if err != nil {
		return err
	}
	events, err := t.read()
	if err != nil {
		return err
	}
	a.FlushSpan = s
	for _, e := range events {
		if strings.HasPrefix(e.comm, agentName) || !s.Contains(e.atNS) {
			continue
		}
		f := Flush{Function: e.event, TID: e.tid, CPU: e.cpu, AtNS: e.atNS, Address: e.address("from"), Size: e.address("size")}
		if f.Size == 0 {
			f.Size = e.address("to") - f.Address
		}
		a.Flushes = append(a.Flushes, f)
	}
	if len(a.Flushes) == 0 {
		return errors.Join(fmt.Errorf("nothing was flushed at %v", t.probes), refused)
	}
	return nil
}

func (a *Account) flush() error {
	if runtime.GOARCH == "arm64" {
		return a.flushPages()
	}
	return rescan()
}

// flushPages touches pages that can be executed: before it lets a process
// have one, an arm64 kernel cleans it to where instructions are read from.
func (a *Account) flushPages() error {
	m, err := mapMemory(areaPages, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC)
	if err != nil {
		return err
	}
	if err := m.bind(policy{"interleave", unix.MPOL_INTERLEAVE, a.Machine.ids()}, 0); err != nil {
		return err
	}
	m.touch()
	return nil
}

func (m *Machine) ids() []int {
	var all []int
	for _, n := range m.Nodes {
		all = append(all, n.ID)
	}
	return all
}

const pciDevices = "/sys/bus/pci/devices"

// sata is the class of the controller that is taken away and found again:
// nothing uses it.
const sata = "0x010601"

// rescan takes a device away and finds it again: what the IOMMU reads of it
// is flushed each time.
func rescan() error {
	found, err := filepath.Glob(filepath.Join(pciDevices, "*"))
	if err != nil {
		return err
	}
	for _, dir := range found {
		class, err := os.ReadFile(filepath.Join(dir, "class"))
		if err != nil || strings.TrimSpace(string(class)) != sata {
			continue
		}
		for range 5 {
			if err := os.WriteFile(filepath.Join(dir, "remove"), []byte("1"), 0); err != nil {
				return err
			}
			if err := os.WriteFile("/sys/bus/pci/rescan", []byte("1"), 0); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no device of class %s in %s", sata, pciDevices)
}
