package perfdata

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"

	"github.com/numalens/numalens/pkg/imports"
)

// maxWindow bounds what a compressed recording makes its reader keep. perf
// record -z up to level 20 stays within it.
const maxWindow = 32 << 20

// inflated is the stream that perf record -z compressed: one zstd stream, cut
// into the payloads of COMPRESSED records. Other records stand between them
// and are told while the decompressor asks for more.
type inflated struct {
	reading *reading
	outer   *records
	payload []byte
	err     error // of the outer records; io.EOF is their end
}

// Read gives the decompressor the next compressed bytes.
func (z *inflated) Read(p []byte) (int, error) {
	var rec record
	for len(z.payload) == 0 {
		if z.err != nil {
			return 0, z.err
		}
		if z.err = z.outer.next(&rec); z.err != nil {
			continue
		}
		if body, is := compressedBody(rec); is {
			z.payload = body
		} else {
			z.err = z.reading.take(rec, z.outer)
		}
	}
	n := copy(p, z.payload)
	z.payload = z.payload[n:]
	return n, nil
}

// compressedBody gives the compressed bytes of a record that has some. The
// newer kind is padded, and so tells how many there are.
func compressedBody(rec record) ([]byte, bool) {
	switch rec.typ {
	case recordCompressed:
		return rec.payload, true
	case recordCompressed2:
		c := cursor{b: rec.payload}
		n := c.u64()
		return c.take(min(n, uint64(len(c.b)))), true
	}
	return nil, false
}

// inflate tells all that follows a first compressed record: what was
// compressed, and the records between.
func (g *reading) inflate(first record, outer *records) error {
	z := &inflated{reading: g, outer: outer}
	z.payload, _ = compressedBody(first)
	d, err := zstd.NewReader(z, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return fmt.Errorf("decompressing records: %w", err)
	}
	defer d.Close()
	inner := newRecords(openFrame{d}, readAhead, outer.counted)
	var rec record
	for {
		err := inner.next(&rec)
		if err == nil {
			if _, is := compressedBody(rec); is {
				return syntax(rec.number, "a record in a compressed stream", "another compressed stream")
			}
			err = g.take(rec, inner)
		}
		if err == nil {
			continue
		}
		return z.ended(err, inner)
	}
}

// openFrame is a stream whose frame perf never closes: its end looks like a
// cut to the decompressor.
type openFrame struct{ io.Reader }

func (o openFrame) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// ended tells the end from the errors of the records outside, of those
// inside, and of the decompressor.
func (z *inflated) ended(err error, inner *records) error {
	var wrong *imports.SyntaxError
	switch {
	case z.err != nil && !errors.Is(z.err, io.EOF):
		return z.err
	case errors.As(err, &wrong):
		return err
	case !errors.Is(err, io.EOF):
		return syntax(*z.outer.counted, fmt.Sprintf("records compressed by zstd, with a window of at most %d MiB", maxWindow>>20), err.Error())
	}
	z.outer.cut = z.outer.cut || inner.cut
	return io.EOF
}
