package remote

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// queue is requests on disk, in the order in which they came. It is a
// directory of segments, 00000001.queue and on, of records; what was sent is
// known by the file position, which is written over in place.
//
// A record is its payload's length and CRC-32C, the time of its samples in ms,
// their number, then the payload; all numbers little-endian. A record that was
// torn by a crash ends its segment.
type queue struct {
	dir      string
	maxBytes int64
	segment  int64 // bytes at which a segment is full

	mu       sync.Mutex
	lock     *os.File
	position *os.File
	segments []segment
	write    *os.File // the newest segment
	read     *os.File // the oldest
	at       spot
	pending  int64 // records
}

type segment struct {
	number  uint64
	bytes   int64
	records int64 // that were not sent
	samples int64 // likewise
}

// spot is where the next record begins.
type spot struct {
	segment uint64
	offset  int64
}

// record is one request.
type record struct {
	at      spot
	end     int64
	timeMS  int64
	samples int64
	payload []byte
}

const (
	queueSuffix  = ".queue"
	positionFile = "position"
	headerBytes  = 4 + 4 + 8 + 4
	maxRecord    = 32 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func openQueue(dir string, maxBytes int64) (*queue, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the queue: %w", err)
	}
	q := &queue{dir: dir, maxBytes: maxBytes, segment: max(16<<10, min(4<<20, maxBytes/16))}
	var err error
	if q.lock, err = os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("lock the queue: %w", err)
	}
	if err = unix.Flock(int(q.lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		q.lock.Close()
		return nil, fmt.Errorf("lock the queue %s: %w; another agent has it", dir, err)
	}
	if err = q.load(); err == nil {
		err = q.begin()
	}
	if err != nil {
		q.close()
		return nil, fmt.Errorf("queue %s: %w", dir, err)
	}
	return q, nil
}

// load finds the segments and where reading stopped.
func (q *queue) load() (err error) {
	entries, err := os.ReadDir(q.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), queueSuffix)
		number, err := strconv.ParseUint(name, 10, 64)
		if ok && err == nil {
			q.segments = append(q.segments, segment{number: number})
		}
	}
	slices.SortFunc(q.segments, func(a, b segment) int { return int(int64(a.number) - int64(b.number)) })
	if q.position, err = os.OpenFile(filepath.Join(q.dir, positionFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return err
	}
	q.at = q.savedPosition()
	for len(q.segments) > 0 && q.segments[0].number < q.at.segment {
		if err := q.removeFirst(); err != nil {
			return err
		}
	}
	for i := range q.segments {
		if err := q.survey(&q.segments[i]); err != nil {
			return err
		}
	}
	return nil
}

// survey counts a segment's whole records from the position on.
func (q *queue) survey(s *segment) error {
	f, err := os.Open(q.path(s.number))
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	s.bytes = st.Size()
	at := spot{segment: s.number}
	if s.number == q.at.segment {
		at = q.at
	}
	for {
		r, ok := readRecord(f, at)
		if !ok {
			return nil
		}
		at.offset = r.end
		s.records++
		s.samples += r.samples
		q.pending++
	}
}

// begin starts a new segment: the last one may end in a torn record.
func (q *queue) begin() error {
	next := q.at.segment + 1
	if n := len(q.segments); n > 0 {
		next = max(next, q.segments[n-1].number+1)
	}
	f, err := os.OpenFile(q.path(next), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if q.write != nil {
		q.write.Close()
	}
	q.write = f
	q.segments = append(q.segments, segment{number: next})
	if q.at.segment < q.segments[0].number {
		q.at = spot{segment: q.segments[0].number}
	}
	return nil
}

func (q *queue) path(number uint64) string {
	return filepath.Join(q.dir, fmt.Sprintf("%08d%s", number, queueSuffix))
}

// loss is what was given up.
type loss struct{ records, samples int64 }

// push appends a request; what had to go for it is told.
func (q *queue) push(timeMS, samples int64, payload []byte) (lost loss, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := int64(headerBytes + len(payload))
	for len(q.segments) > 1 && q.total()+size > q.maxBytes {
		first := q.segments[0]
		if err := q.removeFirst(); err != nil {
			return lost, err
		}
		lost.records += first.records
		lost.samples += first.samples
		q.pending -= first.records
		q.moveTo(spot{segment: q.segments[0].number})
	}
	last := &q.segments[len(q.segments)-1]
	if last.bytes > 0 && last.bytes+size > q.segment {
		if err := q.begin(); err != nil {
			return lost, err
		}
		last = &q.segments[len(q.segments)-1]
	}
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(payload)))
	head = binary.LittleEndian.AppendUint32(head, 0)
	head = binary.LittleEndian.AppendUint64(head, uint64(timeMS))
	head = binary.LittleEndian.AppendUint32(head, uint32(samples))
	binary.LittleEndian.PutUint32(head[4:], checksum(head, payload))
	n, err := q.write.Write(append(head, payload...))
	if err != nil {
		// A part of a record would hide those behind it.
		if n > 0 {
			err = errors.Join(err, q.write.Truncate(last.bytes))
		}
		return lost, err
	}
	last.bytes += size
	last.records++
	last.samples += samples
	q.pending++
	return lost, nil
}

