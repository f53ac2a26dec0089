package softpmu

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
)

// The device's layout is tests/guest/README.md's. What is in it was written by
// a program of the host: nothing is used that has not been checked.
const (
	magic       = "NLSOFTPM"
	version     = 1
	headerBytes = 4096
	entryBytes  = 256
	sampleBytes = 64
	ringHead    = 64 // bytes of a ring before its samples

	// Where the header has what changes while it is read.
	atClock       = 96
	atClockMarker = 104
)

// Far more than any machine that a translator runs.
const (
	maxCPUs    = 4096
	maxEvents  = 256
	maxSamples = 1 << 20
	maxBytes   = 1 << 40
)

// layout is a header that has been checked: all offsets lie within the
// device, on multiples of eight.
type layout struct {
	cpus       int
	events     []event // those of one group follow one another
	counters   area
	rings      area
	slots      uint64 // samples that a ring holds, a power of two
	every      uint64 // one load in so many is sampled; 0 is none
	minLatency uint64
	model      string
	plugin     string
}

// area is a part of the device that has an equal piece for each CPU.
type area struct{ offset, each uint64 }

func (a area) of(cpu int) uint64 { return a.offset + uint64(cpu)*a.each }

type event struct{ name, group, unit, help string }

// LayoutError is a device that carries the magic and cannot be used.
type LayoutError struct{ Why string }

func (e *LayoutError) Error() string { return "the software PMU's header: " + e.Why }

func torn(format string, a ...any) error { return &LayoutError{fmt.Sprintf(format, a...)} }

// isOurs tells whether a device's first bytes are a software PMU's.
func isOurs(mem []byte) bool { return len(mem) >= headerBytes && string(mem[:8]) == magic }

// parseLayout checks a device that isOurs.
func parseLayout(mem []byte) (*layout, error) {
	head := slices.Clone(mem[:headerBytes]) // it could change while it is checked
	u32 := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(head[at:])) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(head[at:]) }
	if v := u32(8); v != version {
		return nil, torn("its version is %d, and this agent reads %d", v, version)
	}
	size, cpus, count := uint64(len(mem)), u32(12), u32(16)
	switch {
	case size > maxBytes:
		return nil, torn("the device has %d bytes", size)
	case cpus < 1 || cpus > maxCPUs:
		return nil, torn("%d CPUs", cpus)
	case count < 1 || count > maxEvents:
		return nil, torn("%d events", count)
	case u32(20) != entryBytes:
		return nil, torn("an event's entry has %d bytes, not %d", u32(20), entryBytes)
	}
	l := &layout{
		cpus:     int(cpus),
		counters: area{u64(32), u64(40)}, rings: area{u64(48), u64(56)},
		slots: u32(64), every: u64(112), minLatency: u64(120),
	}
	parts := []part{
		{"the header", 0, headerBytes},
		{"the event entries", u64(24), count * entryBytes},
		{"the outbox", u64(72), u64(80)},
	}
	more, err := l.perCPU(size, count, u32(68))
	if err != nil {
		return nil, err
	}
	if err := apart(append(parts, more...), size); err != nil {
		return nil, err
	}
	if l.model, err = text(head[128:640], "the model"); err != nil {
		return nil, err
	}
	if l.plugin, err = text(head[640:768], "the plugin's name"); err != nil {
		return nil, err
	}
	entries := slices.Clone(mem[u64(24) : u64(24)+count*entryBytes])
	for i := range int(count) {
		e, err := parseEvent(entries[i*entryBytes : (i+1)*entryBytes])
		if err != nil {
			return nil, torn("event %d: %v", i, err)
		}
		l.events = append(l.events, e)
	}
	return l, checkEvents(l.events)
}

// perCPU checks the areas that have a piece for each CPU.
func (l *layout) perCPU(size, events, bytes uint64) ([]part, error) {
	cpus := uint64(l.cpus)
	if l.counters.each < 8+8*events || l.counters.each > size || l.counters.each%8 != 0 {
		return nil, torn("the counters of a CPU have %d bytes, for %d events", l.counters.each, events)
	}
	parts := []part{{"the counters", l.counters.offset, cpus * l.counters.each}}
	if l.every == 0 {
		return parts, nil // there are no rings to look at
	}
	switch {
	case bytes != sampleBytes:
		return nil, torn("a sample has %d bytes, not %d", bytes, sampleBytes)
	case l.slots < 1 || l.slots > maxSamples || l.slots&(l.slots-1) != 0:
		return nil, torn("a ring holds %d samples, which is no power of two up to %d", l.slots, maxSamples)
	case l.rings.each < ringHead+l.slots*sampleBytes || l.rings.each > size || l.rings.each%8 != 0:
		return nil, torn("the ring of a CPU has %d bytes, for %d samples", l.rings.each, l.slots)
	}
	return append(parts, part{"the rings", l.rings.offset, cpus * l.rings.each}), nil
}

