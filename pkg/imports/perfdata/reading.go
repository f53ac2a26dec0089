package perfdata

import (
	"errors"
	"fmt"
	"io"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// reading is one file being read.
type reading struct {
	sink   imports.Sink
	events *events
	host   host
	clock  clock
	cpus   int // that the host may have, from NRCPUS
	number int // of the record being read
	begun  bool
	tally  tally
	f      fields
}

func newReading(s imports.Sink) *reading {
	return &reading{sink: s, events: newEvents()}
}

// file reads a perf.data that lies on a disk: events, features, records.
func (g *reading) file(r io.ReaderAt, size int64, h header) error {
	if err := g.fileEvents(r, size, h); err != nil {
		return err
	}
	data := h.data
	switch {
	case data.offset > uint64(size):
		return syntax(0, fmt.Sprintf("records from byte %d on", data.offset), fmt.Sprintf("a file of %d bytes", size))
	case data.size == 0 && uint64(size) > data.offset:
		g.sink.Warn(0, "the header tells no size of the records: perf record was killed; they are read to the end of the file, and what perf tells of the host is missing")
		data.size = uint64(size) - data.offset
	case !data.within(size):
		g.sink.Warn(0, fmt.Sprintf("the file is cut: %d of %d bytes of records are there, and what perf tells of the host is missing", uint64(size)-data.offset, data.size))
		data.size = uint64(size) - data.offset
	default:
		g.fileFeatures(r, size, h)
	}
	return g.all(io.NewSectionReader(r, int64(data.offset), int64(data.size)), int64(data.size))
}

// pipe reads what perf wrote to a pipe: everything is among the records.
func (g *reading) pipe(r io.Reader) error { return g.all(r, readAhead) }

func (g *reading) fileEvents(r io.ReaderAt, size int64, h header) error {
	const sectionBytes = 16
	if h.attrSize < attrBytesV0+sectionBytes || h.attrSize > 1<<12 {
		return syntax(0, "events of 80 to 4096 bytes", fmt.Sprint(h.attrSize))
	}
	b, err := readSection(r, size, h.attrs, maxFeatureBytes)
	if err != nil {
		return syntax(0, "a section with the events", err.Error())
	}
	left := uint64(size) // ids can't be more than the file has bytes
	for ; uint64(len(b)) >= h.attrSize; b = b[h.attrSize:] {
		e, err := parseEvent(b[:h.attrSize-sectionBytes])
		if err != nil {
			return syntax(0, "an event", err.Error())
		}
		place := b[h.attrSize-sectionBytes:]
		ids, err := readSection(r, size, section{le.Uint64(place), le.Uint64(place[8:])}, left)
		if err != nil {
			return syntax(0, "a section with an event's ids", err.Error())
		}
		left -= uint64(len(ids))
		if err := g.events.add(e, ids); err != nil {
			return syntax(0, "events that a sample can be told apart by", err.Error())
		}
	}
	return nil
}

// fileFeatures reads the table of sections behind the records.
func (g *reading) fileFeatures(r io.ReaderAt, size int64, h header) {
	at := h.data.offset + h.data.size
	for f := range feature(features) {
		if !h.has(f) {
			continue
		}
		b, err := readSection(r, size, section{at, featureSectionBytes}, featureSectionBytes)
		at += featureSectionBytes
		if err == nil && wanted(f) {
			b, err = readSection(r, size, section{le.Uint64(b), le.Uint64(b[8:])}, maxFeatureBytes)
		}
		switch {
		case err != nil:
			g.sink.Warn(0, fmt.Sprintf("feature %d of the file is damaged: %v", f, err))
		case wanted(f):
			g.feature(f, b)
		}
	}
}

// all tells the records, and at last what was found beside the samples.
func (g *reading) all(r io.Reader, size int64) error {
	counted := 0
	rs := newRecords(r, size, &counted)
	var rec record
	err := rs.next(&rec)
	for ; err == nil; err = rs.next(&rec) {
		if _, is := compressedBody(rec); is {
			g.tally.count(rec.typ)
			err = g.inflate(rec, rs)
		} else {
			err = g.take(rec, rs)
		}
		if err != nil {
			break
		}
	}
	if rs.cut {
		g.sink.Warn(counted, "the input ends within a record: what came before it is read")
	}
	g.begin()
	g.finish()
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// take tells one record; in is where the next one comes from.
func (g *reading) take(rec record, in *records) error {
	g.number = rec.number
	g.tally.count(rec.typ)
	c := cursor{b: rec.payload}
	switch rec.typ {
	case recordSample:
		return g.sample(rec)
	case recordLost:
		_, lost := c.u64(), c.u64() // the first is the event's id
		g.tally.lost += lost
	case recordLostSamples:
		g.tally.lost += c.u64()
	case recordAttr:
		return g.attribute(rec)
	case recordEventUpdate:
		g.update(&c)
	case recordFeature:
		f := feature(c.u64())
		if wanted(f) && !c.short {
			if g.begun {
				g.sink.Warn(rec.number, "the host is told after the first samples: those have no nodes")
			}
			g.feature(f, c.b)
		}
	case recordTracingData:
		return in.skip((uint64(c.u32()) + 7) &^ 7)
	case recordAux:
		size := c.u64()
		g.tally.auxBytes += size
		return in.skip(size)
	}
	return nil
}

// attribute takes an event that came through a pipe: its size is its own
// second word, ids follow it.
func (g *reading) attribute(rec record) error {
	b := rec.payload
	if len(b) < attrBytesV0 {
		return syntax(rec.number, "an event", fmt.Sprint(len(b), " bytes"))
	}
	size := int(le.Uint32(b[4:]))
	if size == 0 {
		size = attrBytesV0
	}
	if size < attrBytesV0 || size > len(b) {
		return syntax(rec.number, "an event within its record", fmt.Sprintf("one of %d bytes in %d", size, len(b)))
	}
	e, err := parseEvent(b[:size])
	if err == nil {
		err = g.events.add(e, b[size:])
	}
	if err != nil {
		return syntax(rec.number, "an event", err.Error())
	}
	return nil
}

// update takes an event's name, which comes after it through a pipe.
func (g *reading) update(c *cursor) {
	const name = 2 // PERF_EVENT_UPDATE__NAME
	what, id := c.u64(), c.u64()
	if e := g.events.byID[id]; e != nil && what == name {
		e.name = string(untilZero(c.b))
	}
}

// sample tells one sample, if it is of a memory access.
func (g *reading) sample(rec record) error {
	g.begin()
	e := g.events.of(rec.payload)
	if e == nil {
		g.tally.strange++
		return nil
	}
	if e.copies || e.fields&^knownFields != 0 {
		e.skip(rec.number)
		return nil
	}
	f := &g.f
	if !e.decode(rec.payload, f) {
		return syntax(rec.number, fmt.Sprintf("a sample of event %s", e.label()), fmt.Sprintf("%d bytes, too few for its fields %#x", len(rec.payload), e.fields))
	}
	kind := e.kindOf(f.dataSrc)
	if kind == "" {
		e.skip(rec.number)
		return nil
	}
	g.sink.Sample(rec.number, g.row(e, kind))
	return nil
}

func (g *reading) row(e *event, kind export.SampleKind) export.Sample {
	f := &g.f
	s := export.Sample{
		TS: g.clock.wall(f.time), Kind: kind, CPU: -1, PID: int32(f.pid), TID: int32(f.tid), IP: f.ip, Addr: f.addr, Phys: f.phys,
		CPUNode: -1, MemNode: g.host.blocks.node(f.phys), DataSrc: f.dataSrc, Latency: f.latency, Weight: weight(f.period),
	}
	if e.fields&hasTime == 0 {
		s.TS = 0
		g.tally.untimed++
	}
	if e.fields&hasCPU != 0 {
		s.CPU, s.CPUNode = int32(f.cpu), g.host.node(f.cpu)
	} else {
		g.tally.noCPU++
	}
	return s
}
