package handover

import (
	"strings"
	"testing"
)

func TestLinesSurviveTheConsole(t *testing.T) {
	for _, text := range []string{"", "4.31", "two\nlines\r\n", `"quoted" \n`, "not UTF-8: \xff\x00", "@numalens failed \"x\""} {
		want := Line{Verb: Stderr, Text: text}
		for _, console := range []string{want.String() + "\n", want.String() + "\r\n", "[    1.0] half a line" + want.String()} {
			if got, ok := ParseLine(console); !ok || got != want {
				t.Errorf("%q came out as %+v, %v", console, got, ok)
			}
		}
	}
}

func TestOtherLinesAreTheKernels(t *testing.T) {
	for _, console := range []string{"", "\n", "[    0.1] Linux", "@numalens", "@numalens stderr", `@numalens stderr "torn`} {
		if l, ok := ParseLine(console); ok {
			t.Errorf("%q was taken for %+v", console, l)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add(Line{Verb: Booted, Text: "4.31"}.String())
	f.Add(`@numalens stderr "torn`)
	f.Add("[    0.1] Kernel panic - not syncing")
	f.Fuzz(func(t *testing.T, console string) {
		l, ok := ParseLine(console)
		if !ok {
			return
		}
		if again, ok := ParseLine(l.String()); !ok || again != l || strings.Contains(l.String(), "\n") && !strings.Contains(l.Verb, "\n") {
			t.Errorf("%+v came out as %+v, %v", l, again, ok)
		}
	})
}
