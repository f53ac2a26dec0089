package export

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// memFile is a File in memory.
type memFile struct{ *bytes.Reader }

func newMemFile(data []byte) memFile { return memFile{bytes.NewReader(data)} }
func (f memFile) Close() error       { return nil }
func (f memFile) Version() string    { return "" }

func FuzzManifest(f *testing.F) {
	root := f.TempDir()
	liveRun(f, root, 1)
	f.Add(mustRead(f, filepath.Join(runDir(root), manifestFile)))
	f.Add([]byte(`{"format":"numalens-run","version":1,"host":"h","run":"r","segments":[{"table":"a","file":"a.000001.parquet","format":"parquet"}]}`))
	f.Add([]byte(`{"format":"numalens-run","version":1,"host":"h","run":"r","segments":[{"file":"../x"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ParseManifest(data, "h", "r")
		if err != nil {
			return
		}
		for _, s := range m.Segments {
			path, err := runPath(m.Host, m.Run, s.File)
			if err != nil || filepath.Dir(path) != "h/r" || !filepath.IsLocal(path) {
				t.Errorf("%q leads to %q", s.File, path)
			}
		}
	})
}

func FuzzIndex(f *testing.F) {
	root := f.TempDir()
	liveRun(f, root, 1)
	f.Add(mustRead(f, filepath.Join(root, indexFile)))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := ParseIndex(data)
		if err != nil {
			return
		}
		for _, h := range x.Hosts {
			for _, r := range h.Runs {
				if path, err := runPath(h.Host, r.Run, manifestFile); err != nil || !filepath.IsLocal(path) {
					t.Errorf("%q/%q leads to %q", h.Host, r.Run, path)
				}
			}
		}
	})
}

// FuzzTail decodes every column of a tail. What decodes also seals: the
// decoder hands on nothing that the writer could not have written.
func FuzzTail(f *testing.F) {
	root := f.TempDir()
	liveRun(f, root, 2)
	for _, table := range []string{TableCounters, TableNodes, TableSamples} {
		f.Add(mustRead(f, filepath.Join(runDir(root), segmentName(table, 1, formatArrows))))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newTailReader()
		rows := 0
		err := r.advance(bytes.NewReader(data), int64(len(data)), nil, func(n int, cols []vector) error {
			rows += n
			for i, c := range cols {
				if len(c.values)+len(c.texts) != n || c.null != nil && len(c.null) != n {
					t.Errorf("column %d of a batch of %d rows has %d values, %d texts, %d nulls", i, n, len(c.values), len(c.texts), len(c.null))
				}
			}
			return nil
		})
		if untorn(err) != nil || len(r.batches) == 0 {
			return
		}
		z := &sealer{table: TableCounters, out: &bytes.Buffer{}}
		if _, err := z.run(bytes.NewReader(data), int64(len(data))); err == nil && z.rows != int64(rows) {
			t.Errorf("sealed %d rows of %d", z.rows, rows)
		}
	})
}

// FuzzSealed decodes every column of a sealed segment.
func FuzzSealed(f *testing.F) {
	root := f.TempDir()
	liveRun(f, root, 2)
	for _, table := range []string{TableCounters, TableNodes, TableSamples} {
		s, err := sealTail(runDir(root), segmentName(table, 1, formatArrows), false)
		ok(f, err)
		f.Add(mustRead(f, filepath.Join(runDir(root), s.segment.File)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := segmentCheck{}
		_ = c.groups(newMemFile(data))
	})
}

// TestBitFlips flips every bit of a small sealed segment and of a tail, one
// at a time: the reader says so, or answers; it never panics.
func TestBitFlips(t *testing.T) {
	root := t.TempDir()
	liveRun(t, root, 1)
	s, err := sealTail(runDir(root), "nodes.000001.arrows", false)
	ok(t, err)
	sealed := mustRead(t, filepath.Join(runDir(root), s.segment.File))
	tail := mustRead(t, filepath.Join(runDir(root), "nodes.000001.arrows"))
	ok(t, os.RemoveAll(runDir(root)))
	every := 1
	if testing.Short() {
		every = 13
	}
	for bit := 0; bit < 8*len(sealed); bit += every {
		sealed[bit/8] ^= 1 << (bit % 8)
		_ = new(segmentCheck).groups(newMemFile(sealed))
		sealed[bit/8] ^= 1 << (bit % 8)
	}
	for bit := 0; bit < 8*len(tail); bit += every {
		tail[bit/8] ^= 1 << (bit % 8)
		r := newTailReader()
		_ = r.advance(bytes.NewReader(tail), int64(len(tail)), nil, func(int, []vector) error { return nil })
		tail[bit/8] ^= 1 << (bit % 8)
	}
}
