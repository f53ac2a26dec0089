package export

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path/filepath"
)

// writeSegment writes a sealed segment beside and renames it. What it holds
// is for the caller to enter.
func writeSegment(dir, table string, number int, write func(io.Writer) error) (Segment, error) {
	s := Segment{Table: table, File: segmentName(table, number, formatParquet), Format: formatParquet}
	err := writeBeside(filepath.Join(dir, s.File), true, func(w io.Writer) error {
		sum := sha256.New()
		out := bufio.NewWriterSize(io.MultiWriter(w, sum, (*byteCount)(&s.Bytes)), 256<<10)
		if err := write(out); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
		s.SHA256 = hex.EncodeToString(sum.Sum(nil))
		return nil
	})
	return s, err
}

type byteCount int64

func (c *byteCount) Write(p []byte) (int, error) {
	*c += byteCount(len(p))
	return len(p), nil
}

// writeNotes writes notes as a sealed segment of their own.
func writeNotes(dir string, number int, notes []Note) (Segment, error) {
	t, _ := TableByName(TableNotes)
	p := pending{batches: map[string]*batch{TableNotes: newBatch(t.Columns)}}
	z := &sealer{table: TableNotes, layout: t, held: p.batches[TableNotes]}
	for _, n := range notes {
		p.addNote(n)
	}
	z.cover(z.held.vectors[0].values)
	s, err := writeSegment(dir, TableNotes, number, func(out io.Writer) (err error) {
		if z.pq, err = newParquetWriter(out, t); err != nil {
			return err
		}
		if err := z.flush(); err != nil {
			return err
		}
		return z.pq.close()
	})
	s.Rows, s.FromNS, s.ToNS = int64(len(notes)), z.fromNS, z.toNS
	return s, err
}
