package goprogram

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"fmt"

	"github.com/numalens/numalens/pkg/numa"
)

// goidOffsets are the offsets of runtime.g.goid by Go 1.minor, on amd64 and
// arm64 alike. They are what DWARF of a program says that each version built
// (TestGoroutineIDOfVersions). Go 1.23 put syscallbp before it; Go 1.25 took
// fields out again.
var goidOffsets = map[int]int64{
	18: 152, 19: 152, 20: 152, 21: 152, 22: 152,
	23: 160, 24: 160,
	25: 152, 26: 152,
}

// goroutineID takes a release's offset from the table, at no cost: reading it
// from DWARF inflates 40 MB for a program of 70 MB. Another runtime (of the
// development branch, or somebody's own) is asked by DWARF first.
func (b *builder) goroutineID() (int64, *numa.Unavailable) {
	known, ok := goidOffsets[b.minor]
	if ok && b.version.release() {
		return known, nil
	}
	if offset, ok := b.image.goidByDWARF(); ok {
		return offset, nil
	}
	if ok {
		return known, nil
	}
	return -1, &numa.Unavailable{
		Feature: "trace: goroutine's number",
		Why:     fmt.Sprintf("the layout of runtime.g in Go 1.%d is not known, and the file has no DWARF that tells it", b.minor),
		Remedy:  "build without -ldflags=-w",
	}
}

// maxDWARF bounds what is read of .debug_info.
const maxDWARF = 64 << 20

// goidByDWARF finds the structure by its name: Go writes names in place, and
// reading every entry of a big program would take seconds.
func (m *image) goidByDWARF() (int64, bool) {
	info, ok := m.debugSection(".debug_info")
	if !ok {
		return 0, false
	}
	abbrev, ok := m.debugSection(".debug_abbrev")
	if !ok {
		return 0, false
	}
	d, err := dwarf.New(abbrev, nil, nil, info, nil, nil, nil, nil)
	if err != nil {
		return 0, false
	}
	name := []byte("runtime.g\x00")
	for from := 0; ; {
		i := bytes.Index(info[from:], name)
		if i < 0 {
			return 0, false
		}
		from += i + 1
		for abbreviation := 1; abbreviation <= 2; abbreviation++ { // bytes of its number, before the name
			if offset, ok := goidOfEntry(d, from-1-abbreviation); ok {
				return offset, true
			}
		}
	}
}

func (m *image) debugSection(name string) ([]byte, bool) {
	s := m.elf.Section(name)
	if s == nil || s.Type == elf.SHT_NOBITS || s.Size > maxDWARF {
		return nil, false
	}
	b, err := s.Data()
	return b, err == nil
}

// maxFields bounds the fields of runtime.g; it has some 60.
const maxFields = 1000

// goidOfEntry reads the structure's fields, if it begins there.
func goidOfEntry(d *dwarf.Data, offset int) (int64, bool) {
	if offset < 0 {
		return 0, false
	}
	r := d.Reader()
	r.Seek(dwarf.Offset(offset))
	g, err := r.Next()
	if err != nil || g == nil || g.Tag != dwarf.TagStructType || g.Val(dwarf.AttrName) != "runtime.g" || !g.Children {
		return 0, false
	}
	for range maxFields {
		field, err := r.Next()
		if err != nil || field == nil || field.Tag != dwarf.TagMember {
			return 0, false
		}
		if field.Val(dwarf.AttrName) == "goid" {
			at, ok := field.Val(dwarf.AttrDataMemberLoc).(int64)
			return at, ok && at >= 0 && at < 1<<16
		}
	}
	return 0, false
}
