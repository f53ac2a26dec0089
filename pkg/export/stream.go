package export

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Kinds of messages in an Arrow IPC stream.
const (
	messageSchema     = 1
	messageDictionary = 2
	messageBatch      = 3
)

const (
	// maxHeaderBytes and maxBatchRows bound what a lying length can make us
	// allocate. A batch holds one second, and the writer keeps no more rows
	// than this between two batches.
	maxHeaderBytes = 16 << 20
	maxBodyBytes   = 256 << 20
	maxBatchRows   = 1 << 18
	// maxWords are in a dictionary: a writer closes a tail of which it is
	// crowded, but only after a whole batch.
	maxWords = crowdedWords + maxBatchRows
)

// errTorn says that a message is not whole: it is still being written, or
// its writer died.
var errTorn = errors.New("the last batch is not whole")

// message is one message of a stream: where it lies, and its header.
type message struct {
	at, bodyAt, next int64 // offsets in the file
	kind             byte
	header           flatTable
}

// readMessage reads the header of the message at an offset. The error is
// io.EOF at the end of the stream, and errTorn when the rest is not there
// yet.
func readMessage(r io.ReaderAt, at, size int64) (message, error) {
	m := message{at: at}
	if at == size {
		return m, io.EOF
	}
	if size-at < 8 {
		return m, errTorn
	}
	var lead [8]byte
	if err := readFull(r, lead[:], at); err != nil {
		return m, err
	}
	if binary.LittleEndian.Uint32(lead[:]) != 0xffffffff {
		return m, fmt.Errorf("no message begins here")
	}
	n := int64(int32(binary.LittleEndian.Uint32(lead[4:])))
	switch {
	case n == 0:
		return m, io.EOF
	case n < 0 || n > maxHeaderBytes:
		return m, fmt.Errorf("a message header of %d bytes makes no sense", n)
	case n > size-at-8:
		return m, errTorn
	}
	data := make([]byte, n)
	if err := readFull(r, data, at+8); err != nil {
		return m, err
	}
	return m, m.parse(data, size)
}

func (m *message) parse(data []byte, size int64) error {
	t := flatRoot(data)
	m.kind = t.byteField(1)
	header, ok := t.table(2)
	body := t.longField(3)
	m.header = header
	m.bodyAt = m.at + 8 + int64(len(data))
	if err := t.msg.err(); err != nil {
		return err
	}
	switch {
	case !ok:
		return fmt.Errorf("a message without a header")
	case body < 0 || body > maxBodyBytes:
		return fmt.Errorf("a message body of %d bytes makes no sense", body)
	case body > size-m.bodyAt:
		return errTorn
	}
	m.next = m.bodyAt + body
	return nil
}

// body reads the message's body.
func (m *message) body(r io.ReaderAt, into []byte) ([]byte, error) {
	n := int(m.next - m.bodyAt)
	if cap(into) < n {
		into = make([]byte, n)
	}
	into = into[:n]
	return into, readFull(r, into, m.bodyAt)
}

func readFull(r io.ReaderAt, p []byte, at int64) error {
	n, err := r.ReadAt(p, at)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// window reads ahead, so that walking a file message by message costs one
// read a chunk, not three a message. It is for one goroutine.
type window struct {
	r     io.ReaderAt
	size  int64
	chunk int64 // how much it reads at once
	at    int64
	buf   []byte
}

func (w *window) ReadAt(p []byte, at int64) (int, error) {
	if at < w.at || at+int64(len(p)) > w.at+int64(len(w.buf)) {
		if int64(len(p)) >= w.chunk {
			return w.r.ReadAt(p, at)
		}
		if err := w.fill(at); err != nil {
			return 0, err
		}
	}
	n := copy(p, w.buf[min(at-w.at, int64(len(w.buf))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (w *window) fill(at int64) error { return w.hold(at, min(w.chunk, w.size-at)) }

// hold reads n bytes at once; reads among them then cost none.
func (w *window) hold(at, n int64) error {
	if n <= 0 {
		w.at, w.buf = at, w.buf[:0]
		return nil
	}
	if int64(cap(w.buf)) < n {
		w.buf = make([]byte, n)
	}
	w.at, w.buf = at, w.buf[:n]
	if err := readFull(w.r, w.buf, at); err != nil {
		w.buf = w.buf[:0]
		return err
	}
	return nil
}
