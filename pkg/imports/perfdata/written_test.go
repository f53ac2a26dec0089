package perfdata

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/numalens/numalens/pkg/export"
)

// written is a perf.data that a test makes up.
type written struct {
	attrs    []madeEvent
	data     bytes.Buffer
	features map[feature][]byte
}

type madeEvent struct {
	event
	ids              []uint64
	regUser, regIntr uint64
	flags            uint64
}

func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		if err := binary.Write(b, le, v); err != nil {
			panic(err)
		}
	}
}

// attr is a perf_event_attr of 128 bytes.
func (e *madeEvent) attr() []byte {
	var b bytes.Buffer
	put(&b, e.typ, uint32(128), e.config, e.period, e.fields, e.readFormat, e.flags, uint64(0), uint64(0), uint64(0),
		e.branch, e.regUser, uint32(64), int32(0), e.regIntr, uint32(0), uint16(0), uint16(0), uint32(0), uint32(0), uint64(0))
	return b.Bytes()
}

func (w *written) record(typ uint32, payload []byte) { putRecord(&w.data, typ, payload) }

func putRecord(b *bytes.Buffer, typ uint32, payload []byte) {
	put(b, typ, uint16(1), uint16(8+len(payload)), payload)
}

// file gives the whole file: header, ids, attrs, records, features.
func (w *written) file() []byte {
	var ids, attrs bytes.Buffer
	at := uint64(fileHeaderBytes)
	for _, e := range w.attrs {
		attrs.Write(e.attr())
		put(&attrs, at+uint64(ids.Len()), uint64(8*len(e.ids)))
		put(&ids, e.ids)
	}
	attrsAt := at + uint64(ids.Len())
	dataAt := attrsAt + uint64(attrs.Len())
	var bitmap [4]uint64
	var list []feature
	for f := range w.features {
		bitmap[f/64] |= 1 << (f % 64)
		list = append(list, f)
	}
	slices.Sort(list)
	var b, sections, bodies bytes.Buffer
	put(&b, []byte(magicV2), uint64(fileHeaderBytes), uint64(128+16), attrsAt, uint64(attrs.Len()), dataAt, uint64(w.data.Len()), uint64(0), uint64(0), bitmap)
	bodiesAt := dataAt + uint64(w.data.Len()) + 16*uint64(len(list))
	for _, f := range list {
		put(&sections, bodiesAt+uint64(bodies.Len()), uint64(len(w.features[f])))
		bodies.Write(w.features[f])
	}
	return slices.Concat(b.Bytes(), ids.Bytes(), attrs.Bytes(), w.data.Bytes(), sections.Bytes(), bodies.Bytes())
}

// piped gives the same as perf writes it to a pipe.
func (w *written) piped() []byte {
	var b bytes.Buffer
	put(&b, []byte(magicV2), uint64(pipeHeaderBytes))
	for _, e := range w.attrs {
		var ids bytes.Buffer
		put(&ids, e.ids)
		putRecord(&b, recordAttr, slices.Concat(e.attr(), ids.Bytes()))
	}
	for f, body := range w.features {
		var id bytes.Buffer
		put(&id, uint64(f))
		putRecord(&b, recordFeature, slices.Concat(id.Bytes(), body))
	}
	b.Write(w.data.Bytes())
	return b.Bytes()
}

// perfString is a struct perf_header_string, padded as perf pads it.
func perfString(s string) []byte {
	n := (len(s) + 1 + 63) &^ 63
	b := make([]byte, 4+n)
	le.PutUint32(b, uint32(n))
	copy(b[4:], s)
	return b
}

// nodesFeature is NUMA_TOPOLOGY of nodes with the CPUs given.
func nodesFeature(cpus ...string) []byte {
	var b bytes.Buffer
	put(&b, uint32(len(cpus)))
	for i, list := range cpus {
		put(&b, uint32(i), uint64(1<<20), uint64(1<<19), perfString(list))
	}
	return b.Bytes()
}

// memoryFeature is MEM_TOPOLOGY: the blocks of each node.
func memoryFeature(blockBytes uint64, nodes ...uint64) []byte {
	var b bytes.Buffer
	put(&b, uint64(1), blockBytes, uint64(len(nodes)))
	for i, bitmap := range nodes {
		n := uint64(bits.Len64(bitmap))
		put(&b, uint64(i), n, n, bitmap)
	}
	return b.Bytes()
}

