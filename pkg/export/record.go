package export

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// unzstd is shared: DecodeAll keeps no state between calls.
var unzstd = sync.OnceValues(func() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxBodyBytes), zstd.WithDecoderLowmem(true))
})

// recordBody is a batch's header and body.
type recordBody struct {
	head       flatTable
	rows       int
	nodes      int // position of the vector of (length, nulls)
	nodeCount  int
	buffers    int // position of the vector of (offset, length)
	bufCount   int
	compressed bool
	body       []byte
	scratch    *[2][]byte // for what is decompressed, until it is copied out
}

func newRecordBody(head flatTable, body []byte, scratch *[2][]byte, mostRows int64) (*recordBody, error) {
	rows := head.longField(0)
	if rows < 0 || rows > mostRows {
		return nil, fmt.Errorf("a batch of %d rows makes no sense", rows)
	}
	b := &recordBody{head: head, rows: int(rows), body: body, scratch: scratch}
	b.nodes, b.nodeCount = head.vector(1, 16)
	b.buffers, b.bufCount = head.vector(2, 16)
	if c, ok := head.table(3); ok {
		b.compressed = true
		if codec := c.byteField(0); codec != 1 {
			return nil, fmt.Errorf("buffers are compressed with codec %d, not zstd", codec)
		}
	}
	return b, head.msg.err()
}

// buffer gives buffer i, decompressed, of at most limit bytes. It is valid
// until the slot is used again.
func (b *recordBody) buffer(i, slot int, limit int64) ([]byte, error) {
	if i >= b.bufCount {
		return nil, fmt.Errorf("buffer %d of %d", i, b.bufCount)
	}
	off, n := b.head.msg.i64(b.buffers+16*i), b.head.msg.i64(b.buffers+16*i+8)
	if off < 0 || n < 0 || off > int64(len(b.body)) || n > int64(len(b.body))-off {
		return nil, fmt.Errorf("buffer %d lies outside of the batch", i)
	}
	p := b.body[off : off+n]
	if !b.compressed || n == 0 {
		return p, nil
	}
	if n < 8 {
		return nil, fmt.Errorf("buffer %d is too short", i)
	}
	full, p := int64(binary.LittleEndian.Uint64(p)), p[8:]
	if full == -1 {
		return p, nil
	}
	if full < 0 || full > limit {
		return nil, fmt.Errorf("buffer %d: %d bytes where at most %d are expected", i, full, limit)
	}
	return b.decompress(i, slot, p, full)
}

func (b *recordBody) decompress(i, slot int, p []byte, full int64) ([]byte, error) {
	var h zstd.Header
	if err := h.Decode(p); err != nil {
		return nil, fmt.Errorf("buffer %d: %w", i, err)
	}
	if h.HasFCS && h.FrameContentSize > uint64(full) {
		return nil, fmt.Errorf("buffer %d: holds more than it says", i)
	}
	dec, err := unzstd()
	if err != nil {
		return nil, err
	}
	if int64(cap(b.scratch[slot])) < full {
		b.scratch[slot] = make([]byte, 0, full)
	}
	out, err := dec.DecodeAll(p, b.scratch[slot][:0])
	if err != nil {
		return nil, fmt.Errorf("buffer %d: %w", i, err)
	}
	if int64(len(out)) != full {
		return nil, fmt.Errorf("buffer %d: %d bytes, not the %d that it says", i, len(out), full)
	}
	return out, nil
}

// nulls gives the validity of field i; nil when none is null.
func (b *recordBody) nulls(f streamField, i int) ([]bool, error) {
	if i >= b.nodeCount {
		return nil, fmt.Errorf("field %d of %d", i, b.nodeCount)
	}
	if n := b.head.msg.i64(b.nodes + 16*i); n != int64(b.rows) {
		return nil, fmt.Errorf("%d values in a batch of %d rows", n, b.rows)
	}
	if b.head.msg.i64(b.nodes+16*i+8) == 0 {
		return nil, nil
	}
	bits, err := b.buffer(f.buffer, 0, int64(b.rows)/8+64)
	if err != nil {
		return nil, err
	}
	if len(bits) < (b.rows+7)/8 {
		return nil, fmt.Errorf("validity is too short")
	}
	null := make([]bool, b.rows)
	for r := range null {
		null[r] = bits[r/8]>>(r%8)&1 == 0
	}
	return null, nil
}

// numbers decodes a column into a slice, if it has room.
func (b *recordBody) numbers(f streamField, i int, into []int64) ([]int64, []bool, error) {
	if f.bytes == 0 {
		return nil, nil, fmt.Errorf("not a column of numbers")
	}
	null, err := b.nulls(f, i)
	if err != nil {
		return nil, nil, err
	}
	p, err := b.buffer(f.buffer+1, 0, int64(b.rows)*int64(f.bytes)+64)
	if err != nil {
		return nil, nil, err
	}
	if len(p) < b.rows*f.bytes {
		return nil, nil, fmt.Errorf("values are too short")
	}
	out := into[:0]
	if cap(out) < b.rows {
		out = make([]int64, b.rows)
	}
	out = out[:b.rows]
	switch f.bytes {
	case 8:
		for r := range out {
			out[r] = int64(binary.LittleEndian.Uint64(p[8*r:]))
		}
	case 4:
		for r := range out {
			out[r] = int64(int32(binary.LittleEndian.Uint32(p[4*r:])))
		}
	case 2:
		for r := range out {
			out[r] = int64(int16(binary.LittleEndian.Uint16(p[2*r:])))
		}
	case 1:
		for r := range out {
			out[r] = int64(int8(p[r]))
		}
	default:
		return nil, nil, fmt.Errorf("numbers of %d bytes", f.bytes)
	}
	if !f.signed && f.bytes < 8 {
		mask := int64(1)<<(8*f.bytes) - 1
		for r := range out {
			out[r] &= mask
		}
	}
	return out, null, nil
}

func (b *recordBody) texts(f streamField, i int) ([]string, []bool, error) {
	null, err := b.nulls(f, i)
	if err != nil {
		return nil, nil, err
	}
	if b.rows == 0 {
		return nil, null, nil
	}
	offs, err := b.buffer(f.buffer+1, 0, int64(b.rows)*4+68)
	if err != nil {
		return nil, nil, err
	}
	data, err := b.buffer(f.buffer+2, 1, maxBodyBytes)
	if err != nil {
		return nil, nil, err
	}
	if len(offs) < 4*(b.rows+1) {
		return nil, nil, fmt.Errorf("offsets are too short")
	}
	out := make([]string, b.rows)
	for r := range out {
		a, z := binary.LittleEndian.Uint32(offs[4*r:]), binary.LittleEndian.Uint32(offs[4*r+4:])
		if a > z || uint64(z) > uint64(len(data)) {
			return nil, nil, fmt.Errorf("row %d: text lies outside of the batch", r)
		}
		out[r] = string(data[a:z])
	}
	return out, null, nil
}
