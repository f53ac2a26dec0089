package importstest

import (
	"bytes"
	"os"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

// counting is a sink that keeps nothing.
type counting struct{ figures, samples, placed, events int }

func (c *counting) Figure(imports.Figure)              { c.figures++ }
func (c *counting) Sample(int, export.Sample)          { c.samples++ }
func (c *counting) Placement(int, export.PlacementRow) { c.placed++ }
func (c *counting) Event(int, export.Event)            { c.events++ }
func (c *counting) Warn(int, string)                   {}
func (c *counting) Fact(string, string)                {}
func (c *counting) Topology(numa.Topology)             {}

// Bench measures how a format reads a text.
func Bench(b *testing.B, f imports.Format, text []byte) {
	b.Helper()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var c counting
	for b.Loop() {
		c = counting{}
		if err := f.Read(bytes.NewReader(text), &c); err != nil {
			b.Fatal(err)
		}
	}
	if c == (counting{}) {
		b.Fatal("nothing was read")
	}
	if c.samples > 0 {
		b.ReportMetric(float64(c.samples*b.N)/b.Elapsed().Seconds(), "samples/s")
	}
}

// BenchFile measures how a format reads a file of testdata so many times over.
func BenchFile(b *testing.B, f imports.Format, name string, times int) {
	b.Run(name, func(b *testing.B) {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			b.Fatal(err)
		}
		Bench(b, f, bytes.Repeat(text, times))
	})
}
