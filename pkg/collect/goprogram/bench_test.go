package goprogram

import (
	"os"
	"testing"
)

func BenchmarkInspect(b *testing.B) {
	for name, how := range map[string]build{
		"whole":    {arch: "amd64"},
		"stripped": {arch: "amd64", args: []string{"-ldflags=-s -w"}},
		"pie":      {arch: "amd64", args: []string{"-buildmode=pie", "-ldflags=-s -w"}},
	} {
		b.Run(name, func(b *testing.B) {
			f, err := os.Open(how.program(b))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Inspect(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
