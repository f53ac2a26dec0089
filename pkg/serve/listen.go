package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultListen is where an agent listens unless told otherwise.
const DefaultListen = "127.0.0.1:9177"

// ServerOptions say where to listen and how.
type ServerOptions struct {
	Listen            string // host:port; "" is DefaultListen
	CertFile, KeyFile string // PEM; both or none
	Token             string
	Log               *slog.Logger
}

// Server listens. It is made by Listen and lives until Serve returns.
type Server struct {
	listener net.Listener
	http     *http.Server
	scheme   string
}

// The limits are for a client that stalls, on a host where nothing of ours
// may pile up.
const (
	headerTimeout   = 5 * time.Second
	writeTimeout    = time.Minute
	idleTimeout     = 2 * time.Minute
	headerBytes     = 8 << 10
	maxConnections  = 64
	shutdownTimeout = 3 * time.Second
)

// Listen checks the options and opens the port. An address that other hosts
// reach is refused without both a token and TLS.
func Listen(o ServerOptions, h http.Handler) (*Server, error) {
	if o.Listen == "" {
		o.Listen = DefaultListen
	}
	if (o.CertFile == "") != (o.KeyFile == "") {
		return nil, errors.New("listen: TLS needs a certificate and a key, and only one of them is given")
	}
	if err := checkExposure(o.Listen, o.Token != "", o.CertFile != ""); err != nil {
		return nil, err
	}
	s := &Server{scheme: "http", http: newHTTPServer(h, o.Log)}
	if o.CertFile != "" {
		cert, err := tls.LoadX509KeyPair(o.CertFile, o.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("listen: certificate %s with key %s: %w", o.CertFile, o.KeyFile, err)
		}
		s.scheme = "https"
		s.http.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}}
	}
	l, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", o.Listen, err)
	}
	s.listener = &boundedListener{Listener: l, places: make(chan struct{}, maxConnections), closed: make(chan struct{})}
	return s, nil
}

func newHTTPServer(h http.Handler, log *slog.Logger) *http.Server {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       headerTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		Protocols:         new(http.Protocols),
	}
	// HTTP/1 only: one connection is one request at a time, so the two
	// limits bound the work.
	s.Protocols.SetHTTP1(true)
	return s
}

// URL is the address that a client on this host uses.
func (s *Server) URL() string { return s.scheme + "://" + s.listener.Addr().String() }

// Serve answers until ctx is done, then lets running requests end for a
// moment.
func (s *Server) Serve(ctx context.Context) error {
	done := make(chan error, 1)
	go func() {
		if s.scheme == "https" {
			done <- s.http.ServeTLS(s.listener, "", "")
		} else {
			done <- s.http.Serve(s.listener)
		}
	}()
	select {
	case err := <-done:
		return fmt.Errorf("serve on %s: %w", s.listener.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := s.http.Shutdown(stop); err != nil {
		s.http.Close()
	}
	<-done
	return nil
}

// checkExposure holds the rule that recordings leave the host only encrypted
// and only for those who know the token.
func checkExposure(listen string, token, encrypted bool) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fmt.Errorf("listen address %q: want host:port, such as %s", listen, DefaultListen)
	}
	if loopbackName(host) || token && encrypted {
		return nil
	}
	missing := "a token and TLS"
	switch {
	case token:
		missing = "TLS"
	case encrypted:
		missing = "a token"
	}
	return fmt.Errorf("listen on %s: other hosts reach this address, and that needs %s; add it, or listen on 127.0.0.1", listen, missing)
}

// boundedListener admits so many connections at once; further ones wait in
// the kernel's backlog, where they cost nothing.
type boundedListener struct {
	net.Listener
	places chan struct{}
	once   sync.Once
	closed chan struct{}
}

func (l *boundedListener) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	return &boundedConn{Conn: c, free: func() { <-l.places }}, nil
}

func (l *boundedListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type boundedConn struct {
	net.Conn
	once sync.Once
	free func()
}

func (c *boundedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.free)
	return err
}

// loopbackName tells whether a Host header, with or without a port, names
// this host's loopback.
func loopbackName(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
