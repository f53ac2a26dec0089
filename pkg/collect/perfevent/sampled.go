package perfevent

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/events"
)

// Sampling says how an event that happens is recorded.
//
// The kernel's own choice of a rate (attr.freq) is not among the options. For
// software events it takes the period of the sample before for that of this
// one: the period runs away, and what samples say they stand for is wrong
// (56 samples for 50,000 faults claimed 315,000; 6.18). PERF_SAMPLE_PERIOD is
// left out as well: with it a software event is recorded each time, whatever
// its period.
type Sampling struct {
	// Every is the number of events that one sample stands for; 1 records
	// each.
	Every uint64
	// Physical asks for the physical address of what was accessed.
	Physical bool
	// WakeBytes is how much has to be written into the ring to end a Watch's
	// Wait; 0 is half of the ring.
	WakeBytes int
}

// Sampled is one event whose occurrences the kernel records.
type Sampled struct {
	Event
	target   Target
	physical bool
}

// Sample is one occurrence.
type Sample struct {
	ID       uint64 // of the event
	IP       uint64
	PID, TID int32
	TimeNS   int64 // monotonic
	Addr     uint64
	CPU      int32
	Phys     uint64 // 0 is unknown
}

// OpenSampled opens an event for sampling, disabled.
func OpenSampled(e events.Event, target Target, s Sampling, o Options) (*Sampled, error) {
	a := attr(e, target, true, o)
	a.Sample_type = unix.PERF_SAMPLE_IDENTIFIER | unix.PERF_SAMPLE_IP | unix.PERF_SAMPLE_TID |
		unix.PERF_SAMPLE_TIME | unix.PERF_SAMPLE_ADDR | unix.PERF_SAMPLE_CPU
	if s.Physical {
		a.Sample_type |= unix.PERF_SAMPLE_PHYS_ADDR
	}
	a.Read_format = unix.PERF_FORMAT_TOTAL_TIME_ENABLED
	a.Sample = s.Every
	a.Bits |= unix.PerfBitWatermark
	a.Wakeup = uint32(s.WakeBytes)
	event, err := open(&a, target, -1)
	if err != nil {
		return nil, &EventError{Event: e, Target: target, Err: err}
	}
	return &Sampled{Event: event, target: target, physical: s.Physical}, nil
}

// SampleBytes is the size of one record in the ring.
func SampleBytes(physical bool) int {
	if physical {
		return headerBytes + 7*8
	}
	return headerBytes + 6*8
}

// ID names the event in its samples, those of children too.
func (s *Sampled) ID() uint64 { return s.id }

// Attach sends the event's samples to the ring of another on the same CPU.
func (s *Sampled) Attach(first *Sampled) error {
	return setOutput(s.fd, first.fd, s.target.CPU)
}

// Enable starts the event, for the target's children too.
func (s *Sampled) Enable() error { return s.ioctl(unix.PERF_EVENT_IOC_ENABLE, "enable") }

// Disable stops it, for the target's children too.
func (s *Sampled) Disable() error { return s.ioctl(unix.PERF_EVENT_IOC_DISABLE, "disable") }

func (s *Sampled) ioctl(request uint, verb string) error {
	if err := unix.IoctlSetInt(s.fd, request, 0); err != nil {
		return fmt.Errorf("%s an event on CPU %d: %w", verb, s.target.CPU, err)
	}
	return nil
}

// Count is how often the event has happened, sampled or not, and for how long
// it has been enabled, in ns. It interrupts the event's CPU.
func (s *Sampled) Count() (count uint64, enabledNS int64, err error) {
	var b [16]byte
	n, err := unix.Read(s.fd, b[:])
	if err == nil && n != len(b) {
		err = fmt.Errorf("%d bytes", n) // the event is dead
	}
	if err != nil {
		return 0, 0, fmt.Errorf("read an event on CPU %d: %w", s.target.CPU, err)
	}
	return binary.NativeEndian.Uint64(b[:]), int64(binary.NativeEndian.Uint64(b[8:])), nil
}

// MapRing makes the event's ring.
func (s *Sampled) MapRing(dataBytes int) (*Ring, error) { return MapRing(s.Event, dataBytes) }

// Close closes the event.
func (s *Sampled) Close() error { return unix.Close(s.fd) }

// ParseSample reads the body of a record of type PERF_RECORD_SAMPLE.
func (s *Sampled) ParseSample(body []byte, sample *Sample) error {
	return parseSample(body, s.physical, sample)
}

// parseSample reads the fields in the order that the kernel puts them:
//
//	u64 id, ip; u32 pid, tid; u64 time, addr; u32 cpu, res; u64 phys_addr
func parseSample(b []byte, physical bool, s *Sample) error {
	if want := SampleBytes(physical) - headerBytes; len(b) < want {
		return fmt.Errorf("sample of %d bytes, want %d", len(b), want)
	}
	s.ID = binary.NativeEndian.Uint64(b)
	s.IP = binary.NativeEndian.Uint64(b[8:])
	s.PID = int32(binary.NativeEndian.Uint32(b[16:]))
	s.TID = int32(binary.NativeEndian.Uint32(b[20:]))
	s.TimeNS = int64(binary.NativeEndian.Uint64(b[24:]))
	s.Addr = binary.NativeEndian.Uint64(b[32:])
	s.CPU = int32(binary.NativeEndian.Uint32(b[40:]))
	s.Phys = 0
	if physical {
		s.Phys = binary.NativeEndian.Uint64(b[48:])
	}
	return nil
}
