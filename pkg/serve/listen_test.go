package serve

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestListenRefusesExposure(t *testing.T) {
	for _, c := range []struct {
		listen           string
		token, encrypted bool
		want             string // "" is allowed
	}{
		{"127.0.0.1:9177", false, false, ""},
		{"localhost:9177", false, false, ""},
		{"[::1]:9177", false, false, ""},
		{"127.0.0.1:9177", true, false, ""},
		{"0.0.0.0:9177", true, true, ""},
		{":9177", true, true, ""},
		{"bench1.example:9177", true, true, ""},
		{":9177", false, false, "needs a token and TLS"},
		{"0.0.0.0:9177", true, false, "needs TLS"},
		{"[::]:9177", false, true, "needs a token"},
		{"192.168.0.1:9177", false, false, "needs a token and TLS"},
		{"bench1.example:9177", false, false, "needs a token and TLS"},
		{"localhost.evil.example:9177", false, false, "needs a token and TLS"},
		{"9177", true, true, "want host:port"},
	} {
		err := checkExposure(c.listen, c.token, c.encrypted)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("listen %s, token %v, TLS %v: %v, want %q", c.listen, c.token, c.encrypted, err, c.want)
		}
	}
}

func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for want, o := range map[string]ServerOptions{
		"only one of them is given": {CertFile: "cert.pem"},
		"absent.pem":                {CertFile: "absent.pem", KeyFile: "absent-key.pem"},
		"address already in use":    {Listen: taken.Addr().String()},
	} {
		if _, err := Listen(o, http.NotFoundHandler()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q in it", o, err, want)
		}
	}
}

// A client that sends nothing must not keep others out for good.
func TestServerBoundsConnections(t *testing.T) {
	s, err := Listen(ServerOptions{Listen: "127.0.0.1:0"}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	addr := s.listener.Addr().String()
	var held []net.Conn
	for range maxConnections {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, c)
	}
	answered := make(chan error, 1)
	go func() {
		r, err := http.Get(s.URL())
		if err == nil {
			r.Body.Close()
		}
		answered <- err
	}()
	select {
	case <-answered:
		t.Error("answered although every place is held")
	case <-time.After(200 * time.Millisecond):
	}
	for _, c := range held {
		c.Close()
	}
	if err := <-answered; err != nil {
		t.Errorf("after the others left: %v", err)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("serve: %v", err)
	}
}
