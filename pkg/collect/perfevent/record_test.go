package perfevent

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// put writes records into a ring of size bytes, from position on.
func put(size int, position uint64, records ...[]byte) stream {
	s := stream{data: make([]byte, size), head: position, tail: position}
	for _, r := range records {
		for _, b := range r {
			s.data[s.head%uint64(size)] = b
			s.head++
		}
	}
	return s
}

func record(typ uint32, body []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, typ)
	b = binary.NativeEndian.AppendUint16(b, 0)
	b = binary.NativeEndian.AppendUint16(b, uint16(len(body)+headerBytes))
	return append(b, body...)
}

func drain(s *stream) (got []string, err error) {
	for {
		r, ok, err := s.next()
		if !ok {
			return got, err
		}
		got = append(got, fmt.Sprintf("%d:%s", r.Type, r.Body))
	}
}

// TestWrapAround places the same records at every position of a small ring.
func TestWrapAround(t *testing.T) {
	records := [][]byte{
		record(unix.PERF_RECORD_SAMPLE, []byte("eightby.")),
		record(999, []byte("an unknown type.")),
		record(unix.PERF_RECORD_LOST, nil),
		record(unix.PERF_RECORD_SAMPLE, []byte("the last")),
	}
	const want = "9:eightby. 999:an unknown type. 2: 9:the last"
	for position := range uint64(130) {
		s := put(64, position, records...)
		got, err := drain(&s)
		if err != nil || strings.Join(got, " ") != want {
			t.Fatalf("from position %d: %q, %v", position, got, err)
		}
	}
}

func TestDamagedRing(t *testing.T) {
	short := record(9, []byte("12345678"))
	binary.NativeEndian.PutUint16(short[6:], 4)
	long := record(9, []byte("12345678"))
	binary.NativeEndian.PutUint16(long[6:], 200)
	for name, s := range map[string]stream{
		"size below a header":       put(64, 60, short),
		"size beyond what is there": put(64, 60, long),
		"half a header":             put(64, 0, []byte{1, 2, 3, 4}),
		"more than the ring holds":  {data: make([]byte, 64), head: 80},
	} {
		if got, err := drain(&s); err == nil || len(got) > 0 {
			t.Errorf("%s: read %q without an error", name, got)
		}
	}
}

func TestLost(t *testing.T) {
	lost := binary.NativeEndian.AppendUint64(binary.NativeEndian.AppendUint64(nil, 17), 42)
	for _, c := range []struct {
		r    Record
		want uint64
		ok   bool
	}{
		{Record{unix.PERF_RECORD_LOST, lost}, 42, true},
		{Record{unix.PERF_RECORD_LOST_SAMPLES, lost[8:]}, 42, true},
		{Record{unix.PERF_RECORD_LOST, lost[:8]}, 0, false},
		{Record{unix.PERF_RECORD_SAMPLE, lost}, 0, false},
	} {
		if n, ok := c.r.Lost(); n != c.want || ok != c.ok {
			t.Errorf("record %d of %d bytes: lost %d, %v", c.r.Type, len(c.r.Body), n, ok)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(record(9, []byte("12345678")), uint64(60))
	f.Add(append(record(2, nil), record(9, make([]byte, 40))...), uint64(0))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 255, 255}, uint64(1<<63))
	f.Fuzz(func(t *testing.T, b []byte, position uint64) {
		s := put(64, position, b)
		read := uint64(0)
		for {
			r, ok, err := s.next()
			if !ok {
				if err == nil && s.tail != s.head {
					t.Fatalf("stopped %d bytes early without an error", s.head-s.tail)
				}
				return
			}
			r.Lost()
			if read += uint64(len(r.Body)) + headerBytes; read > uint64(len(b)) {
				t.Fatalf("read %d bytes of %d", read, len(b))
			}
		}
	})
}
