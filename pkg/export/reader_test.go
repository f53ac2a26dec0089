package export

import (
	"context"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// countingFiles counts opens and reads, and may do something before an open.
type countingFiles struct {
	Files
	opens, reads atomic.Int64
	before       func(name string)
}

type countingFile struct {
	File
	of *countingFiles
}

func (c *countingFiles) Open(ctx context.Context, name string) (File, error) {
	c.opens.Add(1)
	if c.before != nil {
		c.before(name)
	}
	f, err := c.Files.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	return countingFile{f, c}, nil
}

func (f countingFile) ReadAt(p []byte, at int64) (int, error) {
	f.of.reads.Add(1)
	return f.File.ReadAt(p, at)
}

func counting(t testing.TB, root string) *countingFiles {
	t.Helper()
	files, err := Dir(root)
	ok(t, err)
	return &countingFiles{Files: files}
}

func total(t testing.TB, r *Reader, column string, from, to int64) int64 {
	t.Helper()
	edges := []int64{from}
	for edges[len(edges)-1] < to {
		edges = append(edges, edges[len(edges)-1]+1e9)
	}
	x, err := r.Increments(context.Background(), "h", "r", IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{column}, EdgesNS: edges})
	ok(t, err)
	var sum int64
	for _, d := range x.Series[0].Delta {
		sum += d
	}
	return sum
}

// TestReadsAreFew counts what a question costs where each read is a request:
// a sealed segment its end and each column once, then nothing at all; a tail
// only what is new.
func TestReadsAreFew(t *testing.T) {
	root := t.TempDir()
	s := newSynth(4, 1, 2)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	for range 20 {
		s.tick(w)
	}
	ok(t, w.Flush())
	ok(t, w.Rotate())
	files := counting(t, root)
	r := NewReader(files)
	cost := func(column string) (opens, reads int64) {
		o, n := files.opens.Load(), files.reads.Load()
		total(t, r, column, testStart, testStart+1e10)
		return files.opens.Load() - o, files.reads.Load() - n
	}
	if o, n := cost("g0e0"); o != 2 || n != 1+1+int64(len(counterKeys))+1 {
		t.Errorf("first question: %d opens, %d reads", o, n)
	}
	if o, n := cost("g0e1"); o != 2 || n != 2 {
		t.Errorf("another event: %d opens, %d reads, want the manifest and the segment, its end and a column", o, n)
	}
	if o, n := cost("g0e1"); o != 1 || n != 0 {
		t.Errorf("the same again: %d opens, %d reads, want the manifest to be looked at", o, n)
	}
	s.tick(w)
	ok(t, w.Flush())
	cost("g0e0")
	if o, n := cost("g0e0"); o != 2 || n != 0 {
		t.Errorf("a tail that did not grow: %d opens, %d reads", o, n)
	}
	s.tick(w)
	ok(t, w.Flush())
	if o, n := cost("g0e0"); o != 2 || n != 1 {
		t.Errorf("a tail that grew by a batch: %d opens, %d reads", o, n)
	}
}

// TestTailSealedMeanwhile seals the tail between the reading of run.json and
// the opening of the segment, again and again.
func TestTailSealedMeanwhile(t *testing.T) {
	root := t.TempDir()
	s := newSynth(2, 1, 1)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	files := counting(t, root)
	r := NewReader(files)
	for range 5 {
		for range 10 {
			s.tick(w)
		}
		ok(t, w.Flush())
		var once sync.Once
		files.before = func(name string) {
			if strings.HasSuffix(name, ".arrows") {
				once.Do(func() { ok(t, w.Rotate()) })
			}
		}
		want := s.values[[3]int{0, 0, 0}] + s.values[[3]int{1, 0, 0}]
		first := newSynth(2, 1, 1)
		first.tick(create(t, testOptions(t.TempDir()), first.manifest("h", "r")))
		want -= first.values[[3]int{0, 0, 0}] + first.values[[3]int{1, 0, 0}]
		if got := total(t, r, "g0e0", testStart, testStart+2e10); got != want {
			t.Errorf("counted %d, want %d", got, want)
		}
	}
}

func TestSegmentThatIsGone(t *testing.T) {
	root := t.TempDir()
	liveRun(t, root, 1)
	files := counting(t, root)
	files.Files = goneFiles{files.Files}
	_, err := NewReader(files).Increments(context.Background(), "h", "r", IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: []string{"g0e0"}, EdgesNS: []int64{1, 2}})
	if err == nil || !strings.Contains(err.Error(), "counters.000001.arrows") {
		t.Errorf("%v", err)
	}
}

type goneFiles struct{ Files }

func (g goneFiles) Open(ctx context.Context, name string) (File, error) {
	if strings.Contains(name, ".arrows") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return g.Files.Open(ctx, name)
}

