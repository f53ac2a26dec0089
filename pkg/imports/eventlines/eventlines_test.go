package eventlines

import (
	"errors"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	f.Add(`{"ts": 1795536000000000001, "kind": "page", "cpu": 3, "addr": "0xff", "weight": 64}` + "\n")
	f.Add(`{"ts": "2026-11-24T16:00:00Z", "kind": "flush", "cpu": 3, "failed": true, "comm": "\ud83d"}`)
	f.Add(`{"ts": 1, "kind": "page", "cpu": 3}` + "\n" + `{"ts": 1795536000000000001, "kind": "page", "cpu": 3}`)
	f.Fuzz(func(t *testing.T, text string) {
		Format().Detect([]byte(text))
		k := importstest.Read(Format(), text)
		for _, e := range k.Events {
			if e.Kind == "" || e.CPU < 0 || e.Weight < 1 || e.TS <= 0 {
				t.Fatalf("%+v", e)
			}
		}
	})
}

func TestWrongLinesAreRefused(t *testing.T) {
	const good = `{"ts": 1795536000000000001, "kind": "page", "cpu": 3}` + "\n"
	for line, words := range map[string]string{
		`{"ts": 1795536000000000001, "kind": "page"}`:                         "each of ts, kind and cpu",
		`{"kind": "page", "cpu": 1}`:                                          "each of ts, kind and cpu",
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "weigth": 64}`: `not "weigth"`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "weight": 0}`:  `as "weight" a whole number from 1`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1.5}`:             `as "cpu" a whole number`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": "1"}`:             `as "cpu" a whole number`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "cpu": 2}`:     `"cpu" twice`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "addr": "ff"}`: `as "addr" an address`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "addr": -1}`:   `as "addr" an address`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "pid": 1e3}`:   `as "pid" a whole number`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "comm": [1]}`:  `a number or a text as "comm"`,
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1, "failed": 2}`:  `as "failed" true`,
		`{"ts": "2026-11-24T16:00:00", "kind": "page", "cpu": 1}`:             `as "ts" ns, or a date with its zone`,
		`{"ts": 1795536000000000001, "kind": "Page in", "cpu": 1}`:            `as "kind" a word`,
		`{"ts": 5000000000, "kind": "page", "cpu": 1}`:                        "times of one clock",
		`{"ts": 1795536000000000001, "kind": "page", "cpu": 1} trailing`:      "nothing behind",
		`[1]`: "a JSON object",
		`{"ts": 1795536000000000001, "kind": "pa`: "a whole JSON object",
	} {
		k := importstest.Read(Format(), good+line+"\n"+good)
		var wrong *imports.SyntaxError
		if !errors.As(k.Err, &wrong) || wrong.Line != 2 || !strings.Contains(wrong.Expected, words) {
			t.Errorf("%s: %v", line, k.Err)
		}
		if len(k.Events) != 1 {
			t.Errorf("%s: %d events before it", line, len(k.Events))
		}
	}
}

// Times of a monotonic clock are placed by the importer.
func TestClocks(t *testing.T) {
	for text, clock := range map[string]string{
		`{"ts": 5000000000, "kind": "page", "cpu": 1}` + "\n":             "",
		`{"ts": "2026-11-24T16:00:00Z", "kind": "page", "cpu": 1}` + "\n": "realtime",
	} {
		k := importstest.Read(Format(), text)
		if k.Err != nil || len(k.Events) != 1 || k.Fact1(imports.FactClock) != clock {
			t.Errorf("%s: %v, %v", text, k.Err, k.Facts)
		}
	}
}

func TestTooManyKindsAreRefused(t *testing.T) {
	var b strings.Builder
	for i := range 70 {
		b.WriteString(`{"ts": 5, "kind": "k` + string(rune('a'+i%26)) + string(rune('a'+i/26)) + `", "cpu": 1}` + "\n")
	}
	if k := importstest.Read(Format(), b.String()); k.Err == nil || !strings.Contains(k.Err.Error(), "64 kinds") {
		t.Error(k.Err)
	}
}
