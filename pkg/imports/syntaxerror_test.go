package imports

import (
	"strings"
	"testing"
)

func TestSyntaxErrorNamesThePlaceAndBothSides(t *testing.T) {
	e := &SyntaxError{File: "a.txt", Line: 3, Expected: "a row of 2 numbers", Found: "Huge"}
	if got, want := e.Error(), `a.txt:3: expected a row of 2 numbers, found "Huge"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	e = &SyntaxError{Line: 1, Expected: "a header", Found: strings.Repeat("é", 1000)}
	if got := e.Error(); len(got) > 200 || !strings.HasPrefix(got, "input:1: ") {
		t.Errorf("a long find is not cut: %s", got)
	}
}