// TestManyAtOnce asks from many sides while the run is written, rotated and
// sealed, with a cache that is too small for anything.
func TestManyAtOnce(t *testing.T) {
	root := t.TempDir()
	s := newSynth(4, 2, 2)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	s.tick(w)
	w.Note(Note{TS: testStart, Kind: NoteStart, Text: "start"})
	ok(t, w.Flush())
	files := counting(t, root)
	for _, cache := range []int64{cacheBytes, 2000} {
		r := NewReader(files)
		r.LimitCache(cache)
		stop := make(chan struct{})
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(i), 1))
				for {
					select {
					case <-stop:
						return
					default:
					}
					askOne(t, r, rng)
				}
			})
		}
		for range 40 {
			for range 10 {
				s.tick(w)
			}
			ok(t, w.Flush())
			if s.rng.IntN(6) == 0 {
				ok(t, w.Rotate())
			}
		}
		close(stop)
		all.Wait()
	}
}

func askOne(t *testing.T, r *Reader, rng *rand.Rand) {
	ctx := context.Background()
	edges := []int64{testStart + rng.Int64N(1e10)}
	for range 20 {
		edges = append(edges, edges[len(edges)-1]+3e8)
	}
	var err error
	switch rng.IntN(5) {
	case 0:
		_, err = r.Gauges(ctx, "h", "r", GaugesRequest{Columns: testNodeColumns, EdgesNS: edges})
	case 1:
		_, err = r.Weights(ctx, "h", "r", WeightsRequest{Kind: MinorFault, EdgesNS: edges})
	case 2:
		_, err = r.Newest(ctx, "h", "r")
	case 3:
		_, err = r.Increments(ctx, "h", "r", IncrementsRequest{Table: TableNodes, Columns: testNodeColumns[:1], EdgesNS: edges})
	default:
		columns := [][]string{{"g0e0"}, {"g0e1", "g1e0"}, {"g1e1", "g0e0"}}[rng.IntN(3)]
		_, err = r.Increments(ctx, "h", "r", IncrementsRequest{Table: TableCounters, Scope: ScopeCPU, Columns: columns, EdgesNS: edges})
	}
	if err != nil {
		t.Error(err)
	}
}

func TestWrongQuestions(t *testing.T) {
	root := t.TempDir()
	liveRun(t, root, 1)
	r := NewReader(counting(t, root))
	ctx := context.Background()
	ask := func(host, run string, q IncrementsRequest) error {
		_, err := r.Increments(ctx, host, run, q)
		return err
	}
	edges := []int64{1, 2}
	tests := []struct {
		err  error
		says string
	}{
		{ask("h", "r", IncrementsRequest{Table: TableCounters, Columns: []string{"x"}, EdgesNS: edges}), `no column "x" in table counters; it has ["g0e0"]`},
		{ask("h", "r", IncrementsRequest{Table: TableNodes, Columns: []string{"x"}, EdgesNS: edges}), `it has ["numa_hit" "MemFree"]`},
		{ask("h", "r", IncrementsRequest{Table: TableSamples, EdgesNS: edges}), "has no counts"},
		{ask("h", "r", IncrementsRequest{Table: TableCounters}), "0 column edges"},
		{ask("h", "r", IncrementsRequest{Table: TableCounters, EdgesNS: []int64{2, 2}}), "do not ascend"},
		{ask("h", "none", IncrementsRequest{Table: TableCounters, EdgesNS: edges}), "host h has no run none"},
		{ask("..", "r", IncrementsRequest{Table: TableCounters, EdgesNS: edges}), `host ".."`},
		{ask("h", "../h/r", IncrementsRequest{Table: TableCounters, EdgesNS: edges}), `run "../h/r"`},
	}
	for _, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%v, want %q", tt.err, tt.says)
		}
	}
	if _, err := NewReader(counting(t, t.TempDir())).Index(ctx); err == nil || !strings.Contains(err.Error(), "no exports here") {
		t.Errorf("an empty directory: %v", err)
	}
	if _, err := Dir(filepath.Join(root, "none")); err == nil {
		t.Error("a directory that is not there was opened")
	}
}

func TestNewest(t *testing.T) {
	root := t.TempDir()
	s := newSynth(2, 1, 1)
	w := create(t, testOptions(root), s.manifest("h", "r"))
	r := NewReader(counting(t, root))
	newest := func() int64 {
		n, err := r.Newest(context.Background(), "h", "r")
		ok(t, err)
		return n
	}
	if n := newest(); n != testStart {
		t.Errorf("without rows: %d, want the start", n)
	}
	for range 3 {
		for range 10 {
			s.tick(w)
		}
		ok(t, w.Flush())
		if n, want := newest(), testStart+s.ticks*s.periodNS; n < want || n > want+1e6 {
			t.Errorf("newest is %d, want about %d", n, want)
		}
	}
	ok(t, w.Seal(nil))
	if n, want := newest(), testStart+s.ticks*s.periodNS; n < want || n > want+1e6 {
		t.Errorf("sealed: newest is %d, want about %d", n, want)
	}
}
