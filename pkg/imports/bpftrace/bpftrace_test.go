package bpftrace

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

// Members may come in any order.
func TestSortedMembers(t *testing.T) {
	k := importstest.Read(Format(), `{"data": {"@x": 3}, "type": "map"}`+"\n"+`{"data": {"@x": 4}}`+"\n")
	if v, ok := k.Value(imports.ScopeMap, "@x", "@x"); k.Err != nil || !ok || v != 3 || !k.Warned(2, "skipped") {
		t.Errorf("%v %v", k.Err, k.Text())
	}
}

// An object of a great many values is refused before it takes much memory.
func TestVeryManyValues(t *testing.T) {
	k := importstest.Read(Format(), `{"type": "map", "data": {"@x": [`+strings.Repeat("1,", 600_000)+"1]}}\n")
	if k.Err == nil || !strings.Contains(k.Err.Error(), "more than 500000 values") {
		t.Error(k.Err)
	}
}

func BenchmarkText(b *testing.B) {
	text := strings.Repeat("@reads[postgres, 4711]: 815\n", 20000) + "@h:\n" + strings.Repeat("[4K, 8K)            2500 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@                      |\n\n@h:\n", 20000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := Format().Read(strings.NewReader(text), discard{}); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{ imports.Sink }

func (discard) Figure(imports.Figure) {}
func (discard) Warn(int, string)      {}

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"Attaching 1 probe...\n@x[a, b]: 5\n@h:\n[0]  1 |@|\n[1K, 2K)  3 |@|\n(..., 0) 1 |\n",
		"@[\n  a+1\n, b]: 5\n@s: count 1, average -2, total 3\n@t: (1, (2, 3))\n08:00:01\n@: 1",
		"{\"type\": \"hist\", \"data\": {\n\"@h\": {\"k\": [{\"min\": 2, \"max\": 3, \"count\": 1}]}}}\nERROR: x\n{\"type\":\"map\",\"data\":{\"@\":[1,[\"9223372036854775807\"]]}}",
		"@a:\n   0    5\nhh:mm:ss.ms  |__|\n00:00:00.000 *    | 0\n00:00:00.100 |    | -\n  v__v\n",
	)
}
