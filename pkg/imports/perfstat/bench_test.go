package perfstat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

type nowhere struct{ n int }

func (w *nowhere) Figure(imports.Figure)              { w.n++ }
func (w *nowhere) Sample(int, export.Sample)          {}
func (w *nowhere) Placement(int, export.PlacementRow) {}
func (w *nowhere) Event(int, export.Event)            {}
func (w *nowhere) Warn(int, string)                   {}
func (w *nowhere) Fact(string, string)                {}
func (w *nowhere) Topology(numa.Topology)             {}

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	for i := range 100000 {
		fmt.Fprintf(&text, "     %d.000659830,N%d,24,%d,,node-load-misses,24000000000,50.01,1.2,M/sec\n", 1+i/4, i%4, 1000003*i)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if err := Format().Read(strings.NewReader(text.String()), &nowhere{}); err != nil {
			b.Fatal(err)
		}
	}
}
