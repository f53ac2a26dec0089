package perfdata

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// The types of records (include/uapi/linux/perf_event.h, and from 64 on
// tools/lib/perf/include/perf/event.h).
const (
	recordLost          = 2
	recordSample        = 9
	recordLostSamples   = 13
	recordAttr          = 64
	recordTracingData   = 66
	recordFinishedRound = 68
	recordAuxInfo       = 70
	recordAux           = 71
	recordEventUpdate   = 78
	recordFeature       = 80
	recordCompressed    = 81
	recordCompressed2   = 83
)

// recordNames are the kernel's and perf's names, by type; "" has none.
var recordNames = [...]string{
	1: "MMAP", 2: "LOST", 3: "COMM", 4: "EXIT", 5: "THROTTLE", 6: "UNTHROTTLE", 7: "FORK", 8: "READ", 9: "SAMPLE",
	10: "MMAP2", 11: "AUX", 12: "ITRACE_START", 13: "LOST_SAMPLES", 14: "SWITCH", 15: "SWITCH_CPU_WIDE", 16: "NAMESPACES",
	17: "KSYMBOL", 18: "BPF_EVENT", 19: "CGROUP", 20: "TEXT_POKE", 21: "AUX_OUTPUT_HW_ID", 22: "CALLCHAIN_DEFERRED",
	64: "HEADER_ATTR", 65: "HEADER_EVENT_TYPE", 66: "HEADER_TRACING_DATA", 67: "HEADER_BUILD_ID", 68: "FINISHED_ROUND",
	69: "ID_INDEX", 70: "AUXTRACE_INFO", 71: "AUXTRACE", 72: "AUXTRACE_ERROR", 73: "THREAD_MAP", 74: "CPU_MAP",
	75: "STAT_CONFIG", 76: "STAT", 77: "STAT_ROUND", 78: "EVENT_UPDATE", 79: "TIME_CONV", 80: "HEADER_FEATURE",
	81: "COMPRESSED", 82: "FINISHED_INIT", 83: "COMPRESSED2", 84: "BPF_METADATA",
}

func recordName(typ uint32) string {
	if int(typ) < len(recordNames) && recordNames[typ] != "" {
		return recordNames[typ]
	}
	return fmt.Sprint(typ)
}

const (
	recordHeaderBytes = 8
	// readAhead is what one read of the file asks for; a record has at most
	// 64 kB.
	readAhead = 256 << 10
)

// record is one record. Its payload is valid until the next one is read.
type record struct {
	number  int // of all records, from 1
	typ     uint32
	payload []byte
}

// records reads one record after the other.
type records struct {
	in *bufio.Reader
	// counted is shared by the file's own records and those that were
	// compressed in it.
	counted *int
	cut     bool // the input ended within a record
	full    int  // bytes of the record given last
}

// newRecords reads records of r, which has at most size bytes.
func newRecords(r io.Reader, size int64, counted *int) *records {
	return &records{in: bufio.NewReaderSize(r, int(min(size, readAhead))), counted: counted}
}

// next gives io.EOF at the end, also where it cuts a record.
func (rs *records) next(into *record) error {
	rs.pass()
	head, err := rs.in.Peek(recordHeaderBytes)
	if err != nil {
		return rs.end(len(head), err)
	}
	size := int(le.Uint16(head[6:]))
	if size < recordHeaderBytes {
		return syntax(*rs.counted+1, "a record of at least 8 bytes", fmt.Sprint("one of ", size))
	}
	whole, err := rs.in.Peek(size)
	if err != nil {
		return rs.end(len(whole), err)
	}
	*rs.counted++
	*into = record{number: *rs.counted, typ: le.Uint32(whole), payload: whole[recordHeaderBytes:]}
	rs.full = size
	return nil
}

// pass leaves the record given last.
func (rs *records) pass() {
	_, _ = rs.in.Discard(rs.full) // it was peeked at: it is in the buffer
	rs.full = 0
}

// end tells an end from an error; have are bytes of a record that are there.
func (rs *records) end(have int, err error) error {
	// A compressed file may have been cut, and a record be longer than all
	// that there is, which is what the buffer holds.
	torn := errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, bufio.ErrBufferFull)
	if !torn && !errors.Is(err, io.EOF) {
		return err
	}
	rs.cut = rs.cut || torn || have > 0
	return io.EOF
}

// skip passes data that stands behind a record without being part of it.
func (rs *records) skip(n uint64) error {
	rs.pass()
	for n > 0 {
		step := min(n, 1<<30)
		if _, err := rs.in.Discard(int(step)); err != nil {
			return rs.end(1, err)
		}
		n -= step
	}
	return nil
}