// part is a stretch of the device.
type part struct {
	what          string
	offset, bytes uint64
}

// apart checks that the parts lie within the device and on none another.
func apart(parts []part, size uint64) error {
	for i, p := range parts {
		if p.offset%8 != 0 || p.bytes > size || p.offset > size-p.bytes {
			return torn("%s, %d bytes at %d, are not within the device's %d", p.what, p.bytes, p.offset, size)
		}
		for _, q := range parts[:i] {
			if p.offset < q.offset+q.bytes && q.offset < p.offset+p.bytes {
				return torn("%s and %s overlap", q.what, p.what)
			}
		}
	}
	return nil
}

var (
	eventForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	unitForm  = regexp.MustCompile(`^(1|ns)$`)
)

func parseEvent(entry []byte) (event, error) {
	var e event
	for _, field := range []struct {
		into *string
		what string
		from []byte
	}{{&e.name, "name", entry[:48]}, {&e.group, "group", entry[48:64]}, {&e.unit, "unit", entry[64:72]}, {&e.help, "help", entry[72:256]}} {
		var err error
		if *field.into, err = text(field.from, field.what); err != nil {
			return e, err
		}
	}
	switch {
	case !eventForm.MatchString(e.name):
		return e, fmt.Errorf("its name %q is no event's", e.name)
	case !eventForm.MatchString(e.group):
		return e, fmt.Errorf("the name %q of its group is none", e.group)
	case !unitForm.MatchString(e.unit):
		return e, fmt.Errorf("its unit is %q; 1 and ns are known", e.unit)
	}
	return e, nil
}

// checkEvents refuses names that would clash in the counters table.
func checkEvents(list []event) error {
	taken := map[string]bool{}
	table, _ := export.TableByName(export.TableCounters)
	for _, c := range table.Columns {
		taken[c.Name] = true
	}
	groups := map[string]bool{"agent": true}
	for _, g := range slices.Concat(events.CPUGroups(), events.ProcessGroups()) {
		if g.Software() {
			groups[g.Name] = true
			for _, e := range g.Events {
				taken[e.Name] = true
			}
		}
	}
	for i, e := range list {
		if taken[e.name] {
			return torn("event %d: there is another %q", i, e.name)
		}
		taken[e.name] = true
		if i > 0 && list[i-1].group == e.group {
			continue
		}
		if groups[e.group] {
			return torn("event %d: its group %q is another's, or does not lie together", i, e.group)
		}
		groups[e.group] = true
	}
	return nil
}

// text is a NUL-terminated string of printable characters.
func text(b []byte, what string) (string, error) {
	i := slices.Index(b, 0)
	if i < 0 {
		return "", torn("%s does not end", what)
	}
	s := string(b[:i])
	if !utf8.ValidString(s) {
		return "", torn("%s is not UTF-8", what)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return "", torn("%s holds %q", what, r)
		}
	}
	return s, nil
}

// groups are the manifest's entries. Their events are not proven: a model
// counts them, no hardware does, and what they would mean on hardware is not
// what calibrate could show here. Queries say that the run is emulated, and
// leave the weaker warning out.
func (l *layout) groups() []export.Group {
	var list []export.Group
	for i, e := range l.events {
		if i == 0 || l.events[i-1].group != e.group {
			list = append(list, export.Group{Name: e.group})
		}
		g := &list[len(list)-1]
		g.Events = append(g.Events, export.GroupEvent{Name: e.name, Spec: "softpmu/" + e.name + "/", Unit: e.unit, Help: e.help})
	}
	return list
}

// counts tells whether an event is among those counted.
func (l *layout) counts(name string) bool {
	return slices.ContainsFunc(l.events, func(e event) bool { return e.name == name })
}
