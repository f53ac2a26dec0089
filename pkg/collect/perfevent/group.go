package perfevent

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/events"
)

// readFormat is how the kernel lays out a group's counts, in answers to read
// and in samples:
//
//	u64 nr, time_enabled, time_running; { u64 value, id; } [nr]
const readFormat = unix.PERF_FORMAT_GROUP | unix.PERF_FORMAT_ID |
	unix.PERF_FORMAT_TOTAL_TIME_ENABLED | unix.PERF_FORMAT_TOTAL_TIME_RUNNING

// Group is a set of events opened on one target, which the kernel schedules
// together.
type Group struct {
	target Target
	events []Event // the first is the leader
	hidden int     // of them that are no one's count: 1 with a timer, else 0
	buf    []byte
}

// Counts are one reading of a group.
type Counts struct {
	Values           []int64 // in the order of the events asked for
	Enabled, Running int64   // ns
}

// OpenGroup opens events on one target as one group, disabled. With a timer
// above 0 the kernel itself samples the group's counts that often into the
// ring that Attach gives it.
//
// An event that the kernel refuses ends it: the caller decides whether to go
// on without. The error is then an *EventError.
func OpenGroup(list []events.Event, target Target, timer time.Duration, o Options) (*Group, error) {
	g := &Group{target: target}
	if timer > 0 {
		a := timerAttr(target, timer, o)
		if err := g.add(&a); err != nil {
			return nil, &EventError{Event: events.CPUClock(), Target: target, Err: err}
		}
		g.hidden = 1
	}
	for i, e := range list {
		if i == 0 && g.hidden == 1 && e.Name == events.CPUClock().Name {
			g.hidden = 0 // the timer is this very event
			continue
		}
		a := attr(e, target, len(g.events) == 0, o)
		a.Read_format = readFormat
		if err := g.add(&a); err != nil {
			return nil, errors.Join(&EventError{Event: e, Target: target, Err: err}, g.Close())
		}
	}
	g.buf = make([]byte, countsBytes(len(g.events)))
	return g, nil
}

// timerAttr is a cpu-clock that overflows every period and then records the
// counts of its group. Nobody is woken by it: the ring is drained by time.
func timerAttr(target Target, period time.Duration, o Options) unix.PerfEventAttr {
	clock := events.CPUClock()
	a := attr(clock, target, true, o)
	a.Read_format = readFormat
	a.Sample_type = unix.PERF_SAMPLE_TIME | unix.PERF_SAMPLE_READ
	a.Sample = uint64(period)
	a.Bits |= unix.PerfBitWatermark
	a.Wakeup = noWakeup
	return a
}

func (g *Group) add(a *unix.PerfEventAttr) error {
	leader := -1
	if len(g.events) > 0 {
		leader = g.events[0].fd
	}
	e, err := open(a, g.target, leader)
	if err == nil {
		g.events = append(g.events, e)
	}
	return err
}

// ID is that of the leader, by which samples of the group are known.
func (g *Group) ID() uint64 { return g.events[0].id }

// Enable lets the group count.
func (g *Group) Enable() error {
	if err := unix.IoctlSetInt(g.events[0].fd, unix.PERF_EVENT_IOC_ENABLE, 0); err != nil {
		return fmt.Errorf("enable a group of events on CPU %d: %w", g.target.CPU, err)
	}
	return nil
}

// Disable stops the group's counting, also of threads that inherited it, and
// frees the counters. Its counts stay, and Enable goes on from them.
func (g *Group) Disable() error {
	if err := unix.IoctlSetInt(g.events[0].fd, unix.PERF_EVENT_IOC_DISABLE, 0); err != nil {
		return fmt.Errorf("disable a group of events on CPU %d: %w", g.target.CPU, err)
	}
	return nil
}

// Read asks the kernel for the counts now. It interrupts the group's CPU,
// unless that is the caller's or nothing is counted there. c.Values is
// overwritten where it is long enough.
func (g *Group) Read(c *Counts) error {
	n, err := quickRead(g.events[0].fd, g.buf)
	if err != nil {
		return fmt.Errorf("read a group of events on CPU %d: %w", g.target.CPU, err)
	}
	if n == 0 {
		// The kernel's way to say that a pinned group lost its place, or
		// that the event is dead.
		return fmt.Errorf("read a group of events on CPU %d: the kernel no longer counts it", g.target.CPU)
	}
	if _, err := ParseCounts(g.buf[:n], c); err != nil {
		return fmt.Errorf("CPU %d: %w", g.target.CPU, err)
	}
	g.Trim(c)
	return nil
}

// quickRead reads without telling the Go scheduler, as befits a call that takes
// some microseconds: told of a system call, the runtime wakes its monitor
// thread, which at ten readings a second cost more than the readings.
func quickRead(fd int, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// Trim takes from counts of the group those that no one asked for.
func (g *Group) Trim(c *Counts) { c.Values = c.Values[g.hidden:] }

// Close closes all events.
func (g *Group) Close() error {
	var err error
	for i := len(g.events) - 1; i >= 0; i-- {
		err = errors.Join(err, unix.Close(g.events[i].fd))
	}
	g.events = nil
	return err
}

func countsBytes(events int) int { return 24 + 16*events }

// ParseCounts reads a group's counts in the layout of readFormat and gives
// the leader's ID.
func ParseCounts(b []byte, c *Counts) (leader uint64, err error) {
	if len(b) < countsBytes(1) {
		return 0, fmt.Errorf("counts of a group: %d bytes are too few", len(b))
	}
	n := binary.NativeEndian.Uint64(b)
	if n == 0 || n > uint64(len(b)-24)/16 {
		return 0, fmt.Errorf("counts of a group: %d events do not fit %d bytes", n, len(b))
	}
	c.Enabled = int64(binary.NativeEndian.Uint64(b[8:]))
	c.Running = int64(binary.NativeEndian.Uint64(b[16:]))
	c.Values = c.Values[:0]
	for i := range int(n) {
		c.Values = append(c.Values, int64(binary.NativeEndian.Uint64(b[24+16*i:])))
	}
	return binary.NativeEndian.Uint64(b[32:]), nil
}
