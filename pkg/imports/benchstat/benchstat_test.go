package benchstat

import (
	"runtime"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func TestValuesOfOneFile(t *testing.T) {
	text := importstest.Sample(t, "bench/benchstat_csvErrors.stdout")
	if n := Format().Detect([]byte(text)); n < 50 {
		t.Errorf("it is not detected: %d", n)
	}
	k := importstest.Read(Format(), text)
	f := k.Find(imports.ScopeBenchmark, "Encode", "sec/op")
	if k.Err != nil || len(f) != 1 || f[0].Value < 2.2529e-06 || f[0].Value > 2.2531e-06 || f[0].Variance != 0.37 || f[0].Labels["column"] != "new.txt" || len(k.Figures) != 2 {
		t.Errorf("%v %+v", k.Err, k.Figures)
	}
}

const heads = "        │   old   │        new         │\n        │ sec/op  │ sec/op   vs base   │\n"

// Where it is not sure what a number is of, it is not told.
func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a value is missing, blanks were squeezed", "│ old │ new │\n│ sec/op │ sec/op vs base │\nA 10.00n ± 1%\n", "2 values"},
		{"a mailer broke a row", heads + "A         10.0n ± 1%   11.0n ± 1%  +10.00%\n(p=0.001 n=6)\n", "2 values"},
		{"a value is missing in an old table", "name  old time/op  new time/op  delta\nA     1.00ns ± 1%\n", "2 values"},
		{"another unit than the head's", "name  old time/op  new time/op  delta\nA     1.00B ± 1%  2.00B ± 1%  ~ (p=0.1 n=5+5)\n", "not a row"},
		{"too few fields", ",old,,\n,sec/op,CI,\nA,1e-9\n", "3 fields"},
		{"digits in groups", heads + "A         1,000.0n ± 1%   11.0n ± 1%  +10.00% (p=0.001 n=6)\n", "2 values"},
	} {
		k := importstest.Read(Format(), c.text)
		if k.Err == nil && len(k.Warnings) == 0 || len(k.Figures) != 0 && !strings.Contains(c.name, "mailer") {
			t.Errorf("%s: %s", c.name, k.Text())
		}
	}
}

// Where a column begins is counted in characters, and a byte that is none of
// UTF-8 is shorter than the mark that stands for it.
func TestARowWithBytesThatAreNoText(t *testing.T) {
	for _, row := range []string{"A/n=2\xa0\n", "A  \xa0     \n", "\xa0\xa0\xa0 B \n", "A \xa0      10.0n ± 1%   11.0n ± 1%  +10.00% (p=0.001 n=6)\n"} {
		for _, f := range importstest.Read(Format(), heads+row).Figures {
			if f.Value != 10e-9 && f.Value != 11e-9 {
				t.Errorf("%q: %+v", row, f)
			}
		}
	}
}

// What is read of heads grows as their columns do, not with their square.
func TestHeadsOfManyColumns(t *testing.T) {
	text := "│" + strings.Repeat(" new │", 1000) + "\n│" + strings.Repeat(" sec/op │", 1000) + "\n"
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	importstest.Read(Format(), text)
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 8<<20 {
		t.Errorf("%d bytes of heads take %d bytes", len(text), took)
	}
}

func TestCutRows(t *testing.T) {
	whole := heads + "A         10.0n ± 1%   11.0n ± 1%  +10.00% (p=0.001 n=6)\n"
	for n := len(heads); n < len(whole)-1; n++ {
		for _, f := range importstest.Read(Format(), whole[:n]).Figures {
			if f.Value != 10e-9 && f.Value != 11e-9 {
				t.Errorf("%q: %v", whole[len(heads):n], f.Value)
			}
			if ci := f.Labels["ci"]; ci != "1%" {
				t.Errorf("%q: ± %s", whole[len(heads):n], ci)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		heads+"A         10.0n ± 1%   11.0n ± ∞ ¹  +10.00% (p=0.001 n=6) ²\n¹ note\n",
		"name  old time/op  new time/op  delta\nA     1.00ns ± 1%  2.0ns ±2%  ~ (p=0.1 n=5+5)\n",
		",old,\n,sec/op,CI\nA,1e-9,1%\n",
	)
}
