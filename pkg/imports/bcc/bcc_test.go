package bcc

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"pid = 4 a\n     usecs   : count     distribution\n  0 -> 1 : 3 |*|\n  2 -> 3 : 4\n|*|\n",
		"PID TID NAME CPU REFERENCE MISS HIT%\n1 2 a b 0 10 5 50.00%\nTotal References: 10 Total Misses: 5 Hit Rate: 50.00%",
		"TIME HITS MISSES DIRTIES HITRATIO BUFFERS_MB CACHED_MB\n08:00:00 1 -2 3 4.5% 6 7\n^C 1",
		"  >=(ms) .. <(ms)   : I/O      |Distribution |\n 0 -> 1 : 4 |#|\n Range : Count Distribution\n -> 9 : 1 |\n runqlen : count distribution\n 0 : 1 |*|\n5 : 1 |",
	)
}

// Every fact that is known of a real capture is found in it.
func TestFactsOfRealCaptures(t *testing.T) {
	for file, want := range map[string]map[string]float64{
		"bcc_cpudist_lock.txt":   {"4096 8191": 1361, "2 3": 395, "8192 16383": 523},
		"bcc_runqlat_single.txt": {"0 1": 233, "16384 32767": 809, "32768 65535": 64},
	} {
		text := importstest.Sample(t, "bpf/"+file)
		if Format().Detect([]byte(text)) < 50 {
			t.Errorf("%s is not detected", file)
		}
		k := importstest.Read(Format(), text)
		if k.Err != nil || len(k.Warnings) > 0 {
			t.Errorf("%s: %v, %v", file, k.Err, k.Warnings)
		}
		most := 0.0
		for _, f := range k.Find(imports.ScopeHost, "", "usecs") {
			most = max(most, f.Value)
			if f.Labels["unit"] != "usecs" || f.Labels["ends"] != "[]" {
				t.Errorf("%+v", f)
			}
		}
		for bucket, count := range want {
			ends := strings.Fields(bucket)
			lo, hi, found := ends[0], ends[len(ends)-1], false
			for _, f := range k.Figures {
				if f.Labels["lo"] == lo && f.Labels["hi"] == hi {
					found = f.Value == count
				}
			}
			if !found {
				t.Errorf("%s: no %s = %v", file, bucket, count)
			}
			if count > 800 && count != most {
				t.Errorf("%s: the most is %v", file, most)
			}
		}
	}
}

// A file may end anywhere: what came before it is told, and no number that
// may be cut.
func TestCutFiles(t *testing.T) {
	const head = " usecs : count     distribution\n"
	for _, c := range []struct {
		text    string
		figures int
		warned  string
	}{
		{head + "0 -> 1 : 5 |*|\n2 -> 3 : 4", 1, "within this bucket"},
		{head + "0 -> 1 : 5 |*|\n2 -> 3 : 4 |*", 2, ""},
		{head + "0 -> 1 : 5 |*|\n2 -> 3 :", 1, "within this bucket"},
		{head + "0 -> 1 : 5 |*|\n2 -", 1, "skipped"},
		{"PID NAME CPU REFERENCE MISS HIT%\n1 a 0 10 5 50.00%\n2 b 0 10 5 50.0", 3, "within this row"},
		{"PID NAME CPU REFERENCE MISS HIT%\n1 a 0 10 5 50.00%", 3, ""},
		{"  HITS MISSES DIRTIES HITRATIO BUFFERS_MB CACHED_MB\n     1      1       1   50.00%          1       111\n     1      1       1   50.00%          1       11", 6, "within this row"},
	} {
		k := importstest.Read(Format(), c.text)
		if k.Err != nil || len(k.Figures) != c.figures {
			t.Errorf("%q: %v, %d figures", c.text, k.Err, len(k.Figures))
		}
		if c.warned != "" && (len(k.Warnings) != 1 || !strings.Contains(k.Warnings[0].Text, c.warned)) {
			t.Errorf("%q: %v", c.text, k.Warnings)
		}
	}
}

// What may have been mangled is refused.
func TestMangledIsRefused(t *testing.T) {
	const head = " usecs : count     distribution\n"
	for text, line := range map[string]int{
		head + "0 -> 1 : 5\n2 -> 3 : 4 |*|\n":                                2, // no bar
		head + "4 -> 8 : 5 |*|\n":                                            2, // no power of two
		head + "4 -> 7 : 5 |*|\n2 -> 3 : 4 |*|\n":                            3, // order
		head + "4 -> 7 : 5 |*|\n15 : 4 |*|\n":                                3, // half a bucket
		head + "7 : 5 |*|\n":                                                 2, // half a bucket
		head + "4 -> 7 :\n5 |*|\n":                                           2, // wrapped before the count
		"Tracing... Hit Ctrl-C to end.\n4 -> 7 : 5 |*|\n":                    2, // no header
		"PID NAME CPU REFERENCE MISS HIT%\n1 a 0 100 5 50.00%\n":             2, // shares disagree
		"PID NAME CPU REFERENCE MISS HIT%\n1 a 0 100 5\n":                    2,
		"HITS MISSES DIRTIES HITRATIO BUFFERS_MB CACHED_MB\n1 2 3 4.00% 5\n": 2,
		"HITS MISSES DIRTIES HITRATIO BUFFERS_MB CACHED_MB\n1 2 3 4 5 6\n":   2, // a share without its sign
	} {
		k := importstest.Read(Format(), text)
		wrong, ok := k.Err.(*imports.SyntaxError)
		if !ok || wrong.Line != line {
			t.Errorf("%q: %v", text, k.Err)
		}
	}
}
