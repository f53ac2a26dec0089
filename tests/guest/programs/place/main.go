//go:build linux

// Place puts memory on nodes in every way that Linux has: first touch, mbind,
// interleaving, huge pages, move_pages, and, where --balance is given, NUMA
// balancing. It prints an account of what it did and of where the kernel says
// that the memory is.
//
// Between some steps it holds still for longer than two periods of the
// agent's nodes table, so that a row of that table falls where nothing
// changes.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/programs/place/account"
)

const (
	pages     = 512  // of an area that is touched
	manyPages = 2048 // of one that moves: more than the kernel leaves uncounted
	hugePages = 4
	holdTime  = 3100 * time.Millisecond
)

func main() {
	balance := flag.Bool("balance", false, "have the kernel migrate pages by NUMA balancing")
	quick := flag.Bool("quick", false, "only touch memory of each node, and hold still nowhere")
	exit := flag.Int("exit", 0, "end with this status")
	flag.Parse()
	runtime.LockOSThread()
	p := &placer{}
	if err := p.all(*quick, *balance); err != nil {
		fmt.Fprintln(os.Stderr, "place:", err)
		os.Exit(1)
	}
	if err := p.account.Write(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "place:", err)
		os.Exit(1)
	}
	os.Exit(*exit)
}

// placer does the steps and keeps the account.
type placer struct{ account account.Account }

func (p *placer) all(quick, balance bool) error {
	p.account.PID = os.Getpid()
	nodes, err := readNodes()
	if err != nil {
		return err
	}
	p.account.Nodes = nodes
	steps := []func() error{p.firstTouch, p.bind, p.interleave, p.huge, p.move}
	if quick {
		steps = steps[:1]
	}
	if balance {
		steps = append(steps, p.balance)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// cpuOf is the first CPU of a node.
func (p *placer) cpuOf(node int) int { return p.account.Nodes[node].CPUs[0] }

// next is the node after one, around.
func (p *placer) next(node int) int { return (node + 1) % len(p.account.Nodes) }

// firstTouch touches memory without a policy from each node.
func (p *placer) firstTouch() error {
	for n := range p.account.Nodes {
		if _, err := p.touch(fmt.Sprintf("first touch on %d", n), n, pages, noPolicy, nil); err != nil {
			return err
		}
	}
	return nil
}

// bind binds memory to each node and touches it from the next.
func (p *placer) bind() error {
	if err := p.hold("before bind"); err != nil {
		return err
	}
	for n := range p.account.Nodes {
		if _, err := p.touch(fmt.Sprintf("bind to %d", n), p.next(n), pages, unix.MPOL_BIND, []int{n}); err != nil {
			return err
		}
	}
	return p.hold("after bind")
}

// interleave spreads memory over all nodes.
func (p *placer) interleave() error {
	var all []int
	for n := range p.account.Nodes {
		all = append(all, n)
	}
	_, err := p.touch("interleave", 0, pages, unix.MPOL_INTERLEAVE, all)
	return err
}

// huge takes huge pages of the last node.
func (p *placer) huge() error {
	last := len(p.account.Nodes) - 1
	area, err := mapArea(hugePages, true)
	if err != nil {
		return fmt.Errorf("map %d huge pages: %w", hugePages, err)
	}
	if err := area.bind(unix.MPOL_BIND, []int{last}); err != nil {
		return err
	}
	if err := p.step("huge pages", 0, area, area.touch); err != nil {
		return err
	}
	if err := p.hold("huge pages"); err != nil {
		return err
	}
	return area.unmap()
}

// move moves pages from the first node to the last.
func (p *placer) move() error {
	last := len(p.account.Nodes) - 1
	area, err := p.touch("to be moved", 0, manyPages, unix.MPOL_BIND, []int{0})
	if err != nil {
		return err
	}
	if err := p.hold("before move"); err != nil {
		return err
	}
	// The policy would be in the way.
	if err := area.bind(unix.MPOL_DEFAULT, nil); err != nil {
		return err
	}
	if err := p.step("move", 0, area, func() error { return area.move(last) }); err != nil {
		return err
	}
	return p.hold("after move")
}

// touch maps an area under a policy and touches every page of it.
func (p *placer) touch(name string, from, count, mode int, nodes []int) (*area, error) {
	area, err := mapArea(count, false)
	if err != nil {
		return nil, err
	}
	if mode != noPolicy {
		if err := area.bind(mode, nodes); err != nil {
			return nil, err
		}
	}
	return area, p.step(name, from, area, area.touch)
}

// step does something from a node's first CPU and accounts for it.
func (p *placer) step(name string, from int, area *area, do func() error) error {
	if err := pin(p.cpuOf(from)); err != nil {
		return err
	}
	s := account.Step{Name: name, CPU: p.cpuOf(from), Start: area.start(), PageBytes: uint64(area.pageBytes)}
	var err error
	if s.Before, err = read(p.account.Nodes); err != nil {
		return err
	}
	s.BeganNS = now()
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	s.EndedNS = now()
	if s.After, err = read(p.account.Nodes); err != nil {
		return err
	}
	if s.On, err = area.where(); err != nil {
		return fmt.Errorf("%s: ask where the pages are: %w", name, err)
	}
	if s.Maps, err = area.maps(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	p.account.Steps = append(p.account.Steps, s)
	return nil
}

func (p *placer) hold(name string) error {
	h := account.Hold{Name: name}
	var err error
	if h.Before, err = read(p.account.Nodes); err != nil {
		return err
	}
	time.Sleep(holdTime)
	if h.After, err = read(p.account.Nodes); err != nil {
		return err
	}
	p.account.Holds = append(p.account.Holds, h)
	return nil
}

func now() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err) // it cannot fail
	}
	return t.Nano()
}

func pin(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("pin to CPU %d: %w", cpu, err)
	}
	return nil
}
