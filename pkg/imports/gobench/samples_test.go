package gobench

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func capture(t *testing.T, file string, figures int) *importstest.Kept {
	t.Helper()
	text := importstest.Sample(t, "bench/"+file)
	if n := Format().Detect([]byte(text)); n < 50 {
		t.Errorf("it is not detected: %d", n)
	}
	k := importstest.Read(Format(), text)
	if k.Err != nil {
		t.Fatal(k.Err)
	}
	if len(k.Figures) != figures {
		t.Errorf("%d figures, want %d:\n%s", len(k.Figures), figures, k.Text())
	}
	return k
}

func check(t *testing.T, k *importstest.Kept, instance, unit string, want float64) {
	t.Helper()
	if got, ok := k.Value(imports.ScopeBenchmark, instance, unit); !ok || got != want {
		t.Errorf("%s: %v %s, want %v", instance, got, unit, want)
	}
}

func TestLogLinesBetweenResults(t *testing.T) {
	k := capture(t, "algorand_log_lines_interleaved.txt", 6)
	check(t, k, "AppFibo19-8", "sec/op", 88.721556310)
	check(t, k, "AppWasmFibo19-8", "sec/op", 10.974437348)
	check(t, k, "AppWasmInt1Repeated20Times-8", "sec/op", 82.588779486)
	if len(k.Warnings) != 0 {
		t.Errorf("%v", k.Warnings)
	}
}

func TestRepetitions(t *testing.T) {
	k := capture(t, "benchstat_new.txt", 40)
	f := k.Find(imports.ScopeBenchmark, "Encode/format=json-48", "sec/op")
	if len(f) != 10 || f[0].Value != 1423e-9 || f[9].Value != 1425e-9 || f[9].Labels["iteration"] != "10" || f[9].Labels["/format"] != "json" || f[9].Labels["gomaxprocs"] != "48" || f[9].Labels["printed_unit"] != "ns/op" {
		t.Errorf("%+v", f)
	}
	if k.Fact1("goos") != "linux" || k.Fact1("goarch") != "amd64" || k.Fact1(imports.FactArch) != "x86_64" {
		t.Errorf("%v", k.Facts)
	}
}

func TestNoSuffixIsOneProcessor(t *testing.T) {
	k := capture(t, "graviton3_cpu_list_slash_eq_cut.txt", 20)
	check(t, k, "Singleflight/std/keys=1", "sec/op", 196.6e-9)
	check(t, k, "Singleflight/std/keys=1-2", "sec/op", 213.3e-9)
	check(t, k, "Singleflight/std/keys=1-4", "sec/op", 331.7e-9)
	check(t, k, "Singleflight/std/keys=1-4", "B/op", 82)
	for i, want := range []string{"1", "2", "4"} {
		f := k.Find(imports.ScopeBenchmark, []string{"Singleflight/std/keys=1", "Singleflight/std/keys=1-2", "Singleflight/std/keys=1-4"}[i], "sec/op")[0]
		if f.Labels["/keys"] != "1" || f.Labels["gomaxprocs"] != want {
			t.Errorf("%v", f.Labels)
		}
	}
	if !k.Warned(9, "ends before the result of BenchmarkSingleflight/std-cast/keys=1-4") {
		t.Errorf("%v", k.Warnings)
	}
}
