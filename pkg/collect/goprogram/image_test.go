package goprogram

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"io"
	"os"
	"testing"
)

// counting counts what is read.
type counting struct {
	io.ReaderAt
	bytes int64
}

func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(p, at)
	c.bytes += int64(n)
	return n, err
}

// A file that names its bytes as tables again and again is not read for ever.
func TestInspectBoundsReading(t *testing.T) {
	whole, err := os.ReadFile(build{arch: "amd64", args: []string{"-ldflags=-s -w"}}.program(t))
	if err != nil {
		t.Fatal(err)
	}
	const tables = 5000
	sections := make([]elf.Section64, tables)
	for i := range sections {
		sections[i] = elf.Section64{Type: uint32(elf.SHT_SYMTAB), Size: uint64(len(whole)), Link: 1}
	}
	sections[0] = elf.Section64{}
	sections[1].Type = uint32(elf.SHT_STRTAB)
	var b bytes.Buffer
	b.Write(whole)
	if err := binary.Write(&b, binary.LittleEndian, sections); err != nil {
		t.Fatal(err)
	}
	hostile := b.Bytes()
	binary.LittleEndian.PutUint64(hostile[0x28:], uint64(len(whole))) // e_shoff
	binary.LittleEndian.PutUint16(hostile[0x3c:], tables)             // e_shnum
	binary.LittleEndian.PutUint16(hostile[0x3e:], 1)                  // e_shstrndx
	c := &counting{ReaderAt: bytes.NewReader(hostile)}
	p, err := Inspect(c)
	t.Logf("%d bytes read: %v, %v", c.bytes, p != nil, err)
	if c.bytes > maxRead || c.bytes < maxRead/2 {
		t.Errorf("%d bytes read", c.bytes)
	}
}

func openImage(t *testing.T, path string) (*image, int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	file, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	m := &image{file: f, elf: file}
	machine, err := m.machine()
	if err != nil {
		t.Fatal(err)
	}
	version, err := m.goVersion()
	if err != nil {
		t.Fatal(err)
	}
	minor, err := version.supported(machine)
	if err != nil {
		t.Fatal(err)
	}
	return m, minor
}
