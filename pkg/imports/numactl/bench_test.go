package numactl

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "debian12_numactl_2.0.16.txt", 1)
}
