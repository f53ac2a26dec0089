package numamaps

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	importstest.BenchFile(b, Format(), "linux_6.18_cat.txt", 200)
}
