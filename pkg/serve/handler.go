//go:build unix

package serve

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// HandlerOptions configure a Handler.
type HandlerOptions struct {
	// Token is what requests must show; "" admits everyone who reaches the
	// loopback address.
	Token string
	// MaxRequests bounds the files being sent at once; 0 is 4. A request
	// beyond them waits a moment, then gets 503.
	MaxRequests int
	// Metrics answers /metrics, behind the token too; nil is none.
	Metrics http.Handler
	// Log gets refusals at level warn and requests at level debug, never a
	// token. nil is silence.
	Log *slog.Logger
}

const (
	metricsPath     = "/metrics"
	defaultRequests = 4
	placeWait       = 2 * time.Second
)

// Handler serves the export below root, read only.
type Handler struct {
	root   *os.Root
	token  bearer
	places chan struct{}
	log    *slog.Logger

	metrics http.Handler
}

// NewHandler makes a handler. The caller closes root after the last request.
func NewHandler(root *os.Root, o HandlerOptions) *Handler {
	if o.MaxRequests <= 0 {
		o.MaxRequests = defaultRequests
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Handler{
		root:   root,
		token:  newBearer(o.Token),
		places: make(chan struct{}, o.MaxRequests),
		log:    o.Log,

		metrics: o.Metrics,
	}
}

// ServeHTTP routes by hand: http.ServeMux answers `..` with a redirect, and a
// client that follows none would not learn what was wrong.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(protocolHeader, strconv.Itoa(Protocol))
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "private, no-cache")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		h.refuse(w, r, http.StatusMethodNotAllowed, "only GET and HEAD are answered: an export is read only")
		return
	}
	if r.URL.Path == "/healthz" {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintln(w, "ok")
		return
	}
	if !h.token.wanted && !loopbackName(r.Host) {
		// Without a token the loopback address is the only guard, and a web
		// page can have a browser reach it under a name of its own.
		h.refuse(w, r, http.StatusMisdirectedRequest, "without a token only localhost is answered: use localhost or 127.0.0.1 in the URL, or give the agent a token")
		return
	}
	if !h.token.admits(r) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="numalens"`)
		h.refuse(w, r, http.StatusUnauthorized, "wrong or missing token")
		return
	}
	if r.URL.Path == metricsPath && h.metrics != nil {
		h.metrics.ServeHTTP(w, r)
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, filesPath)
	if !ok {
		h.refuse(w, r, http.StatusNotFound, "no such path: files are below "+filesPath)
		return
	}
	h.file(w, r, name)
}

func (h *Handler) file(w http.ResponseWriter, r *http.Request, name string) {
	k := servable(name)
	if k == notServed {
		h.refuse(w, r, http.StatusNotFound, "no such file in the export")
		return
	}
	if !h.take(r) {
		w.Header().Set("Retry-After", "1")
		h.refuse(w, r, http.StatusServiceUnavailable, "busy: all places for requests are taken")
		return
	}
	defer func() { <-h.places }()

	f, st, err := h.open(name)
	if err != nil {
		status := http.StatusNotFound
		if !errors.Is(err, fs.ErrNotExist) {
			h.log.Warn("file refused", "file", name, "err", err)
		}
		h.refuse(w, r, status, "no such file in the export")
		return
	}
	defer f.Close()

	version := fileVersion(st, k)
	w.Header().Set("Content-Type", k.contentType())
	w.Header().Set(generationHeader, version)
	if k != tail {
		w.Header().Set("ETag", `"`+version+`"`)
	}
	h.log.Debug("read", "file", name, "range", r.Header.Get("Range"), "from", r.RemoteAddr)
	if st.Size() == 0 {
		// http.ServeContent answers a range of the last bytes of nothing with
		// "bytes 0--1/0".
		r.Header.Del("Range")
	}
	// No modification time: a reader must go by ETag, which tells two writes
	// of one second apart.
	http.ServeContent(w, r, "", time.Time{}, f)
}

// open opens a regular file without ever waiting: a FIFO put there by mistake
// must not hold a place for good.
func (h *Handler) open(name string) (*os.File, fs.FileInfo, error) {
	f, err := h.root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", name)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, st, nil
}

// take waits a moment for one of the places.
func (h *Handler) take(r *http.Request) bool {
	select {
	case h.places <- struct{}{}:
		return true
	default:
	}
	wait := time.NewTimer(placeWait)
	defer wait.Stop()
	select {
	case h.places <- struct{}{}:
		return true
	case <-wait.C:
	case <-r.Context().Done():
	}
	return false
}

func (h *Handler) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	level := slog.LevelWarn
	if status == http.StatusNotFound {
		level = slog.LevelDebug
	}
	h.log.Log(r.Context(), level, "refused", "status", status, "why", why, "method", r.Method, "path", r.URL.Path, "from", r.RemoteAddr)
	http.Error(w, why, status)
}

// fileVersion names the bytes: for a tail by the inode, which stays while it
// grows; else by what a rewrite changes too.
func fileVersion(st fs.FileInfo, k kind) string {
	var ino uint64
	if s, ok := st.Sys().(*syscall.Stat_t); ok {
		ino = s.Ino
	}
	if k == tail {
		return strconv.FormatUint(ino, 16)
	}
	return fmt.Sprintf("%x-%x-%x", ino, st.ModTime().UnixNano(), st.Size())
}
