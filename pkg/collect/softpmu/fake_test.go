package softpmu

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// The fake plugin lays its device out as the contract says, with room between
// the parts: header, 8 KiB on entries, 16 KiB on counters, 32 KiB on rings,
// and the outbox in the upper half.
const (
	fakeBytes    = 256 << 10
	fakeEntries  = 8 << 10
	fakeCounters = 16 << 10
	fakeEach     = 256
	fakeRings    = 32 << 10
	fakeSlots    = 8
	fakeRingEach = 1 << 10
	fakeCPUs     = 4
)

var fakeEvents = []event{
	{"cycles", "core", "1", "Cycles of the model."},
	{"instructions", "core", "1", "Instructions begun."},
	{"node-loads", "node", "1", "Loads served by DRAM of the CPU's own node."},
	{"node-load-misses", "node", "1", "Loads served by DRAM of another node."},
	{"hitm-remote", "hitm", "1", "Loads that found their line Modified in another socket."},
}

// plugin is the other side of the device.
type plugin struct{ mem memory }

func newPlugin(every uint64) plugin {
	words := make([]uint64, fakeBytes/8) // for the alignment
	p := plugin{unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), fakeBytes)}
	for at, v := range map[int]uint32{8: version, 12: fakeCPUs, 16: uint32(len(fakeEvents)), 20: entryBytes, 64: fakeSlots, 68: sampleBytes} {
		p.u32(at, v)
	}
	for at, v := range map[int]uint64{24: fakeEntries, 32: fakeCounters, 40: fakeEach, 48: fakeRings, 56: fakeRingEach,
		72: fakeBytes / 2, 80: fakeBytes / 2, 88: 1, 112: every, 120: 30} {
		p.u64(at, v)
	}
	copy(p.mem[128:], "4 nodes, LLC 1 MiB a socket, MESI")
	copy(p.mem[640:], "numalens-softpmu 1 (abc1234)")
	for i, e := range fakeEvents {
		entry := p.mem[fakeEntries+i*entryBytes:]
		copy(entry, e.name)
		copy(entry[48:], e.group)
		copy(entry[64:], e.unit)
		copy(entry[72:], e.help)
	}
	copy(p.mem, magic)
	return p
}

func (p plugin) u32(at int, v uint32) { binary.LittleEndian.PutUint32(p.mem[at:], v) }
func (p plugin) u64(at int, v uint64) { binary.LittleEndian.PutUint64(p.mem[at:], v) }

// publish writes a CPU's counts.
func (p plugin) publish(cpu int, counts ...uint64) {
	at := fakeCounters + cpu*fakeEach
	sequence := binary.LittleEndian.Uint64(p.mem[at:])
	p.u64(at, sequence+1)
	for i, v := range counts {
		p.u64(at+8+8*i, v)
	}
	p.u64(at, sequence+2)
}

// fakeSample is what the plugin puts into a ring.
type fakeSample struct {
	host, ip, addr, phys, source uint64
	latency, tid, weight         uint32
}

// put appends a sample, or counts it as lost.
func (p plugin) put(cpu int, s fakeSample) {
	at := fakeRings + cpu*fakeRingEach
	head, tail := p.mem.load(uint64(at)), p.mem.load(uint64(at)+8)
	if head-tail == fakeSlots {
		p.u64(at+16, p.mem.load(uint64(at)+16)+1)
		return
	}
	slot := at + ringHead + int(head%fakeSlots)*sampleBytes
	for i, v := range []uint64{s.host, s.ip, s.addr, s.phys, s.source} {
		p.u64(slot+8*i, v)
	}
	p.u32(slot+40, s.latency)
	p.u32(slot+44, s.tid)
	p.u32(slot+48, s.weight)
	p.u32(slot+52, 1)
	p.u64(at, head+1)
}

// clocks are the guest's and the host's, hostAhead apart. Each look at the
// guest's takes a microsecond.
type clocks struct {
	plugin
	ns int64
}

const hostAhead = 5_000_000_000

func (c *clocks) now() int64 { c.ns += 1000; return c.ns }

func (c *clocks) ring() {
	c.ns += 500
	c.u64(atClock, uint64(c.ns+hostAhead))
	c.u64(atClockMarker, c.mem.load(atClockMarker)+1)
	c.ns += 500
}

// topology is two sockets of one node each, two CPUs a node.
func topology() *numa.Topology {
	t := &numa.Topology{Nodes: []numa.Node{
		{ID: 0, CPUs: []int{0, 1}, MemoryRanges: []numa.AddressRange{{Start: 0, End: 1 << 30}}},
		{ID: 1, CPUs: []int{2, 3}, MemoryRanges: []numa.AddressRange{{Start: 1 << 30, End: 2 << 30}}},
	}}
	for id := range 4 {
		t.CPUs = append(t.CPUs, numa.CPU{ID: id, Core: id, Socket: id / 2, Node: id / 2})
	}
	return t
}

func options() Options {
	return Options{Clock: export.Clock{WallNS: 1_800_000_000_000_000_000, MonotonicNS: 0}, Topology: topology(), Hz: 10, FirstGroup: 2}
}

// open opens the device without a file.
func (c *clocks) open(t *testing.T, o Options) (*Collector, collect.Report) {
	t.Helper()
	collector := &Collector{o: o, mem: c.mem, ring: c.ring, now: c.now}
	report, err := collector.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	return collector, report
}

func (c *clocks) drain(t *testing.T, collector *Collector) collecttest.Rows {
	t.Helper()
	var rows collecttest.Rows
	if err := collector.Drain(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// tree writes the device into a file tree as the kernel shows it.
func (p plugin) tree(t *testing.T, vendorID, deviceID string) collect.Roots {
	t.Helper()
	roots := collect.Roots{Sys: t.TempDir(), Proc: t.TempDir()}
	slot := filepath.Join(roots.Sys, "bus/pci/devices/0000:00:04.0")
	if err := os.MkdirAll(slot, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"vendor": []byte(vendorID + "\n"), "device": []byte(deviceID + "\n"), bar: p.mem} {
		if err := os.WriteFile(filepath.Join(slot, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return roots
}
