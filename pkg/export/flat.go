package export

import (
	"encoding/binary"
	"fmt"
)

// Arrow describes each message of a stream by a FlatBuffers table. Ours are
// read by hand, a few fields each: the library decodes every column of a
// batch where one is asked for, keeps no byte offsets, and panics on some
// malformed input. Layout: Arrow's Message.fbs and Schema.fbs.

// flatTable is one table within a FlatBuffers message. A read outside of the
// message gives zero and sets bad, which is looked at once at the end.
type flatTable struct {
	msg *flatMessage
	pos int
}

type flatMessage struct {
	data []byte
	bad  bool
}

func flatRoot(data []byte) flatTable {
	m := &flatMessage{data: data}
	return flatTable{m, int(m.u32(0))}
}

func (m *flatMessage) err() error {
	if m.bad {
		return fmt.Errorf("message header points outside of itself")
	}
	return nil
}

func (m *flatMessage) at(pos, n int) []byte {
	if pos < 0 || n < 0 || pos > len(m.data)-n {
		m.bad = true
		return make([]byte, n&63)
	}
	return m.data[pos : pos+n]
}

func (m *flatMessage) u8(pos int) byte    { return m.at(pos, 1)[0] }
func (m *flatMessage) u16(pos int) uint16 { return binary.LittleEndian.Uint16(m.at(pos, 2)) }
func (m *flatMessage) u32(pos int) uint32 { return binary.LittleEndian.Uint32(m.at(pos, 4)) }
func (m *flatMessage) i64(pos int) int64  { return int64(binary.LittleEndian.Uint64(m.at(pos, 8))) }

// field gives the position of a field, 0 when it has its default, as all
// have in a table that is not there.
func (t flatTable) field(id int) int {
	if t.pos < 0 {
		return 0
	}
	vtable := t.pos - int(int32(t.msg.u32(t.pos)))
	if 4+2*id+2 > int(t.msg.u16(vtable)) {
		return 0
	}
	off := int(t.msg.u16(vtable + 4 + 2*id))
	if off == 0 {
		return 0
	}
	return t.pos + off
}

func (t flatTable) byteField(id int) byte {
	if p := t.field(id); p != 0 {
		return t.msg.u8(p)
	}
	return 0
}

func (t flatTable) shortField(id int) int {
	if p := t.field(id); p != 0 {
		return int(int16(t.msg.u16(p)))
	}
	return 0
}

func (t flatTable) intField(id int) int {
	if p := t.field(id); p != 0 {
		return int(int32(t.msg.u32(p)))
	}
	return 0
}

func (t flatTable) longField(id int) int64 {
	if p := t.field(id); p != 0 {
		return t.msg.i64(p)
	}
	return 0
}

// table follows a field that refers to another table.
func (t flatTable) table(id int) (flatTable, bool) {
	p := t.field(id)
	if p == 0 {
		return flatTable{t.msg, -1}, false
	}
	return flatTable{t.msg, p + int(t.msg.u32(p))}, true
}

// vector gives where a vector's elements begin and how many there are.
func (t flatTable) vector(id, elementBytes int) (pos, n int) {
	p := t.field(id)
	if p == 0 {
		return 0, 0
	}
	p += int(t.msg.u32(p))
	n = int(t.msg.u32(p))
	if n > len(t.msg.data)/elementBytes {
		t.msg.bad = true
		return 0, 0
	}
	t.msg.at(p+4, n*elementBytes)
	return p + 4, n
}

func (t flatTable) text(id int) string {
	pos, n := t.vector(id, 1)
	if n == 0 || t.msg.bad {
		return ""
	}
	return string(t.msg.at(pos, n))
}
