package export

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWeightsAgreeWithCounting(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 11))
		root := t.TempDir()
		m := newSynth(1, 1, 1).manifest("h", "r")
		m.Tables[2].Scopes = []string{string(MinorFault)}
		w := create(t, testOptions(root), m)
		r := NewReader(counting(t, root))
		var all []Sample
		ts := int64(testStart)
		for range 8 {
			for range 200 {
				ts += rng.Int64N(2e7)
				// CPUs' rings are drained one after another: times are not
				// quite in order.
				s := Sample{TS: ts - rng.Int64N(5e7), Kind: MinorFault, CPU: int32(rng.IntN(3)), MemNode: int32(rng.IntN(3) - 1), Weight: 1 + rng.Int64N(4)}
				if rng.IntN(10) == 0 {
					s.Kind = "other"
				}
				w.Sample(s)
				all = append(all, s)
			}
			ok(t, w.Flush())
			if rng.IntN(3) == 0 {
				ok(t, w.Rotate())
			}
			checkWeights(t, r, all, rng, ts)
		}
	}
}

func checkWeights(t *testing.T, r *Reader, all []Sample, rng *rand.Rand, end int64) {
	t.Helper()
	for range 5 {
		edges := []int64{testStart - 1e9 + rng.Int64N(end-testStart+1e9)}
		for range 40 {
			edges = append(edges, edges[len(edges)-1]+1+rng.Int64N(3e8))
		}
		got, err := r.Weights(context.Background(), "h", "r", WeightsRequest{Kind: MinorFault, EdgesNS: edges})
		ok(t, err)
		if len(got.MemNodes) == 3 && !slices.Equal(got.MemNodes, []int32{0, 1, -1}) {
			t.Fatalf("nodes are %v", got.MemNodes)
		}
		for c, cpu := range got.CPUs {
			for n, node := range got.MemNodes {
				for col := range got.Columns {
					var weight, samples int64
					for _, s := range all {
						if s.Kind == MinorFault && s.CPU == cpu && s.MemNode == node && s.TS >= edges[col] && s.TS < edges[col+1] {
							weight, samples = weight+s.Weight, samples+1
						}
					}
					if got.Weight[c][n][col] != weight || got.Samples[c][n][col] != samples {
						t.Fatalf("cpu %d, node %d, column %d: %d of %d samples, want %d of %d", cpu, node, col, got.Weight[c][n][col], got.Samples[c][n][col], weight, samples)
					}
				}
			}
		}
	}
}

// TestActive draws when samples were taken: a dot is a second in which zero
// is not known to be zero.
func TestActive(t *testing.T) {
	const s = int64(1e9)
	tests := map[string]struct {
		notes []Note
		kind  SampleKind
		want  string
	}{
		"throughout":   {nil, MinorFault, ".########.."},
		"not recorded": {nil, "load", "..........."},
		"paused":       {[]Note{{TS: 3 * s, Kind: NoteStop, Table: TableSamples}, {TS: 5 * s, Kind: NoteStart, Table: TableSamples}}, MinorFault, ".###..###.."},
		"dropped":      {[]Note{{TS: 4*s + s/2, Kind: NoteDrop, Table: TableSamples, Count: 3}}, MinorFault, ".###..###.."},
		"loads":        {[]Note{{TS: 4 * s, Kind: NoteDrop, Table: TableSamples + "/" + string(MemoryLoad), Count: 3}}, MinorFault, ".########.."},
		"of another":   {[]Note{{TS: 4 * s, Kind: NoteDrop, Table: TableCounters}, {TS: 5 * s, Kind: NoteStop, Table: TableNodes}}, MinorFault, ".########.."},
	}
	for name, tt := range tests {
		root := t.TempDir()
		m := newSynth(1, 1, 1).manifest("h", "r")
		w := create(t, testOptions(root), m)
		for _, n := range tt.notes {
			n.TS += testStart
			w.Note(n)
		}
		w.Sample(Sample{TS: testStart + s, Kind: MinorFault, Weight: 1})
		ok(t, w.Seal(func(m *Manifest) { m.EndNS = testStart + 8*s }))
		var edges []int64
		for i := range int64(12) {
			edges = append(edges, testStart+(i-1)*s)
		}
		x, err := NewReader(counting(t, root)).Weights(context.Background(), "h", "r", WeightsRequest{Kind: tt.kind, EdgesNS: edges})
		ok(t, err)
		got := ""
		for _, a := range x.Active {
			got += map[bool]string{true: "#", false: "."}[a]
		}
		if got != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}