func (q *queue) total() int64 {
	var n int64
	for _, s := range q.segments {
		n += s.bytes
	}
	return n
}

// peek gives the oldest request, and false where there is none.
func (q *queue) peek() (record, bool, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.read == nil || len(q.segments) > 0 && q.at.segment != q.segments[0].number {
			if err := q.openFirst(); err != nil {
				return record{}, false, err
			}
		}
		if r, ok := readRecord(q.read, q.at); ok {
			return r, true, nil
		}
		if len(q.segments) == 1 {
			return record{}, false, nil
		}
		// What cannot be read any more was counted as pending.
		q.pending -= q.segments[0].records
		if err := q.removeFirst(); err != nil {
			return record{}, false, err
		}
		q.moveTo(spot{segment: q.segments[0].number})
	}
}

func (q *queue) openFirst() (err error) {
	if q.read != nil {
		q.read.Close()
	}
	if q.at.segment != q.segments[0].number {
		q.at = spot{segment: q.segments[0].number}
	}
	q.read, err = os.Open(q.path(q.at.segment))
	return err
}

// done moves past a request, unless it has been dropped meanwhile.
func (q *queue) done(r record) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.at != r.at {
		return nil
	}
	q.pending--
	q.segments[0].records--
	q.segments[0].samples -= r.samples
	if len(q.segments) > 1 && r.end >= q.segments[0].bytes {
		if err := q.removeFirst(); err != nil {
			return err
		}
		return q.moveTo(spot{segment: q.segments[0].number})
	}
	return q.moveTo(spot{segment: r.at.segment, offset: r.end})
}

func (q *queue) removeFirst() error {
	first := q.segments[0]
	if q.read != nil {
		q.read.Close()
		q.read = nil
	}
	q.segments = q.segments[1:]
	if err := os.Remove(q.path(first.number)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// moveTo saves the position. One that is lost makes requests go twice.
func (q *queue) moveTo(at spot) error {
	q.at = at
	b := binary.LittleEndian.AppendUint64(nil, at.segment)
	b = binary.LittleEndian.AppendUint64(b, uint64(at.offset))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	_, err := q.position.WriteAt(b, 0)
	return err
}

func (q *queue) savedPosition() spot {
	var b [20]byte
	if n, _ := q.position.ReadAt(b[:], 0); n < len(b) || binary.LittleEndian.Uint32(b[16:]) != crc32.Checksum(b[:16], castagnoli) {
		return spot{}
	}
	return spot{binary.LittleEndian.Uint64(b[:]), int64(binary.LittleEndian.Uint64(b[8:]))}
}

// waiting tells how many requests wait, and how many bytes the queue takes.
func (q *queue) waiting() (records, bytes int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.pending, q.total()
}

func (q *queue) close() {
	for _, f := range []*os.File{q.write, q.read, q.position, q.lock} {
		if f != nil {
			f.Close()
		}
	}
}

func checksum(head, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(head[8:], castagnoli), castagnoli, payload)
}

// readRecord reads a whole record; false is one that is not there, or torn.
func readRecord(f io.ReaderAt, at spot) (record, bool) {
	var head [headerBytes]byte
	if n, _ := f.ReadAt(head[:], at.offset); n < headerBytes {
		return record{}, false
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > maxRecord {
		return record{}, false
	}
	r := record{at: at, end: at.offset + headerBytes + int64(size), timeMS: int64(binary.LittleEndian.Uint64(head[8:])), samples: int64(binary.LittleEndian.Uint32(head[16:])), payload: make([]byte, size)}
	if n, _ := f.ReadAt(r.payload, at.offset+headerBytes); n < int(size) || binary.LittleEndian.Uint32(head[4:]) != checksum(head[:], r.payload) {
		return record{}, false
	}
	return r, true
}
