package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

// cacheBytes bounds what a Reader keeps of decoded columns. One event of 128
// CPUs at 10 Hz takes 150 MB for an hour, and each further event of its
// group 37 MB.
const cacheBytes = 512 << 20

// Reader answers questions about exports. It is safe for concurrent use: the
// same question asked many times at once costs one reading. It caches what
// it decoded, and follows live tails by decoding only what is new.
type Reader struct {
	files Files
	cache *cache

	indexes   flight[*Index]
	manifests flight[*Manifest]
	events    flight[[]strandView]
	samples   flight[map[flowKey]flow]
	notes     flight[[]Note]
	newest    flight[int64]
	looks     flight[[]look]
	followed  flight[any] // by follow

	mu     sync.Mutex
	parsed map[string]parsedManifest
}

type parsedManifest struct {
	version string
	size    int64
	m       *Manifest
}

// NewReader reads the exports of files.
func NewReader(files Files) *Reader {
	return &Reader{files: files, cache: newCache(cacheBytes), parsed: map[string]parsedManifest{}}
}

// LimitCache sets how many bytes of decoded columns are kept.
func (r *Reader) LimitCache(bytes int64) { r.cache.limit(bytes) }

// Index gives the hosts and runs below the root.
func (r *Reader) Index(ctx context.Context) (*Index, error) {
	return r.indexes.do(ctx, "", func(ctx context.Context) (*Index, error) {
		f, err := r.files.Open(ctx, indexFile)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("no exports here: there is no %s; is it the directory that numalens-agent writes to? %w", indexFile, err)
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		data, err := readAll(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", indexFile, err)
		}
		x, err := ParseIndex(data)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", indexFile, err)
		}
		return x, nil
	})
}

// Manifest gives a run's manifest as it is now. The caller must not change
// it.
func (r *Reader) Manifest(ctx context.Context, host, run string) (*Manifest, error) {
	path, err := runPath(host, run, manifestFile)
	if err != nil {
		return nil, err
	}
	return r.manifests.do(ctx, path, func(ctx context.Context) (*Manifest, error) {
		f, err := r.files.Open(ctx, path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("host %s has no run %s: %w", host, run, err)
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		r.mu.Lock()
		p, ok := r.parsed[path]
		r.mu.Unlock()
		if ok && p.version != "" && p.version == f.Version() && p.size == f.Size() {
			return p.m, nil
		}
		data, err := readAll(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		m, err := ParseManifest(data, host, run)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		r.mu.Lock()
		r.parsed[path] = parsedManifest{f.Version(), f.Size(), m}
		r.mu.Unlock()
		return m, nil
	})
}

func readAll(f File) ([]byte, error) {
	if f.Size() > maxManifestBytes {
		return nil, fmt.Errorf("%d bytes are too many: at most %d are read", f.Size(), maxManifestBytes)
	}
	data := make([]byte, f.Size())
	if err := readFull(f, data, 0); err != nil {
		return nil, err
	}
	return data, nil
}

// again asks with a run's manifest, and again with a newer one when a segment
// that it lists has gone: a tail was sealed, or an old segment removed, while
// the question was on its way.
func again[T any](ctx context.Context, r *Reader, host, run string, ask func(*Manifest) (T, error)) (T, error) {
	for tries := 1; ; tries++ {
		m, err := r.Manifest(ctx, host, run)
		if err != nil {
			var none T
			return none, err
		}
		t, err := ask(m)
		// The manifest may have been on its way since before the change, so
		// one that is the same as before is no reason to give up.
		if errors.Is(err, fs.ErrNotExist) && tries < 5 {
			continue
		}
		return t, err
	}
}

// segmentsOf lists the segments of a table that may hold rows of a time
// range, in the order of their numbers.
func (m *Manifest) segmentsOf(table string, from, to, slack int64) []Segment {
	var out []Segment
	for _, s := range m.Segments {
		if s.Table == table && (s.Format == formatArrows || s.ToNS >= from-slack && s.FromNS <= to+slack) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Segment) int { return cmp.Compare(a.number(), b.number()) })
	return out
}

// number is the segment's generation; its name was checked with the
// manifest.
func (s Segment) number() int {
	_, n, _, _ := parseSegmentName(s.File)
	return n
}

// open opens a segment of a run.
func (r *Reader) open(ctx context.Context, m *Manifest, s Segment) (string, File, error) {
	path, err := runPath(m.Host, m.Run, s.File)
	if err != nil {
		return "", nil, err
	}
	f, err := r.files.Open(ctx, path)
	return path, f, err
}

// identity tells one state of a segment's bytes from another. A sealed one
// is known by its sum, so that what is cached of it needs no look at the
// file.
func (m *Manifest) identity(s Segment) string {
	id := m.Host + "/" + m.Run + "/" + s.File
	if s.Format == formatParquet && s.SHA256 != "" {
		id += "#" + s.SHA256
	}
	return id
}

// eachChunk decodes columns of a whole segment, chunk by chunk, without the
// cache.
func eachChunk(f File, s Segment, columns []string, each func(rows int, cols []vector) error) error {
	if s.Format == formatArrows {
		return untorn(newTailReader().advance(f, f.Size(), columns, each))
	}
	p, err := openSealed(f)
	if err != nil {
		return err
	}
	for g := range p.groups() {
		cols, err := p.columns(g, columns)
		if err != nil {
			return err
		}
		if err := each(p.rows(g), cols); err != nil {
			return err
		}
	}
	return nil
}
