package perfevent

import (
	"encoding/binary"
	"slices"
	"testing"
)

func words(v ...uint64) []byte {
	var b []byte
	for _, w := range v {
		b = binary.NativeEndian.AppendUint64(b, w)
	}
	return b
}

func TestParseCounts(t *testing.T) {
	var c Counts
	leader, err := ParseCounts(words(2, 1000, 900, 11, 71, 12, 72), &c)
	if err != nil || leader != 71 || c.Enabled != 1000 || c.Running != 900 || !slices.Equal(c.Values, []int64{11, 12}) {
		t.Errorf("leader %d, %+v, %v", leader, c, err)
	}
	for _, bad := range [][]byte{
		nil,
		words(0, 1, 1),
		words(0, 1, 1, 1, 1),
		words(2, 1, 1, 1, 1),
		words(1<<60, 1, 1, 1, 1),
	} {
		if _, err := ParseCounts(bad, &c); err == nil {
			t.Errorf("%d bytes were read as counts", len(bad))
		}
	}
}

func FuzzParseCounts(f *testing.F) {
	f.Add(words(2, 1000, 900, 11, 71, 12, 72))
	f.Add(words(1<<63, 0, 0, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Counts
		if _, err := ParseCounts(b, &c); err == nil && countsBytes(len(c.Values)) > len(b) {
			t.Errorf("%d counts from %d bytes", len(c.Values), len(b))
		}
	})
}
