package perfmem

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "default.perf-6.1.txt", 100)
	importstest.BenchFile(b, Format(), "samples.perf-6.1.txt", 1000)
}
