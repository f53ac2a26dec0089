package gobench

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "go1.26_cpu_1_2.txt", 1000)
	importstest.BenchFile(b, Format(), "go1.26_json.jsonl", 200)
}
