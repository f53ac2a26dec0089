package softpmu

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// slack is how far outside of the recording a sample's time may lie: the
// error of the tie, and of clocks that drift.
const slack = int64(1e9)

// Where a ring's head has its words.
const (
	ringHeadWord = 0
	ringTailWord = 8
	ringLostWord = 16
)

// drainRing appends the samples that came, and notes those that did not.
func (c *Collector) drainRing(p *cpu, sink collect.Sink) {
	at := c.layout.rings.of(p.id)
	head, tail := c.mem.load(at+ringHeadWord), c.mem.load(at+ringTailWord)
	if head-tail > c.layout.slots {
		c.drop(sink, loadSamples, 0, fmt.Sprintf("CPU %d: the ring of load samples says that %d of %d are waiting; they were left out", p.id, head-tail, c.layout.slots))
		tail = head
	}
	t, wrong := c.ties.tightest(), int64(0)
	for ; tail != head; tail++ {
		slot := at + ringHead + tail%c.layout.slots*sampleBytes
		if !c.sample(p, slot, t, sink) {
			wrong++
		}
	}
	// Only now may the plugin write over what was read.
	c.mem.store(at+ringTailWord, tail)
	if wrong > 0 {
		c.drop(sink, loadSamples, wrong, fmt.Sprintf("CPU %d: load samples of impossible times were left out", p.id))
	}
	lost := c.mem.load(at + ringLostWord)
	if more := lost - p.lost; more > 0 {
		c.drop(sink, loadSamples, int64(min(more, math.MaxInt64)), fmt.Sprintf("CPU %d: the ring was full, load samples were lost", p.id))
	}
	p.lost = lost
}

// sample appends one, and gives false if its time cannot be. One from before
// this recording is another's, and no loss.
func (c *Collector) sample(p *cpu, at uint64, t tie, sink collect.Sink) bool {
	host := c.mem.load(at)
	if host > 1<<62 {
		return false
	}
	ns := t.own(int64(host))
	if ns < c.startNS {
		return true
	}
	if ns > c.now()+slack {
		return false
	}
	latencyTID, weight := c.mem.load(at+40), c.mem.load(at+48)
	row := export.Sample{
		TS:      c.o.Clock.Wall(ns),
		Kind:    export.MemoryLoad,
		CPU:     int32(p.id),
		TID:     int32(min(latencyTID>>32, math.MaxInt32)),
		IP:      c.mem.load(at + 8),
		Addr:    c.mem.load(at + 16),
		Phys:    c.mem.load(at + 24),
		CPUNode: p.node,
		MemNode: -1,
		DataSrc: c.mem.load(at + 32),
		Latency: int32(min(latencyTID&math.MaxUint32, math.MaxInt32)),
		Weight:  int64(max(weight&math.MaxUint32, 1)),
	}
	row.PID = c.processes.of(row.TID)
	if node, ok := c.o.Topology.NodeOfAddress(row.Phys); ok && row.Phys != 0 {
		row.MemNode = int32(node)
	}
	sink.Sample(row)
	return true
}

// processes finds which process a thread belongs to: a marker names the
// thread only.
type processes struct {
	proc  string
	known map[int32]int32
}

// maxThreads bounds what a hostile device can make this process remember.
const maxThreads = 1 << 17

// of gives 0 for a thread that is not known, or was gone when first seen.
func (p *processes) of(tid int32) int32 {
	if tid <= 0 {
		return 0
	}
	pid, ok := p.known[tid]
	if !ok && len(p.known) < maxThreads {
		pid = p.read(tid)
		p.known[tid] = pid
	}
	return pid
}

func (p *processes) read(tid int32) int32 {
	b, err := os.ReadFile(filepath.Join(p.proc, strconv.Itoa(int(tid)), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if value, ok := strings.CutPrefix(line, "Tgid:"); ok {
			pid, err := strconv.ParseInt(strings.TrimSpace(value), 10, 32)
			if err != nil {
				return 0
			}
			return int32(pid)
		}
	}
	return 0
}
