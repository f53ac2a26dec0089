package perfdata

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/numalens/numalens/pkg/imports"
)

// small are files of each kind to be cut and mutated.
func small(t testing.TB) map[string][]byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(7, 8))
	e := madeEvent{ids: []uint64{11, 12}}
	e.typ, e.period, e.fields = 4, 1000, always|hasIdentifier|hasCallchain|hasWeightStruct|hasPhys
	w, _ := accesses(rng, e, 12)
	caches := slicesOf(uint32(1), uint32(1), uint32(3), uint32(64), uint32(1024), uint32(16), perfString("Unified"), perfString("32768K"), perfString("0-3"))
	w.features[featureCaches] = caches
	w.features[featureCPUs] = slicesOf(uint32(8), uint32(8))
	w.features[featureCommand] = slicesOf(uint32(2), perfString("perf"), perfString("mem"))
	w.features[featureClock] = slicesOf(uint32(1), uint32(1), uint64(1e18), uint64(1e9))
	w.features[featureEvents] = slicesOf(uint32(1), uint32(128), e.attr(), uint32(2), perfString("memory"), uint64(11), uint64(12))
	topology := slicesOf(uint32(2), perfString("0-3"), perfString("4-7"), uint32(4), perfString("0-1"), perfString("2-3"), perfString("4-5"), perfString("6-7"))
	for cpu := range uint32(8) {
		topology = append(topology, slicesOf(cpu/2, cpu/4)...)
	}
	w.features[featureCPUTopology] = topology
	return map[string][]byte{"file": w.file(), "pipe": w.piped(), "compressed": compressed(t, w)}
}

func slicesOf(values ...any) []byte {
	var b bytes.Buffer
	put(&b, values...)
	return b.Bytes()
}

// compressed gives the file with its records compressed, in two pieces that
// cut one of them.
func compressed(t testing.TB, w *written) []byte {
	data := w.data.Bytes()
	return inPieces(t, w, data[:300], data[300:])
}

func compressedWhole(t testing.TB, w *written) []byte {
	var pieces [][]byte
	for data := range slices.Chunk(w.data.Bytes(), 40_000) {
		pieces = append(pieces, data)
	}
	return inPieces(t, w, pieces...)
}

func inPieces(t testing.TB, w *written, pieces ...[]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	enc, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	z := written{attrs: w.attrs, features: w.features}
	for _, piece := range pieces {
		if _, err := enc.Write(piece); err != nil {
			t.Fatal(err)
		}
		if err := enc.Flush(); err != nil {
			t.Fatal(err)
		}
		z.record(recordCompressed, out.Bytes())
		out.Reset()
		z.record(recordFinishedRound, nil)
	}
	_ = enc.Close() // perf leaves the frame open: what it writes now is thrown away
	return z.file()
}

// readBytes reads what may be broken. Only an error of its syntax is one.
func readBytes(t testing.TB, b []byte) (*found, error) {
	t.Helper()
	f := &found{}
	err := Read(bytes.NewReader(b), f)
	var wrong *imports.SyntaxError
	if err != nil && !errors.As(err, &wrong) {
		t.Fatalf("the error is no error of syntax: %v", err)
	}
	return f, err
}

func TestWhatTheHostIs(t *testing.T) {
	for name, b := range small(t) {
		f, err := readBytes(t, b)
		if err != nil || len(f.warnings) > 0 || len(f.samples) != 12 {
			t.Fatalf("%s: %v, warnings %q, %d samples", name, err, f.warnings, len(f.samples))
		}
		c, _ := f.topology.CPUByID(5)
		if c.Socket != 1 || c.Core != 2 || c.Node != 1 || fmt.Sprint(c.Siblings) != "[4]" {
			t.Errorf("%s: CPU 5 is %+v", name, c)
		}
		if f.topology.CacheLineBytes != 64 || len(f.topology.Caches) != 1 || f.topology.Caches[0].SizeBytes != 32<<20 {
			t.Errorf("%s: caches %+v", name, f.topology.Caches)
		}
		if node, is := f.topology.NodeOfAddress(3 << 30); !is || node != 1 {
			t.Errorf("%s: the fourth GiB is of node %d: %+v", name, node, f.topology.Nodes)
		}
		if f.fact("command") != "perf mem" || f.fact("clock") != "realtime" || f.fact("event") != "memory" || f.samples[0].TS != 1e18-1e9+1e12 {
			t.Errorf("%s: facts %v, first time %d", name, f.facts, f.samples[0].TS)
		}
	}
}

