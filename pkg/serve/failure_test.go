//go:build unix

package serve

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// plain serves with a handler that is no agent's.
func plain(t *testing.T, h http.HandlerFunc) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestFailuresAreOneSentence(t *testing.T) {
	a := startAgent(t, tree(t, map[string]string{"index.json": "{}"}))
	other := strings.Repeat("AB:", 31) + "AB"
	tlsPlain := strings.Replace(a.url, "https://", "http://", 1)
	html := plain(t, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<html>hello</html>") })
	slow := plain(t, func(w http.ResponseWriter, r *http.Request) { time.Sleep(500 * time.Millisecond) })

	for name, c := range map[string]struct {
		o    ClientOptions
		want []string
	}{
		"nothing listens":   {ClientOptions{URL: "http://" + closedPort(t)}, []string{"nothing listens there", "numalens-agent serve"}},
		"unknown name":      {ClientOptions{URL: "https://no-such-host.invalid:9177"}, []string{"no-such-host.invalid"}},
		"wrong token":       {ClientOptions{URL: a.url, Token: "wrong-" + secret, Fingerprint: a.fingerprint}, []string{"the token is wrong", "token_file"}},
		"no token":          {ClientOptions{URL: a.url, Fingerprint: a.fingerprint}, []string{"wants a token, and none is set"}},
		"other certificate": {ClientOptions{URL: a.url, Token: secret, Fingerprint: other}, []string{a.fingerprint, other, "pinned"}},
		"unknown CA":        {ClientOptions{URL: a.url, Token: secret}, []string{"no CA trusted here", a.fingerprint}},
		"other name":        {ClientOptions{URL: a.url, Token: secret, CAFile: a.certFile, ServerName: "other.example"}, []string{"other.example", "server name"}},
		"http to https":     {ClientOptions{URL: tlsPlain}, []string{"use https://"}},
		"https to http":     {ClientOptions{URL: strings.Replace(html, "http:", "https:", 1)}, []string{"without TLS", "http://"}},
		"a web page":        {ClientOptions{URL: html}, []string{"not a numalens agent", "text/html"}},
		"a 404 of another":  {ClientOptions{URL: plain(t, http.NotFound)}, []string{"not a numalens agent", "404"}},
		"a redirect": {ClientOptions{URL: plain(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, a.url, http.StatusFound)
		})}, []string{"redirects", "final address"}},
		"a newer agent": {ClientOptions{URL: plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(protocolHeader, "2")
		})}, []string{"protocol 2", "update numalens"}},
		"no answer":   {ClientOptions{URL: slow, Timeout: 100 * time.Millisecond}, []string{"no answer in time"}},
		"absent file": {ClientOptions{URL: a.url, Token: secret, CAFile: a.certFile}, []string{"has no file absent.json"}},
		"always busy": {ClientOptions{URL: plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(protocolHeader, "1")
			w.WriteHeader(http.StatusServiceUnavailable)
		})}, []string{"busy"}},
		"broken off": {ClientOptions{URL: plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(protocolHeader, "1")
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
		})}, []string{"broke off after 4 of 100 bytes"}},
		"stalled": {ClientOptions{Timeout: 100 * time.Millisecond, URL: plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(protocolHeader, "1")
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, "half")
			w.(http.Flusher).Flush()
			time.Sleep(500 * time.Millisecond)
		})}, []string{"stalled after 4 of 100 bytes", "raise the timeout"}},
		"without length": {ClientOptions{URL: plain(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(protocolHeader, "1")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "chunked")
		})}, []string{"unusable length"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := Dial(c.o)
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Open(context.Background(), "absent.json")
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range append(c.want, client.URL()) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "\n") {
				t.Errorf("holds the token or a line break: %v", err)
			}
		})
	}
}

// A slow line is no stalled one.
func TestSlowAnswerIsRead(t *testing.T) {
	t.Parallel()
	url := plain(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(protocolHeader, "1")
		w.Header().Set("Content-Length", "10")
		for range 10 {
			fmt.Fprint(w, "x")
			w.(http.Flusher).Flush()
			time.Sleep(250 * time.Millisecond)
		}
	})
	c, err := Dial(ClientOptions{URL: url, Timeout: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	f, err := c.Open(context.Background(), "run.json")
	if err != nil || f.Size() != 10 {
		t.Errorf("%v", err)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	reached := false
	target := plain(t, func(w http.ResponseWriter, r *http.Request) { reached = true })
	from := plain(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	})
	c, err := Dial(ClientOptions{URL: from, Token: secret})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open(context.Background(), "index.json"); err == nil || reached {
		t.Errorf("err %v, target reached: %v", err, reached)
	}
}

func TestDialChecksItsOptions(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		o    ClientOptions
		want string
	}{
		"empty":                 {ClientOptions{}, "want http://host:9177"},
		"no scheme":             {ClientOptions{URL: "bench1:9177"}, "want http://host:9177"},
		"other scheme":          {ClientOptions{URL: "ftp://bench1"}, "want http://host:9177"},
		"control character":     {ClientOptions{URL: "http://bench1\n" + secret}, "not a URL"},
		"password in the URL":   {ClientOptions{URL: "https://u:" + secret + "@bench1"}, "must not hold a user or password"},
		"token in the URL":      {ClientOptions{URL: "https://bench1/?token=" + secret}, "give the token by itself"},
		"token unencrypted":     {ClientOptions{URL: "http://bench1:9177", Token: secret}, "unencrypted"},
		"pin unencrypted":       {ClientOptions{URL: "http://bench1:9177", Fingerprint: "00"}, "not encrypted"},
		"both CA and pin":       {ClientOptions{URL: "https://bench1", CAFile: notPEM, Fingerprint: "00"}, "remove one"},
		"absent CA file":        {ClientOptions{URL: "https://bench1", CAFile: notPEM + "x"}, "ca.pemx"},
		"CA file without PEM":   {ClientOptions{URL: "https://bench1", CAFile: notPEM}, "no certificate in it"},
		"fingerprint too short": {ClientOptions{URL: "https://bench1", Fingerprint: "AB:CD"}, "64 hex digits"},
	} {
		_, err := Dial(c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
	if _, err := Dial(ClientOptions{URL: "http://127.0.0.1:9177", Token: secret}); err != nil {
		t.Errorf("a token to loopback: %v", err)
	}
}
