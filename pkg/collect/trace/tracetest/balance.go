package tracetest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Balance is what NUMA balancing did while it was on.
type Balance struct {
	BeganNS int64 `json:"began_ns"`
	EndedNS int64 `json:"ended_ns"`
	// Arrived are the pages of one area that went from node From to node To.
	From    int   `json:"from"`
	To      int   `json:"to"`
	Arrived int64 `json:"arrived"`
	// Balanced and Failed are pages by tracefs, of all processes but the
	// agent's, of which it does not tell; Counted are those of all, by
	// /proc/vmstat (numa_pages_migrated).
	Balanced int64      `json:"balanced"`
	Failed   int64      `json:"failed"`
	Counted  int64      `json:"counted"`
	Tasks    []TaskMove `json:"tasks"` // by tracefs, of all processes
}

// TaskMove is a thread that balancing moved to a CPU of another node.
type TaskMove struct {
	AtNS     int64 `json:"at_ns"`
	PID      int   `json:"pid"`
	TID      int   `json:"tid"`
	CPU      int   `json:"cpu"` // on which that was done
	FromNode int   `json:"from_node"`
	ToNode   int   `json:"to_node"`
}

const (
	balancing     = "/proc/sys/kernel/numa_balancing"
	balanceFor    = 30 * time.Second
	balancedPages = 512
	// keepsFaulting (MPOL_F_NUMA_BALANCING) has bound memory watched as
	// other memory is.
	keepsFaulting = 1 << 13
)

// quicker are settings of the scanner that protects pages to see who touches
// them; by default it waits a second before it begins.
var quicker = map[string]string{
	"/sys/kernel/debug/sched/numa_balancing/scan_delay_ms":      "50",
	"/sys/kernel/debug/sched/numa_balancing/scan_period_min_ms": "50",
	"/sys/kernel/debug/sched/numa_balancing/scan_period_max_ms": "100",
}

// LetBalance has the kernel bring memory to a thread, and a thread to memory
// that is bound. It needs root, debugfs and two nodes.
func (a *Account) LetBalance() error {
	t, err := newTeller()
	if err != nil {
		return err
	}
	err = a.letBalance(t)
	return errors.Join(err, t.close())
}

func (a *Account) letBalance(t *teller) error {
	for path, value := range quicker {
		if err := os.WriteFile(path, []byte(value), 0); err != nil {
			return err
		}
	}
	if err := errors.Join(t.without(agentName, migratedPages), t.enable(migratedPages),
		t.enable("sched/sched_move_numa"), t.enable("sched/sched_swap_numa")); err != nil {
		return err
	}
	before, err := vmstat()
	if err != nil {
		return err
	}
	b := &Balance{From: 0, To: a.Machine.next(0), BeganNS: now()}
	if err := os.WriteFile(balancing, []byte("1"), 0); err != nil {
		return err
	}
	err = errors.Join(a.memoryComes(b), a.threadGoes(a.Machine.last()))
	if err := errors.Join(err, os.WriteFile(balancing, []byte("0"), 0)); err != nil {
		return err
	}
	b.EndedNS = now()
	after, err := vmstat()
	if err != nil {
		return err
	}
	b.Counted = after["numa_pages_migrated"] - before["numa_pages_migrated"]
	a.Balance = b
	events, err := t.read()
	if err != nil {
		return err
	}
	for i := range events {
		b.told(&events[i])
	}
	return nil
}

const migratedPages = "migrate/mm_migrate_pages"

func (b *Balance) told(e *told) {
	switch {
	case e.atNS < b.BeganNS || e.atNS > b.EndedNS: // what is still protected migrates later
	case e.event != "mm_migrate_pages":
		b.Tasks = append(b.Tasks, taskMoves(e)...)
	case e.fields["reason"] == "numa_misplaced":
		b.Balanced += e.number("nr_succeeded")
		b.Failed += e.number("nr_failed")
	}
}

