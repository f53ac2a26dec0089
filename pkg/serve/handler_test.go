//go:build unix

package serve

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const secret = "s3cr3t-token-of-the-test"

// tree writes files below a new directory.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	return dir
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func handler(t testing.TB, dir string, o HandlerOptions) *Handler {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return NewHandler(root, o)
}

// get calls the handler with a path that no client library has cleaned.
func get(h http.Handler, path string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://localhost/", nil)
	r.URL.Path = path
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandlerServesOnlyTheExport(t *testing.T) {
	outside := tree(t, map[string]string{"secret.json": "outside"})
	dir := tree(t, map[string]string{
		"index.json":                    `{"format":"numalens-index"}`,
		"h/r/run.json":                  "{}",
		"h/r/counters.000001.parquet":   "PAR1",
		"h/r/.counters.000002.arrows":   "hidden",
		"h/r/counters.000003.json.tmp~": "temporary",
		"token":                         secret,
	})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.Symlink(filepath.Join(outside, "secret.json"), filepath.Join(dir, "link.json")))
	must(os.Symlink("../../"+filepath.Base(outside), filepath.Join(dir, "up")))
	must(os.Symlink("index.json", filepath.Join(dir, "inside.json")))
	must(syscall.Mkfifo(filepath.Join(dir, "fifo.json"), 0o644))
	must(os.Mkdir(filepath.Join(dir, "directory.json"), 0o755))
	h := handler(t, dir, HandlerOptions{})

	for path, want := range map[string]int{
		"/healthz":                                200,
		"/v1/files/index.json":                    200,
		"/v1/files/h/r/run.json":                  200,
		"/v1/files/h/r/counters.000001.parquet":   200,
		"/v1/files/inside.json":                   200,
		"/":                                       404,
		"/v1/files":                               404,
		"/v1/files/":                              404,
		"/v1/files/h":                             404,
		"/v1/files/h/r/":                          404,
		"/v1/files/directory.json":                404,
		"/v1/files/fifo.json":                     404,
		"/v1/files/link.json":                     404,
		"/v1/files/up/secret.json":                404,
		"/v1/files/../secret.json":                404,
		"/v1/files/h/../index.json":               404,
		"/v1/files//etc/passwd":                   404,
		"/v1/files/%2e%2e/index.json":             404,
		"/v1/files/token":                         404,
		"/v1/files/h/r/.counters.000002.arrows":   404,
		"/v1/files/h/r/counters.000003.json.tmp~": 404,
		"/v1/files/absent.json":                   404,
		"/v1/query":                               404,
		"/debug/pprof/":                           404,
	} {
		w := get(h, path, nil)
		if w.Code != want {
			t.Errorf("GET %s: status %d, want %d", path, w.Code, want)
		}
		if strings.Contains(w.Body.String(), "outside") || strings.Contains(w.Body.String(), secret) {
			t.Errorf("GET %s gives what is not of the export", path)
		}
		if got := w.Header().Get(protocolHeader); got != "1" {
			t.Errorf("GET %s: %s %q, want 1", path, protocolHeader, got)
		}
	}
}

