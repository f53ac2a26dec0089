package perfdata

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// BenchmarkRead reads what perf mem record writes: its fields, two events
// told apart by ids, a file of some 30 MB.
func BenchmarkRead(b *testing.B) {
	rng := rand.New(rand.NewPCG(13, 14))
	e := madeEvent{ids: []uint64{11, 12, 13, 14}}
	e.typ, e.fields = 4, always|hasIdentifier|hasPeriod|hasWeightStruct|hasPhys
	w, all := accesses(rng, e, 300_000)
	for name, file := range map[string][]byte{"file": w.file(), "pipe": w.piped(), "zstd": compressedWhole(b, w)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			var c counting
			for b.Loop() {
				c = counting{}
				if err := Read(bytes.NewReader(file), &c); err != nil || c.samples != len(all) {
					b.Fatal(err, c)
				}
			}
			b.ReportMetric(float64(len(all)*b.N)/b.Elapsed().Seconds(), "samples/s")
		})
	}
}
