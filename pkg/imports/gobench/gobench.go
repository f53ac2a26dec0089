// Package gobench reads the benchmarks that go test -bench printed: with -v,
// -benchmem, -cpu, -count and metrics of their own, as text or wrapped into
// JSON by -json. Each result is read by golang.org/x/perf/benchfmt, which also
// brings its units to base ones.
//
// Around results others print: the benchmark's own log, the shell, a mailer.
// A result that they broke in two is put together again where its units leave
// no doubt, and left out with a warning where they do not.
//
// It computes nothing: repetitions stay single figures (benchstat's summaries
// are of package benchstat).
package gobench

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"golang.org/x/perf/benchfmt"

	"github.com/numalens/numalens/pkg/imports"
)

// Format is go test -bench's output.
func Format() imports.Format {
	return imports.Format{Name: "go-bench", Doc: "go test -bench, as text or -json", Detect: detect, Read: read}
}

// detect asks for one whole result, or for the lines before the first one.
func detect(head []byte) int {
	lines := newSource(bytes.NewReader(head), discard{})
	heads, names := 0, 0
	for n := 0; n < 2000; n++ {
		l, ok := lines.next()
		if !ok {
			break
		}
		switch {
		case l.kind == result:
			return 92
		case l.kind == setting:
			heads++
		case l.kind == name:
			names++
		}
	}
	if heads >= 2 && (names > 0 || lines.named > 0) {
		return 60
	}
	return 0
}

func read(r io.Reader, s imports.Sink) error {
	src := newSource(r, s)
	t := teller{sink: s, seen: map[string]int{}, told: map[string]string{}}
	b := benchfmt.NewReader(src, "input")
	for b.Scan() {
		switch x := b.Result().(type) {
		case *benchfmt.Result:
			t.result(x, src.now)
		case *benchfmt.UnitMetadata:
			s.Fact("unit "+x.OrigUnit, x.Key+"="+x.Value)
		case *benchfmt.SyntaxError:
			s.Warn(src.now.number, "left out: "+x.Msg)
		}
	}
	if err := errors.Join(b.Err(), src.err()); err != nil {
		s.Warn(max(1, src.now.number), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	return nil
}
