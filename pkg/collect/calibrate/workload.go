package calibrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// shimName is the argv[0] by which the binary knows that it is to run
// workloads.
const shimName = "numalens-calibrate"

// The workloads.
const (
	workChase    = "chase"    // follow pointers through memory
	workStream   = "stream"   // read memory in order
	workPingPong = "pingpong" // two threads take turns on a word
	workHandover = "handover" // and store to another line in each turn
	workTouch    = "touch"    // touch pages that are not there
	workSleep    = "sleep"    // sleep shortly, many times
	workMigrate  = "migrate"  // move to another CPU and back
	workSpin     = "spin"     // compute
)

// request is what the workload process is told; one JSON document each.
type request struct {
	Op string `json:"op"` // memory, prepare, go
	// For memory: where, how much, and how far apart the chain's places are.
	Node    int   `json:"node,omitempty"`
	Bytes   int64 `json:"bytes,omitempty"`
	Spacing int64 `json:"spacing,omitempty"`
	Only    bool  `json:"only,omitempty"`  // there is no other node
	Small   bool  `json:"small,omitempty"` // no huge pages
	// For prepare: one thread on each CPU, or two of them.
	Kind   string `json:"kind,omitempty"`
	CPUs   []int  `json:"cpus,omitempty"`
	Rounds int    `json:"rounds,omitempty"`
	Count  int64  `json:"count,omitempty"` // units in a round
	Padded bool   `json:"padded,omitempty"`
}

// answer is what it says to each.
type answer struct {
	Error string   `json:"error,omitempty"`
	Huge  int64    `json:"huge,omitempty"` // bytes in huge pages
	TIDs  []int    `json:"tids,omitempty"`
	Did   []result `json:"did,omitempty"`
}

// result is what one thread did.
type result struct {
	Units   int64   `json:"units"`
	RoundNS []int64 `json:"round_ns"`
	BeginNS int64   `json:"begin_ns"` // since the process's start
	EndNS   int64   `json:"end_ns"`
	CPUNS   int64   `json:"cpu_ns"` // that the thread ran
	// Switches is how often it gave up its CPU or was preempted, by the
	// kernel's account of the thread.
	Switches int64 `json:"switches"`
}

// Shim has to be called first in main: in a process made to run workloads it
// does so, and does not return.
func Shim() {
	if len(os.Args) == 0 || os.Args[0] != shimName {
		return
	}
	// A thread in one of the loops cannot be stopped, and collecting garbage
	// would wait for it with all others at rest.
	debug.SetGCPercent(-1)
	if err := serveRequests(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// workshop is the workload process.
type workshop struct {
	start   time.Time
	memory  *memory
	workers []*worker
}

// serveRequests ends with its input, and so with the agent's death: no loop
// runs for longer than its units.
func serveRequests(in io.Reader, out io.Writer) error {
	w := &workshop{start: time.Now()}
	from, to := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var r request
		if err := from.Decode(&r); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		a, err := w.do(r)
		if err != nil {
			a.Error = err.Error()
		}
		if err := to.Encode(a); err != nil {
			return err
		}
	}
}

func (w *workshop) do(r request) (a answer, err error) {
	switch r.Op {
	case "memory":
		if w.memory, err = allocate(r.Node, r.Bytes, !r.Small, r.Only); err != nil {
			return a, err
		}
		w.memory.chain(r.Spacing)
		a.Huge = min(huge(), r.Bytes)
		return a, nil
	case "prepare":
		a.TIDs, err = w.prepare(r)
		return a, err
	case "go":
		a.Did, err = w.run()
		return a, err
	}
	return a, fmt.Errorf("request %q is not known", r.Op)
}

// worker is a thread that waits to run a workload.
type worker struct {
	cpu    int
	round  func() // does the units of one round
	rounds int
	units  int64
	tid    chan int // or 0: it could not be prepared
	err    error
	begin  int // the end of a pipe that it waits at
	tell   int
	done   chan result
}

func (w *workshop) prepare(r request) ([]int, error) {
	if len(r.CPUs) == 0 || r.Rounds < 1 || r.Count < 1 {
		return nil, fmt.Errorf("a workload on %d CPUs of %d rounds of %d", len(r.CPUs), r.Rounds, r.Count)
	}
	w.workers = nil
	rounds, err := w.rounds(r)
	if err != nil {
		return nil, err
	}
	// A thread in a loop keeps its place in the runtime to itself.
	runtime.GOMAXPROCS(len(rounds) + 2)
	var tids []int
	for i, round := range rounds {
		k := &worker{cpu: r.CPUs[i], round: round, rounds: r.Rounds, units: r.Count, tid: make(chan int), done: make(chan result, 1)}
		var ends [2]int
		if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
			return nil, err
		}
		k.begin, k.tell = ends[0], ends[1]
		go k.work(w.start)
		if tid := <-k.tid; tid != 0 {
			tids = append(tids, tid)
		} else {
			return nil, k.err
		}
		w.workers = append(w.workers, k)
	}
	return tids, nil
}

