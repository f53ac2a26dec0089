package perfevent

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Record is one record of a ring.
type Record struct {
	Type uint32 // PERF_RECORD_*
	Body []byte // without the header; valid until the next record is read
}

const headerBytes = 8

// Lost gives how many records the kernel could not put into the ring, for the
// two kinds of record that say so.
func (r Record) Lost() (n uint64, ok bool) {
	switch {
	case r.Type == unix.PERF_RECORD_LOST && len(r.Body) >= 16:
		return binary.NativeEndian.Uint64(r.Body[8:]), true
	case r.Type == unix.PERF_RECORD_LOST_SAMPLES && len(r.Body) >= 8:
		return binary.NativeEndian.Uint64(r.Body), true
	}
	return 0, false
}

// stream cuts records from a ring's data, which wraps around. Positions grow
// for ever; the data's length is a power of two.
type stream struct {
	data       []byte
	head, tail uint64 // what lies between is to be read
	joined     []byte // a record that wraps, put together
}

// next gives the next record. ok is false when there is none. An error means
// that the bytes are no records: nothing more can be read up to head.
func (s *stream) next() (r Record, ok bool, err error) {
	left := s.head - s.tail
	if left == 0 {
		return Record{}, false, nil
	}
	if left > uint64(len(s.data)) || left < headerBytes {
		return Record{}, false, fmt.Errorf("ring holds %d of %d bytes", left, len(s.data))
	}
	header := s.at(s.tail, headerBytes)
	typ := binary.NativeEndian.Uint32(header)
	size := uint64(binary.NativeEndian.Uint16(header[6:]))
	if size < headerBytes || size > left {
		return Record{}, false, fmt.Errorf("record of %d bytes where %d are left", size, left)
	}
	body := s.at(s.tail+headerBytes, size-headerBytes)
	s.tail += size
	return Record{Type: typ, Body: body}, true, nil
}

// at gives n bytes from a position on, joined if they wrap around.
func (s *stream) at(position, n uint64) []byte {
	start := position & uint64(len(s.data)-1)
	if start+n <= uint64(len(s.data)) {
		return s.data[start : start+n]
	}
	s.joined = append(s.joined[:0], s.data[start:]...)
	s.joined = append(s.joined, s.data[:n-(uint64(len(s.data))-start)]...)
	return s.joined
}