func TestHandlerVersions(t *testing.T) {
	dir := tree(t, map[string]string{
		"index.json":    `{"generation":1}`,
		"a.000.parquet": "PAR1....PAR1",
		"a.001.arrows":  "0123456789",
	})
	h := handler(t, dir, HandlerOptions{})

	for _, name := range []string{"index.json", "a.000.parquet"} {
		w := get(h, filesPath+name, nil)
		tag := w.Header().Get("ETag")
		if len(tag) < 3 || tag[0] != '"' {
			t.Errorf("%s: ETag %q is not a strong one", name, tag)
		}
		if w := get(h, filesPath+name, http.Header{"If-None-Match": {tag}}); w.Code != http.StatusNotModified {
			t.Errorf("%s unchanged: status %d, want 304", name, w.Code)
		}
		if w := get(h, filesPath+name, http.Header{"If-Match": {`"other"`}}); w.Code != http.StatusPreconditionFailed {
			t.Errorf("%s with another ETag: status %d, want 412", name, w.Code)
		}
	}

	old := get(h, filesPath+"index.json", nil).Header().Get("ETag")
	write(t, filepath.Join(dir, "next"), `{"generation":2}`)
	if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "index.json")); err != nil {
		t.Fatal(err)
	}
	if w := get(h, filesPath+"index.json", http.Header{"If-None-Match": {old}}); w.Code != 200 || w.Body.String() != `{"generation":2}` {
		t.Errorf("index.json replaced: status %d, %q", w.Code, w.Body)
	}

	w := get(h, filesPath+"a.001.arrows", http.Header{"Range": {"bytes=4-99"}})
	if w.Code != http.StatusPartialContent || w.Body.String() != "456789" || w.Header().Get("Content-Range") != "bytes 4-9/10" {
		t.Errorf("tail from 4: status %d, %q, %q", w.Code, w.Body, w.Header().Get("Content-Range"))
	}
	if tag := w.Header().Get("ETag"); tag != "" {
		t.Errorf("tail has an ETag %q, which would change every second", tag)
	}
	generation := w.Header().Get(generationHeader)
	w = get(h, filesPath+"a.001.arrows", http.Header{"Range": {"bytes=10-"}})
	if w.Code != http.StatusRequestedRangeNotSatisfiable || w.Header().Get("Content-Range") != "bytes */10" {
		t.Errorf("tail from its end: status %d, %q", w.Code, w.Header().Get("Content-Range"))
	}
	f, err := os.OpenFile(filepath.Join(dir, "a.001.arrows"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("ab"); err != nil {
		t.Fatal(err)
	}
	w = get(h, filesPath+"a.001.arrows", http.Header{"Range": {"bytes=10-"}})
	if w.Body.String() != "ab" || w.Header().Get(generationHeader) != generation {
		t.Errorf("tail that grew: %q, generation %q, want ab, %q", w.Body, w.Header().Get(generationHeader), generation)
	}
}

func TestHandlerNeverCompresses(t *testing.T) {
	h := handler(t, tree(t, map[string]string{"index.json": strings.Repeat("a", 1<<16)}), HandlerOptions{})
	w := get(h, filesPath+"index.json", http.Header{"Accept-Encoding": {"gzip, br, zstd"}})
	if w.Body.Len() != 1<<16 || w.Header().Get("Content-Encoding") != "" {
		t.Errorf("%d bytes, encoding %q", w.Body.Len(), w.Header().Get("Content-Encoding"))
	}
}

func TestHandlerToken(t *testing.T) {
	var log bytes.Buffer
	h := handler(t, tree(t, map[string]string{"index.json": "{}"}), HandlerOptions{
		Token: secret,
		Log:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	for authorization, want := range map[string]int{
		"":                       401,
		"Bearer":                 401,
		"Bearer ":                401,
		"Bearer wrong":           401,
		"Bearer " + secret + "x": 401,
		"Basic " + secret:        401,
		secret:                   401,
		"Bearer " + secret:       200,
		"bearer " + secret:       200,
	} {
		header := http.Header{}
		if authorization != "" {
			header.Set("Authorization", authorization)
		}
		w := get(h, filesPath+"index.json", header)
		if w.Code != want {
			t.Errorf("Authorization %q: status %d, want %d", authorization, w.Code, want)
		}
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("Authorization %q: the answer repeats the token", authorization)
		}
	}
	if w := get(h, filesPath+"absent.json", nil); w.Code != 401 {
		t.Errorf("without a token the names of files can be tried: status %d", w.Code)
	}
	if w := get(h, "/healthz", nil); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("healthz: %d %q", w.Code, w.Body)
	}
	if strings.Contains(log.String(), secret) {
		t.Errorf("the log holds the token:\n%s", log.String())
	}
}

func TestHandlerWithoutTokenAnswersLocalhostOnly(t *testing.T) {
	h := handler(t, tree(t, map[string]string{"index.json": "{}"}), HandlerOptions{})
	for host, want := range map[string]int{
		"localhost:9177": 200, "127.0.0.1:9177": 200, "[::1]:9177": 200, "LOCALHOST": 200,
		"evil.example:9177": 421, "10.0.0.1": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "http://x"+filesPath+"index.json", nil)
		r.Host = host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("Host %q: status %d, want %d", host, w.Code, want)
		}
	}
}

func TestHandlerReadOnly(t *testing.T) {
	h := handler(t, tree(t, map[string]string{"index.json": "{}"}), HandlerOptions{})
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions, "PROPFIND"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "http://localhost"+filesPath+"index.json", nil))
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("%s: status %d, want 405", method, w.Code)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodHead, "http://localhost"+filesPath+"index.json", nil))
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "2" {
		t.Errorf("HEAD: status %d, %d bytes, length %q", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
	}
}

// stalled is a client that does not read.
type stalled struct {
	*httptest.ResponseRecorder
	reached, release chan struct{}
}

func (s *stalled) Write(p []byte) (int, error) {
	close(s.reached)
	<-s.release
	return len(p), nil
}

func TestHandlerBoundsRequests(t *testing.T) {
	h := handler(t, tree(t, map[string]string{"index.json": "{}"}), HandlerOptions{MaxRequests: 1})
	slow := &stalled{httptest.NewRecorder(), make(chan struct{}), make(chan struct{})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(slow, httptest.NewRequest(http.MethodGet, "http://localhost"+filesPath+"index.json", nil))
	}()
	<-slow.reached
	w := get(h, filesPath+"index.json", nil)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("second request: status %d, Retry-After %q; want 503 with one", w.Code, w.Header().Get("Retry-After"))
	}
	if w := get(h, "/healthz", nil); w.Code != 200 {
		t.Errorf("healthz of a busy agent: status %d", w.Code)
	}
	close(slow.release)
	<-done
	if w := get(h, filesPath+"index.json", nil); w.Code != 200 {
		t.Errorf("after the first is done: status %d", w.Code)
	}
	_, _ = io.Copy(io.Discard, slow.Body)
}
