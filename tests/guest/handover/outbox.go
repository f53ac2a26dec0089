package handover

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The shared memory's size, and the outbox in it: a PCI device's memory has a
// size that is a power of two.
const (
	SharedBytes  = 128 << 20
	outboxOffset = SharedBytes / 2
	outboxBytes  = SharedBytes - outboxOffset
)

// Where the header says where the outbox is; the rest of the header is the
// plugin's.
const (
	headerBytes    = 4096
	atOutboxOffset = 72
	atOutboxBytes  = 80
)

// The outbox begins with the tar's length and a state.
const (
	outboxHead   = 16
	stateEmpty   = 0
	stateWriting = 1
	stateWhole   = 2
)

// What the tar holds: the export's root as a directory, and two files.
const (
	PackedExport = "export"
	PackedStdout = "stdout"
	PackedLog    = "kernel.log"
)

// Outbox is the part of the shared memory by which init hands the export out.
type Outbox struct{ memory []byte }

// PlaceOutbox writes into a shared memory that is all zeros where its outbox
// is.
func PlaceOutbox(shared io.WriterAt) error {
	var words [16]byte
	binary.LittleEndian.PutUint64(words[:], outboxOffset)
	binary.LittleEndian.PutUint64(words[8:], outboxBytes)
	_, err := shared.WriteAt(words[:], atOutboxOffset)
	return err
}

// FindOutbox finds the outbox of a shared memory.
func FindOutbox(shared []byte) (*Outbox, error) {
	if len(shared) < headerBytes {
		return nil, fmt.Errorf("shared memory of %d bytes has no header", len(shared))
	}
	offset := binary.LittleEndian.Uint64(shared[atOutboxOffset:])
	size := binary.LittleEndian.Uint64(shared[atOutboxBytes:])
	whole := uint64(len(shared))
	if offset < headerBytes || offset > whole || size < outboxHead || size > whole-offset {
		return nil, fmt.Errorf("the header puts the outbox at %d, %d bytes, of %d", offset, size, whole)
	}
	return &Outbox{shared[offset : offset+size : offset+size]}, nil
}

// Fill has write put a stream into the outbox and marks it whole.
func (o *Outbox) Fill(write func(io.Writer) error) error {
	o.state(stateWriting)
	w := &outboxWriter{room: o.memory[outboxHead:]}
	if err := write(w); err != nil {
		return err
	}
	binary.LittleEndian.PutUint64(o.memory, uint64(w.n))
	o.state(stateWhole)
	return nil
}

func (o *Outbox) state(s uint64) { binary.LittleEndian.PutUint64(o.memory[8:], s) }

// Content is what the outbox holds, once it is whole.
func (o *Outbox) Content() ([]byte, error) {
	n, state := binary.LittleEndian.Uint64(o.memory), binary.LittleEndian.Uint64(o.memory[8:])
	switch {
	case state == stateEmpty:
		return nil, errors.New("the outbox is empty")
	case state != stateWhole:
		return nil, errors.New("the outbox is not whole")
	case n > uint64(len(o.memory)-outboxHead):
		return nil, fmt.Errorf("the outbox says that it holds %d bytes and has room for %d", n, len(o.memory)-outboxHead)
	}
	return o.memory[outboxHead : outboxHead+n], nil
}

type outboxWriter struct {
	room []byte
	n    int
}

func (w *outboxWriter) Write(p []byte) (int, error) {
	if len(p) > len(w.room)-w.n {
		return 0, fmt.Errorf("what is to be handed out is larger than the outbox, %d MiB; record for a shorter time or sample less", len(w.room)>>20)
	}
	w.n += copy(w.room[w.n:], p)
	return len(p), nil
}
