package tracetest

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Move is one system call that moves pages.
type Move struct {
	Span
	// Reason is the kernel's word for it (trace/events/migrate.h).
	Reason string `json:"reason"`
	From   int    `json:"from"`
	To     int    `json:"to"`
	Moved  int64  `json:"moved"`
	// Failed are pages that stayed; the kernel tries several times, and tells
	// of each page once a call of its own.
	Failed int64 `json:"failed"`
}

const (
	// movedPages is more than the kernel moves in one go (512), and pinned
	// what one pipe holds.
	movedPages  = 700
	pinnedPages = 16
)

// MovePages moves pages from node 0 to each other node, by move_pages and by
// mbind. It has no more than one node to move between on most machines: then
// it does nothing.
func (a *Account) MovePages() error {
	for _, n := range a.Machine.Nodes[1:] {
		if err := a.move("syscall_or_cpuset", n.ID, movedPages, 0); err != nil {
			return err
		}
		if err := a.move("mempolicy_mbind", n.ID, movedPages, 0); err != nil {
			return err
		}
		if err := a.move("syscall_or_cpuset", n.ID, movedPages, pinnedPages); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) move(reason string, to, count, pinned int) error {
	m, err := mapMemory(count, unix.PROT_READ|unix.PROT_WRITE)
	if err != nil {
		return err
	}
	if err := m.touchOn(0); err != nil {
		return err
	}
	before, err := m.where()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(before, func(n int) bool { return n != 0 }) {
		return fmt.Errorf("pages that were bound to node 0 are on %v", before)
	}
	held, err := hold(m.bytes[:pinned*m.pageBytes])
	if err != nil {
		return err
	}
	mv := Move{Reason: reason, From: 0, To: to}
	mv.Span, err = a.onThread("nl-move", a.Machine.Nodes[0].CPUs[0], func() error { return m.moveTo(reason, to) })
	if err = errors.Join(err, held.Close()); err != nil {
		return err
	}
	after, err := m.where()
	if err != nil {
		return err
	}
	for _, n := range after {
		if n == to {
			mv.Moved++
		} else {
			mv.Failed++
		}
	}
	a.Moves = append(a.Moves, mv)
	return nil
}

func (m *memory) moveTo(reason string, node int) error {
	if reason == "mempolicy_mbind" {
		const move = 2 // MPOL_MF_MOVE
		return m.bind(policy{"bind", unix.MPOL_BIND, []int{node}}, move)
	}
	_, err := m.movePages(slices.Repeat([]int32{int32(node)}, len(m.bytes)/m.pageBytes))
	return err
}

// held are pages that a pipe holds too, so that they cannot move.
type held struct{ r, w *os.File }

func (h *held) Close() error {
	if h.r == nil {
		return nil
	}
	return errors.Join(h.r.Close(), h.w.Close())
}

func hold(b []byte) (*held, error) {
	h := &held{}
	if len(b) == 0 {
		return h, nil
	}
	var err error
	if h.r, h.w, err = os.Pipe(); err != nil {
		return nil, err
	}
	vec := unix.Iovec{Base: &b[0]}
	vec.SetLen(len(b))
	n, _, errno := unix.Syscall6(unix.SYS_VMSPLICE, h.w.Fd(), uintptr(unsafe.Pointer(&vec)), 1, 0, 0, 0)
	if errno != 0 || int(n) != len(b) {
		return nil, errors.Join(fmt.Errorf("a pipe took %d of %d bytes: %w", n, len(b), errno), h.Close())
	}
	return h, nil
}