// sampleOf writes a sample of an event, all that its fields ask for made up,
// and gives what an import must find in it.
func sampleOf(rng *rand.Rand, e *madeEvent, s export.Sample) (payload []byte, want export.Sample) {
	var b bytes.Buffer
	word := rng.Uint64
	words := func(n uint64) {
		for range n {
			put(&b, word())
		}
	}
	has := func(bit uint64) bool { return e.fields&bit != 0 }
	id := e.ids[rng.IntN(len(e.ids))]
	fixed := []struct {
		bit    uint64
		values []any
	}{
		{hasIdentifier, []any{id}}, {hasIP, []any{s.IP}}, {hasTID, []any{s.PID, s.TID}}, {hasTime, []any{s.TS}}, {hasAddr, []any{s.Addr}},
		{hasID, []any{id}}, {hasStreamID, []any{id}}, {hasCPU, []any{s.CPU, int32(0)}}, {hasPeriod, []any{s.Weight}},
	}
	for _, f := range fixed {
		if has(f.bit) {
			put(&b, f.values...)
		}
	}
	if !has(hasPeriod) {
		s.Weight = int64(e.period)
	}
	if has(hasRead) {
		n := uint64(1)
		if e.readFormat&readGroup != 0 {
			put(&b, n)
		}
		words(uint64(bits.OnesCount64(e.readFormat & (readEnabled | readRunning))))
		put(&b, word())
		if e.readFormat&readID != 0 {
			put(&b, id)
		}
		if e.readFormat&readLost != 0 {
			put(&b, word())
		}
	}
	if has(hasCallchain) {
		n := rng.Uint64N(9)
		put(&b, n)
		words(n)
	}
	if has(hasRaw) {
		n := 4 + 8*rng.Uint32N(9)
		put(&b, n, make([]byte, n))
	}
	if has(hasBranchStack) {
		n := rng.Uint64N(5)
		put(&b, n)
		if e.branch&branchHWIndex != 0 {
			put(&b, word())
		}
		words(3 * n)
	}
	putRegisters(&b, rng, has(hasRegsUser), e.regUser)
	if has(hasStackUser) {
		n := 8 * rng.Uint64N(9)
		put(&b, n)
		if n > 0 {
			put(&b, make([]byte, n), n)
		}
	}
	if has(hasWeight) {
		put(&b, uint64(s.Latency))
	}
	if has(hasWeightStruct) {
		put(&b, s.Latency, uint16(word()), uint16(word()))
	}
	put(&b, s.DataSrc)
	if has(hasTransaction) {
		put(&b, word())
	}
	putRegisters(&b, rng, has(hasRegsIntr), e.regIntr)
	if has(hasPhys) {
		put(&b, s.Phys)
	} else {
		s.Phys, s.MemNode = 0, -1
	}
	for _, bit := range []uint64{hasCgroup, hasDataPageSize, hasCodePageSize} {
		if has(bit) {
			put(&b, word()%8192)
		}
	}
	return b.Bytes(), s
}

func putRegisters(b *bytes.Buffer, rng *rand.Rand, there bool, mask uint64) {
	if !there {
		return
	}
	abi := 2 * rng.Uint64N(2)
	put(b, abi)
	if abi != 0 {
		for range bits.OnesCount64(mask) {
			put(b, rng.Uint64())
		}
	}
}

// dataSrc is a data source with an operation, a level and a snoop.
func dataSrc(op, level, snoop, num, remote uint64) uint64 {
	return op | level<<5 | snoop<<19 | 1<<24 | 0x0a<<26 | num<<33 | remote<<37
}

// The data sources that made-up samples have.
var (
	remoteHITM   = dataSrc(2, 0x2|0x400, 0x10, 0x0d, 1)
	localMemory  = dataSrc(2, 0x2|0x80, 0x02, 0x0d, 0)
	remoteMemory = dataSrc(2, 0x2|0x100, 0x02, 0x0d, 1)
	storeHit     = dataSrc(4, 0x2|0x08, 0x01, 0x01, 0)
)

// anyAccess is a memory access by a CPU of a host with two nodes: CPUs 0-3
// and 4-7, and blocks of 1 GiB that take turns.
func anyAccess(rng *rand.Rand, ts int64) export.Sample {
	s := export.Sample{
		TS: ts, Kind: export.MemoryLoad, CPU: rng.Int32N(8), PID: 100 + rng.Int32N(3), IP: 0x400000 + rng.Uint64N(1<<40), Addr: 1 + rng.Uint64N(1<<47),
		Phys: 1 + rng.Uint64N(62<<30), Latency: 1 + rng.Int32N(2000), Weight: 1 + rng.Int64N(1<<30),
		DataSrc: []uint64{remoteHITM, localMemory, remoteMemory, storeHit}[rng.IntN(4)],
	}
	s.TID = s.PID + rng.Int32N(2)
	s.CPUNode, s.MemNode = s.CPU/4, int32(s.Phys>>30&1)
	if s.DataSrc == storeHit {
		s.Kind = export.MemoryStore
	}
	return s
}

const evenBlocks, oddBlocks = 0x1555555555555555, 0x2aaaaaaaaaaaaaaa

// twoNodes are the features of that host.
func twoNodes() map[feature][]byte {
	return map[feature][]byte{
		featureHostname: perfString("two-nodes"), featureRelease: perfString("6.1.0"), featureArch: perfString("x86_64"),
		featureNUMA: nodesFeature("0-3", "4-7"), featureMemory: memoryFeature(1<<30, evenBlocks, oddBlocks),
	}
}
