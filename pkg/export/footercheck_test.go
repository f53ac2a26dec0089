package export

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// withFooter makes a file that is nothing but a footer.
func withFooter(footer ...byte) []byte {
	file := append([]byte("PAR1"), footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, "PAR1"...)
}

// TestFootersThatLie are small files that ask for gigabytes.
func TestFootersThatLie(t *testing.T) {
	long := binary.AppendUvarint(nil, 1<<31-1)
	tests := map[string][]byte{
		"row groups":  withFooter(append([]byte{0x49, 0xfc}, long...)...),
		"schema":      withFooter(append([]byte{0x29, 0xfc}, long...)...),
		"binary":      withFooter(append([]byte{0x68}, long...)...),
		"deep":        withFooter(bytes.Repeat([]byte{0x1c}, 5000)...),
		"deep lists":  withFooter(append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 5000)...)...),
		"no stop":     withFooter(0x15, 0x02),
		"field of id": withFooter(0x05),
		"length":      append(append([]byte("PAR1"), 0xff, 0xff, 0xff, 0x7f), "PAR1"...),
	}
	for name, file := range tests {
		_, err := openSealed(newMemFile(file))
		if err == nil || !strings.Contains(err.Error(), "footer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
