package main

import "testing"

func TestLabels(t *testing.T) {
	var l labels
	for _, s := range []string{"suite=stream", "note=a=b", "empty="} {
		if err := l.Set(s); err != nil {
			t.Error(err)
		}
	}
	if got, want := l.String(), "empty=,note=a=b,suite=stream"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, s := range []string{"", "suite", "=x", "1a=x", "a-b=x", "a b=x", "é=x"} {
		if err := l.Set(s); err == nil {
			t.Errorf("%q is taken", s)
		}
	}
}
