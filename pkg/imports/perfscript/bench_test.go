package perfscript

import (
	"bytes"
	"os"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/numa"
)

type counting struct{ samples int }

func (c *counting) Figure(imports.Figure)              {}
func (c *counting) Sample(int, export.Sample)          { c.samples++ }
func (c *counting) Placement(int, export.PlacementRow) {}
func (c *counting) Event(int, export.Event)            {}
func (c *counting) Warn(int, string)                   {}
func (c *counting) Fact(string, string)                {}
func (c *counting) Topology(numa.Topology)             {}

// BenchmarkRead reads some 40 MB of what perf prints of its own accord.
func BenchmarkRead(b *testing.B) {
	for _, name := range []string{"default", "bare"} {
		b.Run(name, func(b *testing.B) {
			text, err := os.ReadFile("testdata/" + name + ".txt")
			if err != nil {
				b.Fatal(err)
			}
			text = bytes.Repeat(text, 5000)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var c counting
				if err := Read(bytes.NewReader(text), &c); err != nil || c.samples != 200_000 {
					b.Fatal(err, c)
				}
			}
		})
	}
}
