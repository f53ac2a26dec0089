package imports

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestLines(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		cut  bool // the last one
	}{
		{"", nil, false},
		{"a\nb\n", []string{"a", "b"}, false},
		{"a\r\n\r\nb", []string{"a", "", "b"}, true},
		{"\xef\xbb\xbfa\n", []string{"a"}, false},
		{"\x1b[31m1.5\x1b[0m x\x1b\n", []string{"1.5 x"}, false},
		{"\x1b[", []string{""}, true},
	} {
		l, got, cut := NewLines(strings.NewReader(c.in)), []string(nil), false
		for l.Next() {
			got, cut = append(got, l.Text()), l.Cut()
		}
		if !slices.Equal(got, c.want) || l.Err() != nil || l.Number() != len(c.want) || cut != c.cut {
			t.Errorf("%q: got %q, line %d, cut %v, %v", c.in, got, l.Number(), cut, l.Err())
		}
	}
}

func TestLongLinesAreCutAndSaySo(t *testing.T) {
	l := NewLines(io.MultiReader(strings.NewReader(strings.Repeat("x", 3*maxLine)), strings.NewReader("\nb\n")))
	if !l.Next() || len(l.Bytes()) != maxLine || !l.Cut() {
		t.Errorf("%d bytes, cut %v", len(l.Bytes()), l.Cut())
	}
	if !l.Next() || l.Text() != "b" || l.Cut() || l.Next() {
		t.Errorf("after it: %q", l.Text())
	}
}

func TestLinesGiveTheReadersError(t *testing.T) {
	broken := errors.New("disk")
	l := NewLines(io.MultiReader(strings.NewReader("a\nb"), errReader{broken}))
	for l.Next() {
	}
	if !errors.Is(l.Err(), broken) || l.Number() != 2 {
		t.Errorf("got %v at line %d", l.Err(), l.Number())
	}
}

type errReader struct{ err error }

func (e errReader) Read([]byte) (int, error) { return 0, e.err }

func TestBlanks(t *testing.T) {
	if got := Blanks("a\u00a0b\u202fc\u200b"); got != "a b c" {
		t.Errorf("%q", got)
	}
}
