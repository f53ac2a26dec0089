//go:build unix

package serve

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// What reading from an agent costs beside reading the same bytes from a
// directory, TLS and loopback included.

func BenchmarkColumn(b *testing.B) {
	const column = 2 << 20
	dir := b.TempDir()
	file := filepath.Join(dir, "a.parquet")
	if err := os.WriteFile(file, randomBytes(4*column), 0o644); err != nil {
		b.Fatal(err)
	}
	a := startAgent(b, dir)
	page := make([]byte, 16<<10)
	b.Run("agent", func(b *testing.B) {
		b.SetBytes(column)
		before := a.requests.Load()
		for b.Loop() {
			c := a.dial(b)
			f, err := c.Open(context.Background(), "a.parquet")
			if err != nil {
				b.Fatal(err)
			}
			for off := int64(column); off < 2*column; off += int64(len(page)) {
				if _, err := f.ReadAt(page, off); err != nil {
					b.Fatal(err)
				}
			}
			c.Close()
		}
		b.ReportMetric(float64(a.requests.Load()-before)/float64(b.N), "requests/op")
	})
	b.Run("directory", func(b *testing.B) {
		b.SetBytes(column)
		for b.Loop() {
			f, err := os.Open(file)
			if err != nil {
				b.Fatal(err)
			}
			for off := int64(column); off < 2*column; off += int64(len(page)) {
				if _, err := f.ReadAt(page, off); err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
	})
}

// BenchmarkLook is what a live view does each second: it looks whether a tail
// has grown.
func BenchmarkLook(b *testing.B) {
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.arrows"), randomBytes(1<<20), 0o644); err != nil {
		b.Fatal(err)
	}
	c := startAgent(b, dir).dial(b)
	for b.Loop() {
		f, err := c.Open(context.Background(), "a.arrows")
		if err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}
