package debuginfo

import (
	"debug/dwarf"
	"encoding/binary"
	"errors"
	"slices"
)

const (
	// mostUnitBytes bounds a unit: a larger one takes a second to read.
	mostUnitBytes = 4 << 20
	// mostAbbrevTogether bounds the abbreviations of all units, where they
	// have to be read together.
	mostAbbrevTogether = 512 << 10
	// abbrevGrows is how much larger abbreviations are once they are read.
	abbrevGrows = 20
)

// readable is a unit that debug/dwarf can read.
type readable struct {
	data *dwarf.Data
	root dwarf.Offset
	held int // bytes of memory
}

// open makes a unit readable: by itself, or where units refer to each other
// (link-time optimization, Go) together with all others.
func (d *Data) open(h header) (readable, error) {
	if h.end-h.offset > mostUnitBytes {
		return readable{}, errors.New("it is too large")
	}
	if uint64(h.abbrev) >= uint64(len(d.s.abbrev)) {
		return readable{}, errShort
	}
	abbrev, outside, err := abbreviations(d.s.abbrev[h.abbrev:])
	if err != nil {
		return readable{}, err
	}
	if outside {
		return d.openTogether(h)
	}
	// The copy's header points to its own abbreviations.
	info := slices.Clone(d.s.info[h.offset:h.end])
	binary.LittleEndian.PutUint32(info[h.abbrevAt:], 0)
	data, err := d.newData(abbrev, info)
	return readable{data, dwarf.Offset(h.bytes()), len(info) + abbrevGrows*len(abbrev)}, err
}

func (d *Data) openTogether(h header) (readable, error) {
	if len(d.s.abbrev) > mostAbbrevTogether {
		return readable{}, errors.New("it refers to others, which are too many")
	}
	if d.together == nil {
		data, err := d.newData(d.s.abbrev, d.s.info)
		if err != nil {
			return readable{}, err
		}
		d.together = data
	}
	return readable{data: d.together, root: dwarf.Offset(h.offset + h.bytes())}, nil
}

func (d *Data) newData(abbrev, info []byte) (*dwarf.Data, error) {
	data, err := dwarf.New(abbrev, nil, nil, info, d.s.line, nil, d.s.ranges, d.s.str)
	if err != nil {
		return nil, err
	}
	for name, b := range map[string][]byte{".debug_addr": d.s.addr, ".debug_line_str": d.s.lineStr, ".debug_rnglists": d.s.rngLists, ".debug_str_offsets": d.s.strOffs} {
		if b == nil {
			continue
		}
		if err := data.AddSection(name, b); err != nil {
			return nil, err
		}
	}
	return data, nil
}