// TestCutAnywhere gives what came before the cut, and says that it is cut.
func TestCutAnywhere(t *testing.T) {
	for name, b := range small(t) {
		whole, _ := readBytes(t, b)
		before := 0
		step := 1
		if name == "compressed" {
			step = 7 // each takes a decompressor
		}
		for n := 0; n < len(b); n += step {
			f, err := readBytes(t, b[:n])
			if len(f.samples) < before || len(f.samples) > len(whole.samples) {
				t.Fatalf("%s cut at %d: %d samples after %d", name, n, len(f.samples), before)
			}
			before = len(f.samples)
			for i, s := range f.samples {
				if w := whole.samples[i]; s.DataSrc != w.DataSrc || s.Addr != w.Addr || s.MemNode != w.MemNode && s.MemNode != -1 {
					t.Fatalf("%s cut at %d: sample %d is %+v, was %+v", name, n, i, s, w)
				}
			}
			if name == "file" && err == nil && len(f.warnings) == 0 {
				t.Fatalf("%s cut at %d: nothing says so", name, n)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	b := small(t)["file"]
	for name, c := range map[string]struct {
		mutate func(b []byte) []byte
		says   string
	}{
		"big endian":    {func(b []byte) []byte { copy(b, magicSwapped); return b }, "big-endian"},
		"version 1":     {func(b []byte) []byte { copy(b, magicV1); return b }, "version 1"},
		"text":          {func([]byte) []byte { return []byte("# captured on: Tue Nov 24, and so on") }, `begins with PERFILE2, found "# captur"`},
		"empty":         {func([]byte) []byte { return nil }, "found nothing"},
		"strange size":  {func(b []byte) []byte { b[8] = 99; return b }, "a header of 104 bytes"},
		"strange attr":  {func(b []byte) []byte { b[16] = 1; return b }, "events of 80 to 4096 bytes"},
		"attrs outside": {func(b []byte) []byte { b[31] = 0x7f; return b }, "a section with the events"},
		"data outside":  {func(b []byte) []byte { b[47] = 0x7f; return b }, "records from byte"},
		"record of 0":   {func(b []byte) []byte { at := le.Uint64(b[40:]); b[at+6], b[at+7] = 0, 0; return b }, "record of at least 8 bytes"},
		"short sample":  {func(b []byte) []byte { at := le.Uint64(b[40:]); b[at+8+48] = 0xff; return b }, "too few for its fields"},
	} {
		_, err := readBytes(t, c.mutate(bytes.Clone(b)))
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func TestKilledRecording(t *testing.T) {
	b := bytes.Clone(small(t)["file"])
	end := le.Uint64(b[40:]) + le.Uint64(b[48:])
	le.PutUint64(b[48:], 0)
	f, err := readBytes(t, b[:end])
	if err != nil || len(f.samples) != 12 || !f.warned("perf record was killed") || f.samples[3].CPUNode != -1 {
		t.Errorf("%v, %d samples, warnings %q", err, len(f.samples), f.warnings)
	}
}

// TestOneOperationOnce leaves one of the samples that perf inject makes of one
// Arm SPE record.
func TestOneOperationOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	w := &written{features: twoNodes()}
	names := []string{"l1d-miss", "l1d-access", "tlb-access", "memory"}
	described := slicesOf(uint32(len(names)), uint32(128))
	for i, name := range names {
		e := madeEvent{ids: []uint64{uint64(i + 1)}}
		e.typ, e.period, e.fields = 8, 1, always|hasIdentifier
		w.attrs = append(w.attrs, e)
		described = append(described, slicesOf(e.attr(), uint32(1), perfString(name), uint64(i+1))...)
	}
	w.features[featureEvents] = described
	for i := range w.attrs {
		s := anyAccess(rng, 5)
		payload, _ := sampleOf(rng, &w.attrs[i], s)
		w.record(recordSample, payload)
	}
	f, err := readBytes(t, w.file())
	if err != nil || len(f.samples) != 1 || !strings.Contains(f.fact("samples left out"), "1 of event l1d-miss") {
		t.Errorf("%v, %d samples, facts %v", err, len(f.samples), f.facts)
	}
	w.features[featureEvents] = bytes.ReplaceAll(described, []byte("memory\x00"), []byte("others\x00"))
	f, err = readBytes(t, w.file())
	if err != nil || len(f.samples) != 1 || !f.warned("none of all of them") {
		t.Errorf("without one of all: %v, %d samples, warnings %q", err, len(f.samples), f.warnings)
	}
}

// TestMutations reads ten thousand broken files: no panic, no hang, no memory
// beyond 64 MB.
func TestMutations(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	var names []string
	files := small(t)
	for name := range files {
		names = append(names, name)
	}
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	for i := range 10_000 {
		b := bytes.Clone(files[names[i%len(names)]])
		for range 1 + rng.IntN(8) {
			mutate(rng, b)
		}
		if rng.IntN(8) == 0 {
			b = b[:rng.IntN(len(b))]
		}
		metrics.Read(allocated)
		before := allocated[0].Value.Uint64()
		_, _ = readBytes(t, b)
		metrics.Read(allocated)
		if took := allocated[0].Value.Uint64() - before; took > 64<<20+16*uint64(len(b)) {
			path := filepath.Join(os.TempDir(), "numalens-mutation.perf.data")
			_ = os.WriteFile(path, b, 0o600)
			t.Fatalf("mutation %d of %s, kept as %s, took %d MB", i, names[i%len(names)], path, took>>20)
		}
	}
}

func mutate(rng *rand.Rand, b []byte) {
	i := rng.IntN(len(b))
	switch rng.IntN(5) {
	case 0:
		b[i] = byte(rng.Uint32())
	case 1:
		b[i] ^= 1 << rng.IntN(8)
	case 2:
		for j := i; j < min(i+8, len(b)); j++ {
			b[j] = 0xff
		}
	case 3:
		b[min(len(b)-1, rng.IntN(fileHeaderBytes))] = byte(rng.Uint32())
	default:
		copy(b[i:min(len(b), i+16)], b[rng.IntN(len(b)):])
	}
}

func FuzzRead(f *testing.F) {
	for _, b := range small(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { _, _ = readBytes(t, b) })
}
