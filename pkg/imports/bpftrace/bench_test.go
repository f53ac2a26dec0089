package bpftrace

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "0.17-text-kinds.txt", 200)
	importstest.BenchFile(b, Format(), "0.17-json-kinds.json", 200)
}
