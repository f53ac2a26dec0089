package remote

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/snappy"
	"google.golang.org/protobuf/encoding/protowire"
	"io"

	"github.com/numalens/numalens/pkg/series"
)

// receiver is an engine's side of remote write 1.0. It keeps the times of each
// series, and answers as it is told.
type receiver struct {
	mu     sync.Mutex
	times  map[string][]int64
	answer func(w http.ResponseWriter) bool // true is taken
	header http.Header
}

func (v *receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.header = r.Header.Clone()
	if v.answer != nil && !v.answer(w) {
		return
	}
	body, _ := io.ReadAll(r.Body)
	raw, err := snappy.Decode(nil, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, ts := range fields(raw, 1) {
		var name strings.Builder
		for _, l := range fields(ts, 1) {
			fmt.Fprintf(&name, "%s=%s,", fields(l, 1)[0], fields(l, 2)[0])
		}
		for _, s := range fields(ts, 2) {
			_, _, n := protowire.ConsumeTag(s)
			_, m := protowire.ConsumeFixed64(s[n:])
			_, _, k := protowire.ConsumeTag(s[n+m:])
			at, _ := protowire.ConsumeVarint(s[n+m+k:])
			v.times[name.String()] = append(v.times[name.String()], int64(at))
		}
	}
}

// fields are the values of a message's field of bytes.
func fields(b []byte, number protowire.Number) (out [][]byte) {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeField(b)
		if size < 0 {
			panic(protowire.ParseError(size))
		}
		if n == number && kind == protowire.BytesType {
			_, _, t := protowire.ConsumeTag(b)
			v, _ := protowire.ConsumeBytes(b[t:])
			out = append(out, v)
		}
		b = b[size:]
	}
	return out
}

func (v *receiver) of(name string) []int64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]int64(nil), v.times[name]...)
}

func (v *receiver) set(answer func(http.ResponseWriter) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.answer = answer
}

var one = &series.Series{Name: "numalens_x_total", Labels: []series.Label{{Name: "host", Value: "h"}}}

const oneName = "__name__=numalens_x_total,cluster=c,host=h,"

func open(t *testing.T, o Options) *Sender {
	t.Helper()
	o.Labels, o.FirstRetry = map[string]string{"cluster": "c"}, time.Millisecond
	s, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func start(s *Sender) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { s.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}

func ascending(times []int64) bool {
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return false
		}
	}
	return true
}

func now() int64 { return time.Now().UnixMilli() }

// TestOutage: an engine that is down, answers 503 and comes back gets
// everything, in order.
func TestOutage(t *testing.T) {
	v := &receiver{times: map[string][]int64{}}
	v.answer = func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusServiceUnavailable); return false }
	srv := httptest.NewServer(v)
	defer srv.Close()
	s := open(t, Options{URL: srv.URL, Queue: t.TempDir()})
	stop := start(s)
	base := now()
	for i := range int64(50) {
		s.Add(base+i, []series.Sample{{Series: one, Value: float64(i)}})
	}
	until(t, "a retry", func() bool { return s.Stats().Retries > 2 })
	v.set(func(w http.ResponseWriter) bool {
		w.Header().Set("Retry-After", "0")
		w.WriteHeader(http.StatusTooManyRequests)
		return false
	})
	until(t, "another", func() bool { return strings.Contains(s.Stats().LastError, "429") })
	v.set(nil)
	until(t, "all", func() bool { return len(v.of(oneName)) >= 50 })
	stop()
	if got := v.of(oneName); len(got) != 50 || !ascending(got) || s.Stats().Dropped() != 0 || s.Stats().Samples != 50 {
		t.Errorf("%d samples, in order %v, %+v", len(got), ascending(got), s.Stats())
	}
}

// TestKilled: an agent that is killed, even while it writes, sends the rest
// when it begins again.
func TestKilled(t *testing.T) {
	v := &receiver{times: map[string][]int64{}}
	srv := httptest.NewServer(v)
	defer srv.Close()
	dir, base := t.TempDir(), now()
	s := open(t, Options{URL: "http://127.0.0.1:1/", Queue: dir})
	for i := range int64(100) {
		s.Add(base+i, []series.Sample{{Series: one, Value: float64(i)}})
	}
	for range 40 {
		r, ok, err := s.queue.peek()
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		if err := s.queue.done(r); err != nil {
			t.Fatal(err)
		}
	}
	s.queue.close() // what the kernel does to a killed process
	last := filepath.Join(dir, "00000001.queue")
	f, err := os.OpenFile(last, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte{200, 0, 0, 0, 1, 2, 3}); err != nil { // torn
		t.Fatal(err)
	}
	f.Close()

	s = open(t, Options{URL: srv.URL, Queue: dir})
	if waiting, _ := s.queue.waiting(); waiting != 60 {
		t.Errorf("%d requests wait, want 60", waiting)
	}
	stop := start(s)
	s.Add(base+100, []series.Sample{{Series: one, Value: 100}})
	until(t, "the rest", func() bool { return len(v.of(oneName)) >= 61 })
	stop()
	if got := v.of(oneName); got[0] != base+40 || !ascending(got) {
		t.Errorf("from %d, %d samples, in order %v", got[0]-base, len(got), ascending(got))
	}
}

