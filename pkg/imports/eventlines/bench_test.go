package eventlines

import (
	"fmt"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func BenchmarkRead(b *testing.B) {
	var text strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&text, `{"ts": %d, "kind": "page", "cpu": %d, "pid": 4711, "tid": 4712, "comm": "worker", "size": 4096, "bytes": 4096, "cpu_node": %d, "given_node": %d}`+"\n", 1795536000000000000+i, i%64, i%2, i%3%2)
	}
	importstest.Bench(b, Format(), []byte(text.String()))
}
