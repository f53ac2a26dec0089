package benchstat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "benchstat_2026_two_files.txt", 1000)
	importstest.BenchFile(b, Format(), "benchstat_2021.txt", 1000)
}
