package sysfstree

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) { importstest.Bench(b, Format(), []byte(drawn(b, twoNodes))) }