// taskMoves: a swap moves two.
func taskMoves(e *told) []TaskMove {
	one := func(prefix, from, to string) TaskMove {
		return TaskMove{AtNS: e.atNS, CPU: e.cpu, PID: int(e.number(prefix + "tgid")), TID: int(e.number(prefix + "pid")),
			FromNode: int(e.number(from)), ToNode: int(e.number(to))}
	}
	if e.event == "sched_swap_numa" {
		return []TaskMove{one("src_", "src_nid", "dst_nid"), one("dst_", "dst_nid", "src_nid")}
	}
	return []TaskMove{one("", "src_nid", "dst_nid")}
}

// memoryComes uses memory of one node from another until it is there, or long
// enough: the account says how far it came.
func (a *Account) memoryComes(b *Balance) error {
	m, err := mapMemory(balancedPages, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return err
	}
	if err := m.touchOn(b.From); err != nil {
		return err
	}
	_, err = a.onThread("nl-balance", a.Machine.Nodes[b.To].CPUs[0], func() error {
		return until(balanceFor, func() (bool, error) {
			m.touch()
			on, err := m.where()
			b.Arrived = 0
			for _, n := range on {
				if n == b.To {
					b.Arrived++
				}
			}
			return int(b.Arrived) == len(on), err
		})
	})
	m.touch() // what is still protected is no more
	return err
}

// threadGoes uses memory that cannot move from another node, by a thread that
// can, until it is where the memory is.
func (a *Account) threadGoes(node int) error {
	m, err := mapMemory(balancedPages, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return err
	}
	if err := m.bind(policy{"bind", unix.MPOL_BIND | keepsFaulting, []int{node}}, 0); err != nil {
		return err
	}
	m.touch()
	_, err = a.onThread("nl-follow", a.Machine.Nodes[0].CPUs[0], func() error {
		var all unix.CPUSet
		for _, n := range a.Machine.Nodes {
			for _, c := range n.CPUs {
				all.Set(c)
			}
		}
		if err := unix.SchedSetaffinity(0, &all); err != nil {
			return err
		}
		return until(balanceFor, func() (bool, error) {
			m.touch()
			return nodeNow() == node, nil
		})
	})
	return err
}

// nodeNow is the node of the CPU that the calling thread is on.
func nodeNow() int {
	var cpu, node uint32
	if _, _, errno := unix.RawSyscall(unix.SYS_GETCPU, uintptr(unsafe.Pointer(&cpu)), uintptr(unsafe.Pointer(&node)), 0); errno != 0 {
		return nowhere
	}
	return int(node)
}

// until does something over and over until it is done, or long enough.
func until(limit time.Duration, do func() (bool, error)) error {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		for range 100 {
			if done, err := do(); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// Compact has the kernel move pages together, on any machine, and accounts
// for them by /proc/vmstat. It needs root.
func (a *Account) Compact() error {
	before, err := vmstat()
	if err != nil {
		return err
	}
	mv := Move{Reason: "compaction", From: -1, To: -1}
	mv.Span, err = a.onThread("nl-compact", a.Machine.Nodes[0].CPUs[0], func() error {
		return os.WriteFile("/proc/sys/vm/compact_memory", []byte("1"), 0)
	})
	if err != nil {
		return err
	}
	after, err := vmstat()
	if err != nil {
		return err
	}
	mv.Moved = after["pgmigrate_success"] - before["pgmigrate_success"]
	mv.Failed = after["pgmigrate_fail"] - before["pgmigrate_fail"]
	a.Moves = append(a.Moves, mv)
	return nil
}

func vmstat() (map[string]int64, error) {
	text, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return nil, err
	}
	values := map[string]int64{}
	for line := range strings.Lines(string(text)) {
		var name string
		var value int64
		if _, err := fmt.Sscan(line, &name, &value); err != nil {
			return nil, fmt.Errorf("/proc/vmstat: %q: %w", line, err)
		}
		values[name] = value
	}
	return values, nil
}
