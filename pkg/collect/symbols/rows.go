package symbols

import (
	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// extent is a part of a file.
type extent struct{ start, end uint64 }

func (e extent) and(o extent) extent {
	return extent{max(e.start, o.start), min(e.end, o.end)}
}

// writeName sends the rows of the range that an offset lies in, unless they
// were sent.
func (fs *files) writeName(f *file, offset uint64, sink collect.TraceSink, ts int64) {
	frames, e, ok := fs.name(f, offset, fs.scratch[:0])
	fs.scratch = frames[:0]
	if !ok {
		return
	}
	if _, done := f.written[e.start]; done {
		return
	}
	f.written[e.start] = struct{}{}
	for depth, frame := range frames {
		sink.Symbol(export.Symbol{
			TS: ts, File: f.name, BuildID: f.buildID, Start: e.start, End: e.end, Depth: int32(depth),
			Symbol: frame.Function, Source: frame.Source, Line: int32(frame.Line),
		})
	}
}

// name gives the functions at an offset of a file, and the range about it for
// which they are the same.
func (fs *files) name(f *file, offset uint64, into []Frame) ([]Frame, extent, bool) {
	fs.touch(f)
	s := f.segment(offset)
	if s == nil || !fs.load(f) {
		return into, extent{}, false
	}
	frames, e, ok := f.tables.name(s.address(offset), f.segments, into)
	if !ok {
		return into, extent{}, false
	}
	e = e.and(extent{s.addr, s.addr + s.size})
	return frames, extent{s.offset + e.start - s.addr, s.offset + e.end - s.addr}, true
}
