package perfdata

import (
	"bytes"
	"io"
	"math/rand/v2"
	"runtime/metrics"
	"testing"
)

// again gives the same bytes n times.
type again struct {
	whole []byte
	rest  []byte
	n     int
}

func (a *again) Read(p []byte) (int, error) {
	if len(a.rest) == 0 {
		if a.n == 0 {
			return 0, io.EOF
		}
		a.n--
		a.rest = a.whole
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// TestMemoryStaysBounded reads 200 MB that no one ever holds.
func TestMemoryStaysBounded(t *testing.T) {
	rng := rand.New(rand.NewPCG(15, 16))
	e := madeEvent{ids: []uint64{11}}
	e.typ, e.period, e.fields = 4, 1000, always|hasIdentifier|hasCallchain|hasWeightStruct
	w, _ := accesses(rng, e, 10_000)
	head := written{attrs: w.attrs, features: w.features}
	n := 200<<20/w.data.Len() + 1
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	before := allocated[0].Value.Uint64()
	var c counting
	if err := Read(io.MultiReader(bytes.NewReader(head.piped()), &again{whole: w.data.Bytes(), n: n}), &c); err != nil || c.samples != 10_000*n {
		t.Fatal(err, c, n)
	}
	metrics.Read(allocated)
	if took := allocated[0].Value.Uint64() - before; took > 8<<20 {
		t.Errorf("it took %d MB", took>>20)
	}
}

// TestSharedBlocks: a block that two nodes have is no one's.
func TestSharedBlocks(t *testing.T) {
	h := host{}
	h.memory(&cursor{b: memoryFeature(1<<30, 0b0111, 0b1100)})
	for gib, want := range map[uint64]int32{0: -1, 1: 0, 2: -1, 3: 1, 4: -1, 1 << 30: -1} {
		if got := h.blocks.node(gib << 30); got != want {
			t.Errorf("GiB %d is of node %d, want %d", gib, got, want)
		}
	}
	if r := h.blocks.ranges(); len(r[0]) != 1 || r[0][0].End != 2<<30 || len(r[1]) != 1 || r[1][0].Start != 3<<30 {
		t.Errorf("ranges %v", r)
	}
}

// TestCPUOfTwoNodes: neither has it.
func TestCPUOfTwoNodes(t *testing.T) {
	h := host{}
	h.nodes(&cursor{b: nodesFeature("0-2", "2-3")})
	if h.node(1) != 0 || h.node(2) != -1 || h.node(3) != 1 || h.node(4) != -1 || len(h.doubtful) != 1 {
		t.Errorf("nodes of the CPUs %v, doubtful %q", h.nodeOf, h.doubtful)
	}
}
