package debuginfo

import (
	"cmp"
	"encoding/binary"
	"slices"
)

const (
	// mostUnits bounds the index.
	mostUnits = 1 << 16
	// mostRanges bounds the ranges of all of them: 24 bytes each.
	mostRanges = 1 << 20
)

// ranged is addresses of a unit.
type ranged struct {
	start, end uint64
	unit       uint32
}

// index finds the unit of an address.
type index struct {
	units  []header
	ranges []ranged // by start
	widest uint64   // of them
}

// newIndex reads all headers, and where the units' code lies: from
// .debug_aranges, for those that are there, else from each itself.
func (d *Data) newIndex() error {
	numbers := map[uint32]uint32{} // offset of a unit to its number
	for offset := uint32(0); uint64(offset) < uint64(len(d.s.info)); {
		h, ok, err := readHeader(d.s.info, offset)
		if err != nil {
			return err
		}
		if ok && len(d.units) < mostUnits {
			numbers[offset] = uint32(len(d.units))
			d.units = append(d.units, h)
		}
		offset = h.end
	}
	listed := make([]bool, len(d.units))
	d.readAranges(numbers, listed)
	for i := range d.units {
		if !listed[i] {
			d.readUnitRanges(uint32(i))
		}
	}
	slices.SortFunc(d.ranges, func(a, b ranged) int { return cmp.Compare(a.start, b.start) })
	for _, r := range d.ranges {
		d.widest = max(d.widest, r.end-r.start)
	}
	return nil
}

func (d *Data) addRange(unit uint32, start, end uint64) {
	if start < end && len(d.ranges) < mostRanges && d.code(start) {
		d.ranges = append(d.ranges, ranged{start, end, unit})
	}
}

// readAranges reads the table of addresses: for each unit a header (length,
// version 2, the unit's offset, 8 bytes an address, no segments), padded to
// sixteen bytes, and pairs of address and length up to two zeros.
func (d *Data) readAranges(numbers map[uint32]uint32, listed []bool) {
	for b := d.s.aranges; len(b) >= 16; {
		length := binary.LittleEndian.Uint32(b)
		if length >= 0xfffffff0 || uint64(length) > uint64(len(b))-4 || length < 12 {
			return
		}
		set := b[:4+length]
		b = b[4+length:]
		unit, ok := numbers[binary.LittleEndian.Uint32(set[6:])]
		if !ok || binary.LittleEndian.Uint16(set[4:]) != 2 || set[10] != 8 || set[11] != 0 {
			continue
		}
		listed[unit] = true
		for set = set[16:]; len(set) >= 16; set = set[16:] {
			start, size := binary.LittleEndian.Uint64(set), binary.LittleEndian.Uint64(set[8:])
			d.addRange(unit, start, start+size)
		}
	}
}

// readUnitRanges reads a unit's own entry, which says where its code lies.
func (d *Data) readUnitRanges(i uint32) {
	o, err := d.open(d.units[i])
	if err != nil {
		return
	}
	r := o.data.Reader()
	r.Seek(o.root)
	root, err := r.Next()
	if err != nil || root == nil {
		return
	}
	ranges, err := o.data.Ranges(root)
	if err != nil {
		return
	}
	for _, r := range ranges {
		d.addRange(i, r[0], r[1])
	}
}

// unitOf finds the unit of an address: the last range that begins before it
// and reaches over it.
func (x *index) unitOf(addr uint64) (uint32, bool) {
	i, found := slices.BinarySearchFunc(x.ranges, addr, func(r ranged, addr uint64) int { return cmp.Compare(r.start, addr) })
	if found {
		i++
	}
	for i--; i >= 0 && addr-x.ranges[i].start < x.widest; i-- {
		if addr < x.ranges[i].end {
			return x.ranges[i].unit, true
		}
	}
	return 0, false
}
