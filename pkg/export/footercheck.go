package export

import (
	"encoding/binary"
	"fmt"
)

// maxFooterBytes bounds a Parquet footer; one of a thousand row groups of
// fifty columns takes some 8 MB.
const maxFooterBytes = 64 << 20

// checkFooter holds the lengths for which the library makes room, before it
// reads what should fill it, against what is there: the footer's own, and
// those of the lists in it.
func checkFooter(w *window) error {
	const least = 12 // magic, length, magic
	if w.size < least {
		return fmt.Errorf("%d bytes are no Parquet file", w.size)
	}
	// Most footers come with this one read, and then all of the file's own
	// reads of its end are among it.
	if err := w.hold(max(0, w.size-w.chunk), min(w.chunk, w.size)); err != nil {
		return err
	}
	var end [8]byte
	if err := readFull(w, end[:], w.size-8); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(end[:]))
	if string(end[4:]) != "PAR1" || n > w.size-least {
		return fmt.Errorf("no Parquet footer at the end: it was cut off, or is no Parquet file")
	}
	if n > maxFooterBytes {
		return fmt.Errorf("a footer of %d bytes makes no sense", n)
	}
	if n+8 > w.chunk {
		if err := w.hold(w.size-8-n, n+8); err != nil {
			return err
		}
	}
	footer := make([]byte, n)
	if err := readFull(w, footer, w.size-8-n); err != nil {
		return err
	}
	if _, ok := skimStruct(footer, 0); !ok {
		return fmt.Errorf("the Parquet footer is broken")
	}
	return nil
}

// Types of Thrift's compact protocol.
const (
	thriftTrue   = 1
	thriftFalse  = 2
	thriftByte   = 3
	thriftI16    = 4
	thriftI32    = 5
	thriftI64    = 6
	thriftDouble = 7
	thriftBinary = 8
	thriftList   = 9
	thriftSet    = 10
	thriftStruct = 12
)

const maxThriftDepth = 32

// skimStruct gives what follows a struct; false when it is not whole or says
// of a list that it has more elements than bytes are left.
func skimStruct(p []byte, depth int) ([]byte, bool) {
	if depth > maxThriftDepth {
		return nil, false
	}
	for len(p) > 0 {
		head := p[0]
		p = p[1:]
		if head == 0 {
			return p, true
		}
		ok := true
		if head>>4 == 0 { // the field's id follows, not a step from the one before
			if p, ok = skimVarint(p); !ok {
				return nil, false
			}
		}
		if t := head & 15; t != thriftTrue && t != thriftFalse { // a field's type is its value
			if p, ok = skimValue(p, t, depth); !ok {
				return nil, false
			}
		}
	}
	return nil, false
}

func skimValue(p []byte, typ byte, depth int) ([]byte, bool) {
	switch typ {
	case thriftTrue, thriftFalse, thriftByte:
		return skimBytes(p, 1)
	case thriftI16, thriftI32, thriftI64:
		return skimVarint(p)
	case thriftDouble:
		return skimBytes(p, 8)
	case thriftBinary:
		n, used := binary.Uvarint(p)
		if used <= 0 {
			return nil, false
		}
		return skimBytes(p[used:], n)
	case thriftList, thriftSet:
		return skimList(p, depth+1)
	case thriftStruct:
		return skimStruct(p, depth+1)
	}
	return nil, false // a map, say, of which Parquet has none
}

func skimList(p []byte, depth int) ([]byte, bool) {
	if len(p) == 0 || depth > maxThriftDepth {
		return nil, false
	}
	n, typ := uint64(p[0]>>4), p[0]&15
	p = p[1:]
	if n == 15 {
		long, used := binary.Uvarint(p)
		if used <= 0 {
			return nil, false
		}
		n, p = long, p[used:]
	}
	if n > uint64(len(p)) {
		return nil, false
	}
	ok := true
	for range n {
		if p, ok = skimValue(p, typ, depth); !ok {
			return nil, false
		}
	}
	return p, true
}

func skimVarint(p []byte) ([]byte, bool) {
	_, used := binary.Uvarint(p)
	if used <= 0 {
		return nil, false
	}
	return p[used:], true
}

func skimBytes(p []byte, n uint64) ([]byte, bool) {
	if n > uint64(len(p)) {
		return nil, false
	}
	return p[n:], true
}