// TestLimits: beyond its limits of size and age the oldest go, and are counted.
func TestLimits(t *testing.T) {
	v := &receiver{times: map[string][]int64{}}
	srv := httptest.NewServer(v)
	defer srv.Close()
	s := open(t, Options{URL: srv.URL, Queue: t.TempDir(), MaxBytes: 64 << 10, MaxAge: time.Hour})
	many := make([]series.Sample, 20)
	for i := range many {
		many[i] = series.Sample{Series: &series.Series{Name: fmt.Sprintf("numalens_%d_total", i)}, Value: math.Pi}
	}
	base := now()
	s.Add(base-2*time.Hour.Milliseconds(), many)
	for i := range int64(200) {
		s.Add(base+i, many)
		if _, bytes := s.queue.waiting(); bytes > 64<<10 {
			t.Fatalf("the queue takes %d bytes", bytes)
		}
	}
	s.Add(base-2*time.Hour.Milliseconds(), many)
	s.Add(base+200, many)
	stop := start(s)
	until(t, "nothing waits", func() bool { return s.Stats().Waiting == 0 })
	stop()
	st := s.Stats()
	if st.Full == 0 || st.Old != 20 || st.Samples+st.Dropped() != 203*20 || st.Refused != 0 {
		t.Errorf("%+v", st)
	}
}

// TestRefused: what the receiver refuses is dropped and said, and what comes
// after it is sent.
func TestRefused(t *testing.T) {
	v := &receiver{times: map[string][]int64{}}
	n := 0
	v.answer = func(w http.ResponseWriter) bool {
		if n++; n == 1 {
			http.Error(w, "out of bounds", http.StatusBadRequest)
			return false
		}
		return true
	}
	srv := httptest.NewServer(v)
	defer srv.Close()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("secret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, Options{URL: srv.URL, Queue: t.TempDir(), TokenFile: token, Headers: map[string]string{"X-Scope-OrgID": "lab"}})
	stop := start(s)
	base := now()
	s.Add(base, []series.Sample{{Series: one, Value: 1}})
	until(t, "a refusal", func() bool { return s.Stats().Refused == 1 })
	if text := s.Stats().LastError; !strings.Contains(text, "out of bounds") {
		t.Errorf("the error is %q", text)
	}
	s.Add(base+1, []series.Sample{{Series: one, Value: 2}})
	until(t, "the next", func() bool { return len(v.of(oneName)) == 1 })
	stop()
	if got := v.header.Get("Authorization") + v.header.Get("X-Scope-OrgID"); got != "Bearer secretlab" {
		t.Errorf("headers %q", got)
	}
}

func TestRefusedOptions(t *testing.T) {
	for text, o := range map[string]Options{
		"http or https": {URL: "engine:9090"},
		"username":      {URL: "http://a:b@localhost/"},
		"use https":     {URL: "http://engine/", TokenFile: "x"},
		"use one":       {URL: "https://engine/", TokenFile: "x", Username: "y", PasswordFile: "z"},
		"go together":   {URL: "https://engine/", Username: "y"},
		"its key":       {URL: "https://engine/", CertFile: "y"},
		"own":           {URL: "https://engine/", Labels: map[string]string{"host": "x"}},
		"want letters":  {URL: "https://engine/", Labels: map[string]string{"a-b": "x"}},
	} {
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%+v: %v, want one that says %q", o, err, text)
		}
	}
}

func TestTwoAgentsDoNotShareAQueue(t *testing.T) {
	dir := t.TempDir()
	s := open(t, Options{URL: "http://127.0.0.1:1/", Queue: dir})
	defer s.queue.close()
	if _, err := Open(Options{URL: "http://127.0.0.1:1/", Queue: dir}); err == nil || !strings.Contains(err.Error(), "another agent") {
		t.Errorf("the second: %v", err)
	}
}
