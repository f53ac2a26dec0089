package bpftrace

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	f.Add("Attaching 1 probe...\n@x[a, b]: 5\n@h:\n[0]  1 |@|\n[1K, 2K)  3 |@|\n(..., 0) 1 |\n")
	f.Add("@[\n  a+1\n, b]: 5\n@s: count 1, average -2, total 3\n@t: (1, (2, 3))\n08:00:01\n@: 1")
	f.Add("{\"type\": \"hist\", \"data\": {\n\"@h\": {\"k\": [{\"min\": 2, \"max\": 3, \"count\": 1}]}}}\nERROR: x\n{\"type\":\"map\",\"data\":{\"@\":[1,[\"9223372036854775807\"]]}}")
	f.Add("@a:\n   0    5\nhh:mm:ss.ms  |__|\n00:00:00.000 *    | 0\n00:00:00.100 |    | -\n  v__v\n")
	f.Fuzz(func(t *testing.T, text string) {
		Format().Detect([]byte(text))
		k := importstest.Read(Format(), text)
		for _, x := range k.Figures {
			if x.Line < 1 || x.Line > strings.Count(text, "\n")+1 || x.Name == "" {
				t.Fatalf("%+v", x)
			}
		}
	})
}
