package gobench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

// What lies between a benchmark's name and its result, and what was done to
// the lines on their way.
func TestVariants(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a mailer's line breaks", "> BenchmarkALongName/n=1-8\n>   100   25.0 ns/op\n> BenchmarkB-8  200  30 ns/op  5\n> B/op  1 allocs/op\n> BenchmarkC-8  200  31 ns/op\n>      6 B/op  2 allocs/op\n",
			"2 ALongName/n=1-8 100 x 2.5e-08 sec/op, 3 B-8 200 x 3e-08 sec/op 5 B/op 1 allocs/op, 5 C-8 200 x 3.1e-08 sec/op 6 B/op 2 allocs/op"},
		{"the benchmark's output within its line", "BenchmarkA-8 \t2026/01/01 begins\nmore: of it\n 100\t 25 ns/op\n", "3 A-8 100 x 2.5e-08 sec/op"},
		{"a number that is not of the benchmark", "BenchmarkA-8 \tgc 1\n#BenchmarkB-8 \tgc 2\n 100\t 25 ns/op\n", "warning at 1: has no result, warning at 2: not read"},
		{"prose", "Benchmarks of 100 things 5 ns/op\nBenchmark results\nBenchmark 100 5 ns/op\n", "warning at 1: not read"},
		{"cut within a number", "BenchmarkA-8  100  25 ns/op  12", "1 A-8 100 x 2.5e-08 sec/op, warning at 1: is cut"},
		{"cut within a unit", "BenchmarkA-8  100  25 ns/op  12 B/o", "1 A-8 100 x 2.5e-08 sec/op, warning at 1: may be cut"},
		{"cut within a unit of the first number", "BenchmarkA-8  100  25 ns", "warning at 1: may be cut"},
		{"cut behind the name", "PASS\nBenchmarkA-8", "warning at 2: ends before"},
		{"chopped columns", "BenchmarkA-8  100  25 ns/op  12 B/o\nBenchmarkB-8  100  25 n\nBenchmarkC-8  100  2\nPASS\n", "1 A-8 100 x 2.5e-08 sec/op, warning at 1: may be cut, warning at 2: may be cut, warning at 3: is cut"},
		{"not a number", "BenchmarkA-8  100  NaN ns/op  +Inf MB/s\n", "1 A-8 100 x null NaN null +Inf"},
		{"own units", "BenchmarkA  100  3 MB  2.5 p99-ns  4.0 things\n", "1 A 100 x 3e+06 B 2.5e-09 p99-sec 4 things"},
		{"groups of digits", "BenchmarkA-8  1,000  25 ns/op\nBenchmarkB-8  1000  2,500 ns/op\n", "warning at 1: has no result, warning at 2: ends before"},
		{"a log's times", "2026-01-02T03:04:05.5Z BenchmarkA-8  100  25 ns/op\n", "1 @1767323045500000000 A-8 100 x 2.5e-08 sec/op"},
		{"benchcmp", "benchmark  old ns/op  new ns/op  delta\nBenchmarkA-8  51302  23679  -53.84%\nBenchmarkB-8  51302  23679  1.18x\n", "warning at 2: has no result, warning at 3: ends before, warning at 1: not read"},
		{"another's table", "| BenchmarkA-8 | 100 | 25 ns/op |\n", "warning at 1: not read"},
		{"a comment of source code", "// BenchmarkA-8  100  25 ns/op\n", "warning at 1: not read"},
	} {
		if got := short(importstest.Read(Format(), c.text)); got != c.want {
			t.Errorf("%s: got\n%s", c.name, got)
		}
	}
}

// short tells results in a line.
func short(k *importstest.Kept) string {
	var out []string
	for _, f := range k.Figures {
		at := ""
		if f.Timed {
			at = fmt.Sprintf(" @%d", f.TimeNS)
		}
		switch {
		case f.Kind == imports.KindCount:
			out = append(out, fmt.Sprintf("%d%s %s %v x", f.Line, at, f.Instance, f.Value))
		case f.Null:
			out[len(out)-1] += " null " + f.Why
		default:
			out[len(out)-1] += fmt.Sprintf(" %v %s", f.Value, f.Unit)
		}
	}
	for _, w := range k.Warnings {
		for _, words := range []string{"has no result", "not read", "is cut", "may be cut", "ends before", w.Text} {
			if strings.Contains(w.Text, words) {
				out = append(out, fmt.Sprintf("warning at %d: %s", w.Line, words))
				break
			}
		}
	}
	if k.Err != nil {
		out = append(out, k.Err.Error())
	}
	return strings.Join(out, ", ")
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"goos: linux\nBenchmarkX/n=1-8 \t 100\t 12.5 ns/op\t 3 MB/s\t 8 B/op\t 1 allocs/op\nPASS\n",
		"BenchmarkX-8 \tlog\n 100\t NaN ns/op\n> BenchmarkY-8 100 12\n> ns/op\n",
		`{"Time":"2026-11-24T17:09:56.2Z","Action":"output","Package":"p","Output":"BenchmarkX-8 \t"}` + "\n" + `{"Action":"output","Package":"p","Output":"100\t 1 ns/op\nUnit ns/op better=lower\n"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		Format().Detect([]byte(text))
		k := importstest.Read(Format(), text)
		importstest.Sound(t, k, text)
		for _, x := range k.Figures {
			if x.Instance == "" {
				t.Fatalf("%+v", x)
			}
		}
	})
}

// However many benchmarks there are, no more names are kept than said.
func TestNamesThatAreKeptAreBounded(t *testing.T) {
	var k importstest.Kept
	x := teller{sink: &k, seen: map[string]int{}, told: map[string]string{}}
	for i := range maxSeen + 10 {
		labels := map[string]string{}
		x.number(fmt.Sprintf("X/%d", i), labels, i+1)
		if i >= maxSeen && labels["iteration"] != "" {
			t.Fatalf("%d is numbered", i)
		}
	}
	if len(x.seen) != maxSeen || len(k.Warnings) != 1 || k.Warnings[0].Line != maxSeen+1 {
		t.Errorf("%d names, %v", len(x.seen), k.Warnings)
	}
}
