package perfscript

import (
	"io"
	"runtime/metrics"
	"strings"
	"testing"
)

// again gives the same line n times.
type again struct {
	line, rest string
	n          int
}

func (a *again) Read(p []byte) (int, error) {
	if a.rest == "" {
		if a.n == 0 {
			return 0, io.EOF
		}
		a.n--
		a.rest = a.line
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// TestMemoryStaysBounded reads 100 MB that no one ever holds, some of it a
// single line.
func TestMemoryStaysBounded(t *testing.T) {
	line := "  ls 14753 [011]  3678.072400:          1      memory:         88000182 " + decoded + " 30 ffffa7c22b4b2a00 [unknown] (x)\n"
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(allocated)
	before := allocated[0].Value.Uint64()
	var c counting
	n := 60 << 20 / len(line)
	long := &again{line: strings.Repeat("x", 1<<16), n: 40 << 4}
	if err := Read(io.MultiReader(&again{line: line, n: n}, long, strings.NewReader("\n"), &again{line: line, n: 1}), &c); err != nil || c.samples != n+1 {
		t.Fatal(err, c, n)
	}
	metrics.Read(allocated)
	if took := allocated[0].Value.Uint64() - before; took > 16<<20 {
		t.Errorf("it took %d MB", took>>20)
	}
}
