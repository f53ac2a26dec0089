package handover

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sharedMemory is one as record makes it, of which only what is used exists.
func sharedMemory(t *testing.T) []byte {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "shared"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := PlaceOutbox(f); err != nil {
		t.Fatal(err)
	}
	memory := make([]byte, SharedBytes)
	if _, err := f.ReadAt(memory, 0); err != nil && err != io.EOF {
		t.Fatal(err)
	}
	return memory
}

func TestOutboxHandsOutWhatWasPutIn(t *testing.T) {
	memory := sharedMemory(t)
	o, err := FindOutbox(memory)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Content(); err == nil || !strings.Contains(err.Error(), "empty") {
		t.Errorf("an outbox that nobody filled: %v", err)
	}
	if err := o.Fill(func(w io.Writer) error {
		if _, err := o.Content(); err == nil || !strings.Contains(err.Error(), "not whole") {
			t.Errorf("an outbox that is being filled: %v", err)
		}
		return errors.Join(write(w, "first,"), write(w, " second"))
	}); err != nil {
		t.Fatal(err)
	}
	got, err := o.Content()
	if err != nil || string(got) != "first, second" {
		t.Errorf("%q, %v", got, err)
	}
	if !bytes.Equal(memory[:atOutboxOffset], make([]byte, atOutboxOffset)) {
		t.Error("the plugin's part of the header was written to")
	}
}

func write(w io.Writer, s string) error {
	_, err := io.WriteString(w, s)
	return err
}

func TestWhatDoesNotFitIsRefused(t *testing.T) {
	o := &Outbox{make([]byte, outboxHead+10)}
	err := o.Fill(func(w io.Writer) error { return write(w, "eleven byte") })
	if err == nil {
		t.Fatal("eleven bytes fit into ten")
	}
	if _, err := o.Content(); err == nil {
		t.Error("an outbox that was not filled is whole")
	}
}

func TestLyingHeadersAreErrors(t *testing.T) {
	for name, c := range map[string]struct{ offset, size uint64 }{
		"none":              {0, 0},
		"in the header":     {64, 1 << 20},
		"beyond the end":    {SharedBytes, 1 << 20},
		"over the end":      {outboxOffset, outboxBytes + 1},
		"wrapping":          {outboxOffset, ^uint64(0) - 100},
		"smaller than head": {outboxOffset, outboxHead - 1},
	} {
		memory := make([]byte, SharedBytes)
		binary.LittleEndian.PutUint64(memory[atOutboxOffset:], c.offset)
		binary.LittleEndian.PutUint64(memory[atOutboxBytes:], c.size)
		if _, err := FindOutbox(memory); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := FindOutbox(make([]byte, 100)); err == nil {
		t.Error("no error for a memory without a header")
	}
	o := &Outbox{make([]byte, outboxHead+10)}
	binary.LittleEndian.PutUint64(o.memory, 11)
	o.state(stateWhole)
	if _, err := o.Content(); err == nil {
		t.Error("no error for more content than there is room")
	}
}
