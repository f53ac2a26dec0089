package imports

import (
	"errors"
	"testing"
)

func TestWhatIsNoFormatIsNamed(t *testing.T) {
	never := []Format{{Name: "a", Detect: func([]byte) int { return 0 }}, {Name: "b", Detect: func([]byte) int { return 0 }}}
	for head, want := range map[string]string{
		"\n\n  some text\nmore": `f:3: expected the output of a, b, found "some text"`,
		"\n\x05\x12\x00":        `f:2: expected the output of a, b, found "\x05\x12\x00"`,
		"":                      `f:1: expected the output of a, b, found nothing`,
	} {
		_, err := detect(never, "f", []byte(head))
		var wrong *SyntaxError
		if !errors.As(err, &wrong) || err.Error() != want {
			t.Errorf("%q: %v, want %s", head, err, want)
		}
	}
}
