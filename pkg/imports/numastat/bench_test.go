package numastat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "m.txt", 500)
	importstest.BenchFile(b, Format(), "n.txt", 500)
}
