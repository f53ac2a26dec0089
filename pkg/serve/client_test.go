//go:build unix

package serve

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// agent is a real listener with a real certificate over a directory.
type agent struct {
	dir         string
	url         string
	fingerprint string
	certFile    string
	requests    atomic.Int64
	connections atomic.Int64
}

func startAgent(t testing.TB, dir string) *agent {
	t.Helper()
	cert, err := CreateCertificate(t.TempDir(), []string{"localhost", "127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{dir: dir, fingerprint: cert.Fingerprint, certFile: cert.CertFile}
	h := handler(t, dir, HandlerOptions{Token: secret})
	counted := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		h.ServeHTTP(w, r)
	})
	s, err := Listen(ServerOptions{Listen: "127.0.0.1:0", CertFile: cert.CertFile, KeyFile: cert.KeyFile, Token: secret}, counted)
	if err != nil {
		t.Fatal(err)
	}
	a.url = s.URL()
	s.http.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			a.connections.Add(1)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	return a
}

func (a *agent) dial(t testing.TB) *Client {
	t.Helper()
	c, err := Dial(ClientOptions{URL: a.url, Token: secret, Fingerprint: a.fingerprint})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func open(t *testing.T, c *Client, name string) export.File {
	t.Helper()
	f, err := c.Open(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func contents(t *testing.T, f export.File) string {
	t.Helper()
	b, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func randomBytes(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func TestClientReadsLikeADirectory(t *testing.T) {
	want := randomBytes(3<<20 + 12345)
	dir := tree(t, map[string]string{"h/a.parquet": string(want), "h/b.arrows": string(want), "h/c.json": string(want), "h/empty.arrows": "", "h/empty.json": "", "h/empty.parquet": ""})
	c := startAgent(t, dir).dial(t)
	for _, name := range []string{"h/a.parquet", "h/b.arrows", "h/c.json"} {
		f := open(t, c, name)
		if f.Size() != int64(len(want)) || f.Version() == "" {
			t.Fatalf("%s: size %d, version %q", name, f.Size(), f.Version())
		}
		var wg sync.WaitGroup
		for worker := range uint64(4) {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(worker, 7))
				for range 100 {
					off := r.IntN(len(want) + 10)
					p := make([]byte, r.IntN(300<<10))
					n, err := f.ReadAt(p, int64(off))
					rest := max(len(want)-off, 0)
					if n != min(len(p), rest) || (n < len(p)) != (err == io.EOF) || string(p[:n]) != string(want[min(off, len(want)):min(off, len(want))+n]) {
						t.Errorf("%s: %d bytes at %d: got %d, %v, or other bytes", name, len(p), off, n, err)
						return
					}
				}
			})
		}
		wg.Wait()
	}
	for _, name := range []string{"h/empty.arrows", "h/empty.json", "h/empty.parquet"} {
		f := open(t, c, name)
		if n, err := f.ReadAt(make([]byte, 1), 0); f.Size() != 0 || n != 0 || err != io.EOF {
			t.Errorf("%s: size %d, read %d, %v", name, f.Size(), n, err)
		}
	}
	if _, err := c.Open(context.Background(), "h/absent.json"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v, want fs.ErrNotExist", err)
	}
}

func TestClientNeedsFewRequests(t *testing.T) {
	size := 8 << 20
	dir := tree(t, map[string]string{"a.parquet": string(randomBytes(size)), "run.json": "{}", "b.arrows": "0123"})
	a := startAgent(t, dir)
	c := a.dial(t)
	count := func(what string, most int64, do func()) {
		t.Helper()
		before := a.requests.Load()
		do()
		if n := a.requests.Load() - before; n > most {
			t.Errorf("%s took %d requests, want at most %d", what, n, most)
		}
	}
	var f export.File
	count("opening and reading the footer", 1, func() {
		f = open(t, c, "a.parquet")
		for _, off := range []int{size - 8, size - 30000, size - 60000} {
			if _, err := f.ReadAt(make([]byte, 8), int64(off)); err != nil {
				t.Fatal(err)
			}
		}
	})
	count("a column of 2 MB in pieces of 4 kB", 5, func() {
		for off := 1 << 20; off < 3<<20; off += 4096 {
			if _, err := f.ReadAt(make([]byte, 4096), int64(off)); err != nil {
				t.Fatal(err)
			}
		}
	})
	count("the same column again", 0, func() {
		if _, err := f.ReadAt(make([]byte, 2<<20), 1<<20); err != nil {
			t.Fatal(err)
		}
	})
	count("opening again", 1, func() { open(t, c, "a.parquet") })
	count("a document", 1, func() { contents(t, open(t, c, "run.json")) })
	count("an unchanged document", 1, func() { contents(t, open(t, c, "run.json")) })
	count("looking at a tail", 1, func() { contents(t, open(t, c, "b.arrows")) })
	appendTo(t, filepath.Join(dir, "b.arrows"), "456789")
	count("following a tail", 1, func() {
		if got := contents(t, open(t, c, "b.arrows")); got != "0123456789" {
			t.Errorf("tail that grew: %q", got)
		}
	})
	count("a tail without news", 1, func() { contents(t, open(t, c, "b.arrows")) })
}

// Answers without a file must leave the connection fit for the next request:
// a live view would else make a TLS handshake for each look at a quiet tail.
func TestClientKeepsItsConnection(t *testing.T) {
	a := startAgent(t, tree(t, map[string]string{"b.arrows": "0123", "run.json": "{}", "a.parquet": "PAR1"}))
	c := a.dial(t)
	for range 10 {
		for _, name := range []string{"b.arrows", "run.json", "a.parquet"} {
			contents(t, open(t, c, name))
		}
		if _, err := c.Open(context.Background(), "absent.json"); err == nil {
			t.Fatal("an absent file was opened")
		}
	}
	if n := a.connections.Load(); n != 1 {
		t.Errorf("%d connections for requests one after the other, want 1", n)
	}
}

func appendTo(t *testing.T, file, more string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(more); err != nil {
		t.Fatal(err)
	}
}

func TestClientFollowsATail(t *testing.T) {
	dir := tree(t, map[string]string{"t.arrows": ""})
	file := filepath.Join(dir, "t.arrows")
	c := startAgent(t, dir).dial(t)
	want := ""
	version := open(t, c, "t.arrows").Version()
	for i := range 40 {
		more := string(randomBytes(10000 + 1000*i))
		appendTo(t, file, more)
		want += more
		f := open(t, c, "t.arrows")
		if contents(t, f) != want {
			t.Fatalf("after %d appends the content differs", i+1)
		}
		if f.Version() != version {
			t.Fatalf("a tail that only grew changed its version from %q to %q", version, f.Version())
		}
	}

	if err := os.Truncate(file, 5000); err != nil {
		t.Fatal(err)
	}
	want = want[:5000]
	f := open(t, c, "t.arrows")
	if contents(t, f) != want || f.Version() == version {
		t.Errorf("tail that was cut: %d bytes, version %q", f.Size(), f.Version())
	}
	appendTo(t, file, "regrown")
	if f := open(t, c, "t.arrows"); contents(t, f) != want+"regrown" || f.Version() == version {
		t.Errorf("tail that grew after the cut: %d bytes, version %q", f.Size(), f.Version())
	}
}

func TestClientNoticesReplacement(t *testing.T) {
	dir := tree(t, map[string]string{"a.parquet": string(randomBytes(1 << 20)), "run.json": `{"state":"recording"}`})
	c := startAgent(t, dir).dial(t)
	f, d := open(t, c, "a.parquet"), open(t, c, "run.json")
	for name, content := range map[string]string{"a.parquet": "short", "run.json": `{"state":"sealed"}`} {
		write(t, filepath.Join(dir, "next"), content)
		if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.ReadAt(make([]byte, 10), 0); !errors.Is(err, errReplaced) {
		t.Errorf("reading a replaced file: %v", err)
	}
	d2 := open(t, c, "run.json")
	if got := contents(t, d2); got != `{"state":"sealed"}` || d.Version() == d2.Version() {
		t.Errorf("replaced document: %q, versions %q and %q", got, d.Version(), d2.Version())
	}
	if got := contents(t, d); got != `{"state":"recording"}` {
		t.Errorf("a file that was open changed under its reader: %q", got)
	}
	if err := os.Remove(filepath.Join(dir, "a.parquet")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open(context.Background(), "a.parquet"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opening a removed file: %v", err)
	}
}

func TestClosedFileRefuses(t *testing.T) {
	c := startAgent(t, tree(t, map[string]string{"a.arrows": "0123"})).dial(t)
	f := open(t, c, "a.arrows")
	f.Close()
	if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("reading a closed file: %v", err)
	}
}
