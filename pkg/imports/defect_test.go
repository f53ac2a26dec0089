package imports

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// defective panics at the line "panic", and in its Detect where it is told to.
func defective(detects bool) Format {
	f := Format{Name: "defective", Doc: "rows that end badly", Detect: func(head []byte) int {
		if !detects {
			return int(head[len(head)]) // out of range
		}
		return 100
	}}
	f.Read = func(r io.Reader, s Sink) error {
		for l := NewLines(r); l.Next(); {
			if l.Text() == "panic" {
				var none *Lines
				none.Next()
			}
			x := NewFigure(l.Number())
			x.Scope, x.Kind, x.Name, x.Unit, x.Value = ScopeHost, KindLevel, l.Text(), "1", 1
			s.Figure(x)
		}
		return nil
	}
	return f
}

func TestAPanicIsAnErrorThatNamesFileAndLine(t *testing.T) {
	root := filepath.Join(t.TempDir(), "out")
	in := []Input{Bytes("a.txt", start, []byte("one\ntwo\n\n\npanic\n"))}
	for _, c := range []struct {
		f     Format
		named string
		want  string
	}{
		{defective(true), "", "numalens failed on a.txt:5; this is a defect"},
		{defective(false), "", "numalens failed on a.txt; this is a defect"},
		{defective(false), "defective", "numalens failed on a.txt:5; this is a defect"},
	} {
		_, err := Import(context.Background(), Options{Formats: []Format{c.f}, Format: c.named, Root: root}, in)
		var defect *DefectError
		if !errors.As(err, &defect) || !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(err.Error(), "imports/") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(root); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is there", root)
		}
	}
}

func TestOneInputThatPanicsIsLeftOutWhereThatIsAskedFor(t *testing.T) {
	refused := ""
	o := Options{Formats: []Format{defective(true)}, Root: filepath.Join(t.TempDir(), "out"), Refused: func(in Input, err error) { refused += in.Name + ": " + err.Error() }}
	rep, err := Import(context.Background(), o, []Input{Bytes("bad", start, []byte("panic\n")), Bytes("good", start, []byte("one\n"))})
	if err != nil || len(rep.Files) != 1 || rep.Files[0].File != "good" {
		t.Fatalf("%v, %+v", err, rep)
	}
	if !strings.HasPrefix(refused, "bad: numalens failed on bad:1") {
		t.Error(refused)
	}
}
