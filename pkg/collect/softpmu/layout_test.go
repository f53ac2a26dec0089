package softpmu

import (
	"errors"
	"strings"
	"testing"
	"unsafe"

	"github.com/numalens/numalens/pkg/collect/collecttest"
)

func TestLayout(t *testing.T) {
	l, err := parseLayout(newPlugin(100).mem)
	if err != nil {
		t.Fatal(err)
	}
	if l.cpus != fakeCPUs || len(l.events) != len(fakeEvents) || l.every != 100 || l.minLatency != 30 || l.slots != fakeSlots {
		t.Errorf("read as %+v", l)
	}
	for i, e := range l.events {
		if e != fakeEvents[i] {
			t.Errorf("event %d is %+v, want %+v", i, e, fakeEvents[i])
		}
	}
	groups := l.groups()
	if len(groups) != 3 || groups[0].Name != "core" || len(groups[0].Events) != 2 || groups[2].Events[0].Name != "hitm-remote" {
		t.Errorf("groups %+v", groups)
	}
	for _, g := range groups {
		for _, e := range g.Events {
			if e.Proven {
				t.Errorf("%s: no hardware has proven it", e.Name)
			}
		}
	}
}

// TestTornLayouts: each is one word off from a good one.
func TestTornLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		tear func(plugin)
		want string
	}{
		"version":             {func(p plugin) { p.u32(8, 2) }, "version is 2"},
		"no CPU":              {func(p plugin) { p.u32(12, 0) }, "0 CPUs"},
		"many CPUs":           {func(p plugin) { p.u32(12, 1<<31) }, "CPUs"},
		"no event":            {func(p plugin) { p.u32(16, 0) }, "0 events"},
		"many events":         {func(p plugin) { p.u32(16, 1<<31) }, "events"},
		"entry size":          {func(p plugin) { p.u32(20, 128) }, "entry"},
		"entries outside":     {func(p plugin) { p.u64(24, fakeBytes-8) }, "not within"},
		"entries wrap":        {func(p plugin) { p.u64(24, 1<<64-256) }, "not within"},
		"entries on header":   {func(p plugin) { p.u64(24, 512) }, "overlap"},
		"odd offset":          {func(p plugin) { p.u64(32, fakeCounters+4) }, "not within"},
		"narrow counters":     {func(p plugin) { p.u64(40, 8) }, "counters"},
		"wide counters":       {func(p plugin) { p.u64(40, 1<<60) }, "counters"},
		"counters on entries": {func(p plugin) { p.u64(32, fakeEntries) }, "overlap"},
		"rings outside":       {func(p plugin) { p.u64(48, fakeBytes) }, "not within"},
		"rings on outbox":     {func(p plugin) { p.u64(48, fakeBytes/2) }, "overlap"},
		"slots":               {func(p plugin) { p.u32(64, 7) }, "power of two"},
		"no slots":            {func(p plugin) { p.u32(64, 0) }, "power of two"},
		"many slots":          {func(p plugin) { p.u32(64, 1<<31) }, "power of two"},
		"sample size":         {func(p plugin) { p.u32(68, 32) }, "sample has 32"},
		"narrow rings":        {func(p plugin) { p.u64(56, 64) }, "ring of a CPU"},
		"outbox outside":      {func(p plugin) { p.u64(80, fakeBytes) }, "not within"},
		"model unended":       {func(p plugin) { fill(p.mem[128:640], 'x') }, "does not end"},
		"model is no text":    {func(p plugin) { p.mem[130] = 0xff }, "UTF-8"},
		"plugin has newline":  {func(p plugin) { p.mem[641] = '\n' }, "holds"},
		"name":                {func(p plugin) { p.mem[fakeEntries] = '/' }, "no event's"},
		"empty name":          {func(p plugin) { p.mem[fakeEntries] = 0 }, "no event's"},
		"column's name":       {func(p plugin) { copy(p.mem[fakeEntries:], "instance\x00") }, `another "instance"`},
		"same name":           {func(p plugin) { copy(p.mem[fakeEntries+entryBytes:], "cycles\x00") }, `another "cycles"`},
		"kernel's name":       {func(p plugin) { copy(p.mem[fakeEntries:], "minor-faults\x00") }, `another "minor-faults"`},
		"split group":         {func(p plugin) { copy(p.mem[fakeEntries+4*entryBytes+48:], "core\x00") }, `group "core"`},
		"kernel's group":      {func(p plugin) { copy(p.mem[fakeEntries+4*entryBytes+48:], "software\x00") }, `group "software"`},
		"unit":                {func(p plugin) { p.mem[fakeEntries+64] = 'x' }, "unit"},
	} {
		p := newPlugin(100)
		c.tear(p)
		_, err := parseLayout(p.mem)
		var layout *LayoutError
		if !errors.As(err, &layout) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func fill(b []byte, with byte) {
	for i := range b {
		b[i] = with
	}
}

// FuzzDevice reads a device of any content: what is accepted is then read,
// and none of it may panic.
func FuzzDevice(f *testing.F) {
	whole := newPlugin(100)
	whole.publish(1, 5, 4, 3, 2, 1)
	whole.put(1, fakeSample{host: hostAhead, phys: 1 << 30, latency: 1 << 31, weight: 1})
	f.Add([]byte(whole.mem[:fakeRings+fakeCPUs*fakeRingEach]), uint16(0), uint64(0))
	f.Add([]byte(newPlugin(0).mem[:headerBytes]), uint16(80), uint64(1))
	f.Fuzz(func(t *testing.T, content []byte, at uint16, value uint64) {
		words := make([]uint64, fakeBytes/8)
		c := &clocks{plugin: plugin{unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), fakeBytes)}}
		copy(c.mem, content)
		copy(c.mem, magic)
		c.u64(int(at)*8%(fakeBytes-8)/8*8, value)
		collector := &Collector{o: options(), mem: c.mem, ring: c.ring, now: c.now}
		if _, err := collector.open(nil); err != nil {
			return
		}
		if err := collector.Finish(collecttest.Discard{}); err != nil {
			t.Error(err)
		}
	})
}
