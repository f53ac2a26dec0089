package debuginfo

import (
	"encoding/binary"
	"errors"
)

var errShort = errors.New("it ends early")

// header is a unit's, of 32-bit DWARF 2 to 5.
type header struct {
	offset, end uint32 // in .debug_info
	version     uint16
	kind        byte // of version 5
	abbrev      uint32
	abbrevAt    uint32 // where that stands, from offset
}

// Kinds of units that have code.
const (
	unitCompile  = 1
	unitSkeleton = 4
)

// bytes is how long it is; the unit's first entry follows.
func (h *header) bytes() uint32 {
	switch {
	case h.version < 5:
		return 11
	case h.kind == unitSkeleton:
		return 20
	}
	return 12
}

// readHeader reads the header at an offset, and where the next is. ok is
// false for a unit that is not understood.
func readHeader(info []byte, offset uint32) (h header, ok bool, err error) {
	b := info[offset:]
	if len(b) < 4 {
		return h, false, errShort
	}
	length := binary.LittleEndian.Uint32(b)
	if length >= 0xfffffff0 {
		return h, false, errors.New("it is of 64-bit DWARF")
	}
	if uint64(length) > uint64(len(b))-4 {
		return h, false, errShort
	}
	h = header{offset: offset, end: offset + 4 + length}
	if b = b[:4+length]; len(b) < 21 {
		return h, false, nil
	}
	h.version = binary.LittleEndian.Uint16(b[4:])
	switch {
	case h.version >= 2 && h.version <= 4:
		h.kind, h.abbrevAt = unitCompile, 6
	case h.version == 5:
		h.kind, h.abbrevAt = b[6], 8
	default:
		return h, false, nil
	}
	h.abbrev = binary.LittleEndian.Uint32(b[h.abbrevAt:])
	return h, h.kind == unitCompile || h.kind == unitSkeleton, nil
}

// formReference is the form of an attribute that refers to another unit.
const formReference = 0x10

// formConstant is the form of an attribute that has its value here.
const formConstant = 0x21

// mostAbbrev bounds a unit's abbreviations: reading them takes some twenty
// times their size.
const mostAbbrev = 256 << 10

// abbreviations gives a unit's own, and whether they let it refer to others.
// Each is a number, a tag, a byte, and pairs of attribute and form up to two
// zeros; a number of zero ends them.
func abbreviations(b []byte) (own []byte, outside bool, err error) {
	at := 0
	number := func() (x uint64) {
		for shift := 0; at < len(b) && shift < 63; shift += 7 {
			c := b[at]
			at++
			x |= uint64(c&0x7f) << shift
			if c < 0x80 {
				return x
			}
		}
		err = errShort
		return 0
	}
	for err == nil && at < mostAbbrev {
		if number() == 0 {
			return b[:at], outside, err
		}
		number()
		at++
		for err == nil {
			attribute, form := number(), number()
			if attribute == 0 && form == 0 {
				break
			}
			if form == formConstant {
				number()
			}
			outside = outside || form == formReference
		}
	}
	if err == nil {
		err = errors.New("its abbreviations are too many")
	}
	return nil, false, err
}