func (w *workshop) run() ([]result, error) {
	for _, k := range w.workers {
		if _, err := unix.Write(k.tell, []byte{1}); err != nil {
			return nil, fmt.Errorf("begin: %w", err)
		}
	}
	var all []result
	for _, k := range w.workers {
		all = append(all, <-k.done)
		unix.Close(k.begin)
		unix.Close(k.tell)
	}
	w.workers = nil
	if w.memory != nil {
		if err := w.memory.check(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// work stays on its thread, which ends with it.
func (k *worker) work(start time.Time) {
	runtime.LockOSThread()
	var set unix.CPUSet
	set.Set(k.cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		k.err = fmt.Errorf("pin a thread to CPU %d: %w", k.cpu, err)
		k.tid <- 0
		return
	}
	k.tid <- unix.Gettid()
	var b [1]byte
	r := result{RoundNS: make([]int64, 0, k.rounds)}
	if _, err := unix.Read(k.begin, b[:]); err == nil {
		before, ran := switches(), threadNS()
		r.BeginNS = int64(time.Since(start))
		for range k.rounds {
			began := time.Now()
			k.round()
			r.RoundNS = append(r.RoundNS, int64(time.Since(began)))
			r.Units += k.units
		}
		r.EndNS = int64(time.Since(start))
		r.CPUNS, r.Switches = threadNS()-ran, switches()-before
	}
	k.done <- r
}

func switches() int64 {
	var u unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_THREAD, &u) // cannot fail
	return int64(u.Nvcsw) + int64(u.Nivcsw)
}

func threadNS() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts)
	return ts.Nano()
}

// rounds gives each thread's work of one round.
func (w *workshop) rounds(r request) ([]func(), error) {
	switch r.Kind {
	case workChase:
		if w.memory == nil {
			return nil, errors.New("there is no memory yet")
		}
		at := w.memory.at(0)
		return []func(){func() { at = chase(at, r.Count) }}, nil
	case workStream:
		return w.streams(r)
	case workPingPong, workHandover:
		return shared(r)
	}
	return alone(r)
}

const lineOfStream = 64

// streams gives each thread a piece of the memory, in lines.
func (w *workshop) streams(r request) ([]func(), error) {
	if w.memory == nil {
		return nil, errors.New("there is no memory yet")
	}
	piece := r.Count * lineOfStream
	if piece*int64(len(r.CPUs)) > int64(len(w.memory.bytes)) {
		return nil, fmt.Errorf("%d pieces of %d bytes do not fit %d", len(r.CPUs), piece, len(w.memory.bytes))
	}
	var all []func()
	for i := range r.CPUs {
		p := w.memory.at(int64(i) * piece)
		all = append(all, func() { stream(p, r.Count, lineOfStream) })
	}
	return all, nil
}

// apart is more than any line, and any pair of lines that is fetched at once.
const apart = 1024

// shared gives two threads a word to take turns on. Padded, each has its own.
func shared(r request) ([]func(), error) {
	if len(r.CPUs) != 2 {
		return nil, fmt.Errorf("two CPUs take turns, not %d", len(r.CPUs))
	}
	place, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	skip, own := int64(1), 0
	if r.Padded {
		skip, own = 0, 2*apart
	}
	var all []func()
	for i := range 2 {
		turn := unsafe.Pointer(&place[i*own])
		data := unsafe.Pointer(&place[i*own+apart])
		next := int64(i)
		if r.Padded {
			next = 0
		}
		all = append(all, func() {
			if r.Kind == workHandover {
				handover(turn, data, next, r.Count, skip)
			} else {
				pingpong(turn, next, r.Count, skip)
			}
			next += r.Count * (1 + skip)
		})
	}
	return all, nil
}

// alone is what one thread does with the kernel.
func alone(r request) ([]func(), error) {
	page := int64(os.Getpagesize())
	switch r.Kind {
	case workTouch:
		m, err := unix.Mmap(-1, 0, int(page*r.Count*int64(r.Rounds)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
		if err != nil {
			return nil, err
		}
		_ = unix.Madvise(m, unix.MADV_NOHUGEPAGE)
		at := int64(0)
		return []func(){func() { touch(unsafe.Pointer(&m[at]), r.Count, page); at += page * r.Count }}, nil
	case workSleep:
		return []func(){func() {
			for range r.Count {
				nap()
			}
		}}, nil
	case workMigrate:
		if len(r.CPUs) != 2 {
			return nil, fmt.Errorf("a thread moves between two CPUs, not %d", len(r.CPUs))
		}
		var sets [2]unix.CPUSet
		sets[0].Set(r.CPUs[1])
		sets[1].Set(r.CPUs[0])
		return []func(){func() {
			for i := range r.Count {
				_ = unix.SchedSetaffinity(0, &sets[i%2])
			}
		}}, nil
	case workSpin:
		cell := new(uint64)
		return []func(){func() { pingpong(unsafe.Pointer(cell), int64(*cell), r.Count, 0) }}, nil
	}
	return nil, fmt.Errorf("workload %q is not known", r.Kind)
}

// nap gives the CPU up once, or not at all where it is over before the kernel
// gets to that. The call is raw: told of it, the runtime may hand
// the thread's place to another and make it wait, which is a switch more.
func nap() {
	ts := unix.Timespec{Nsec: 100_000}
	_, _, _ = unix.RawSyscall(unix.SYS_NANOSLEEP, uintptr(unsafe.Pointer(&ts)), 0, 0)
}
