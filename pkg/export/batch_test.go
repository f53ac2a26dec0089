package export

import (
	"strings"
	"testing"
)

// TestABurstIsWrittenInPieces: rows and columns that are larger than what is
// compressed at once come back as they were, nulls and text among them.
func TestABurstIsWrittenInPieces(t *testing.T) {
	root := t.TempDir()
	s := newSynth(1, 1, 1)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	const rows = 2*pieceRows + 77
	for i := range rows {
		w.Note(Note{TS: testStart + int64(i), Kind: NoteMark, Count: int64(i), Text: strings.Repeat("x", i%60)})
	}
	w.Note(Note{TS: testStart + rows, Kind: NoteMark, Text: strings.Repeat("long", pieceBytes)})
	ok(t, w.Flush())
	files, err := Dir(root)
	ok(t, err)
	notes, err := NewReader(files).Notes(t.Context(), "h", "r")
	ok(t, err)
	if len(notes) != rows+1 {
		t.Fatalf("%d notes, and %d were written", len(notes), rows+1)
	}
	for i, n := range notes[:rows] {
		if n.Count != int64(i) || len(n.Text) != i%60 {
			t.Fatalf("note %d: count %d, text of %d bytes", i, n.Count, len(n.Text))
		}
	}
	if n := notes[rows]; len(n.Text) != 4*pieceBytes {
		t.Errorf("the last note has %d bytes of text", len(n.Text))
	}
	ok(t, w.Seal(nil))
}

func TestPiecesCoverEveryRowOnce(t *testing.T) {
	b := newBatch([]Column{{Name: "text", Type: TypeText}})
	for i := range 3 * pieceRows {
		b.vectors[0].texts = append(b.vectors[0].texts, strings.Repeat("x", i%100))
		b.rows++
	}
	for from := 0; from < b.rows; {
		to := b.piece(from)
		size := 0
		for _, text := range b.vectors[0].texts[from:to] {
			size += len(text)
		}
		if to <= from || to-from > pieceRows || size > pieceBytes {
			t.Fatalf("rows %d to %d have %d bytes of text", from, to, size)
		}
		from = to
	}
}
