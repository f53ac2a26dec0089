package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// ClientOptions say which agent to read from and whom to trust.
type ClientOptions struct {
	URL   string // http(s)://host:port, below which /v1/files/ lies
	Token string
	// CAFile (PEM) takes the place of the system's CAs; Fingerprint takes the
	// place of any CA: exactly the certificate with this SHA-256 is accepted,
	// self-signed and of whatever name and age.
	CAFile      string
	Fingerprint string
	ServerName  string        // name to expect in the certificate; "" is the URL's
	Timeout     time.Duration // without progress; 0 is 15 s
}

const (
	defaultTimeout = 15 * time.Second
	// clientRequests is what the server admits at once; more would only wait
	// there.
	clientRequests = 4
	cacheBytes     = 64 << 20
)

// Client reads the exports of one agent. It is safe for concurrent use.
type Client struct {
	base    *url.URL
	token   string
	timeout time.Duration
	http    *http.Client
	places  chan struct{}
	blocks  *blockCache

	mu    sync.Mutex
	known map[string]fileState // by name: what the last answer said
}

var _ export.Files = (*Client)(nil)

// Dial checks the options and makes a client. It does not connect: an agent
// that is down now may be up when a file is opened.
func Dial(o ClientOptions) (*Client, error) {
	base, err := parseBase(o)
	if err != nil {
		return nil, err
	}
	trust, err := clientTLS(o)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: min(o.Timeout, 5*time.Second)}).DialContext,
		TLSClientConfig:       trust,
		TLSHandshakeTimeout:   min(o.Timeout, 5*time.Second),
		MaxConnsPerHost:       clientRequests,
		MaxIdleConnsPerHost:   clientRequests,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true, // ranges are of the bytes as they lie on disk
		ResponseHeaderTimeout: o.Timeout,
	}
	return &Client{
		base:    base,
		token:   o.Token,
		timeout: o.Timeout,
		http: &http.Client{
			Transport: transport,
			// A redirect is answered as an error by check: the token is for
			// the address that the user gave, and for no other.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		places: make(chan struct{}, clientRequests),
		blocks: newBlockCache(cacheBytes),
		known:  map[string]fileState{},
	}, nil
}

// parseBase never repeats the whole URL in an error that is about a secret
// in it.
func parseBase(o ClientOptions) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(o.URL))
	if err != nil {
		return nil, errors.New("agent URL: not a URL; want http://host:9177 or https://host:9177")
	}
	switch {
	case u.User != nil:
		return nil, errors.New("agent URL: it must not hold a user or password; give the token by itself")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("agent URL: it must end with the host, port or path, without `?` or `#`; give the token by itself")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("agent URL %q: want http://host:9177 or https://host:9177", o.URL)
	case u.Scheme == "http" && (o.CAFile != "" || o.Fingerprint != ""):
		return nil, fmt.Errorf("agent URL %q: a CA file or fingerprint is set, but http:// is not encrypted; use https://", o.URL)
	case u.Scheme == "http" && o.Token != "" && !loopbackName(u.Host):
		return nil, fmt.Errorf("agent URL %q: the token would cross the network unencrypted; use https://", o.URL)
	}
	return u, nil
}

// URL is the agent's address.
func (c *Client) URL() string { return c.base.String() }

// Close drops idle connections and what was cached.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	c.blocks.clear()
	return nil
}

// fileState is what is known of a file from the last answer about it.
type fileState struct {
	version string
	size    int64
	// Of a tail: read is how far it was read without a hole; the next opening
	// asks from there, so that following is one request for each look. cuts
	// counts how often it got shorter.
	read int64
	cuts int
}

// identity is the version as readers see it.
func (s fileState) identity() string {
	if s.cuts == 0 {
		return s.version
	}
	return fmt.Sprintf("%s-cut%d", s.version, s.cuts)
}

// maxKnown bounds the memory of names; forgetting only costs requests.
const maxKnown = 4096

func (c *Client) remember(name string, s fileState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxKnown {
		clear(c.known)
	}
	c.known[name] = s
}

// advance notes that a tail was read on from where it had been read to.
func (c *Client) advance(name, version string, from, to int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.known[name]; ok && s.version == version && from <= s.read && to > s.read {
		s.read = to
		c.known[name] = s
	}
}

func (c *Client) recall(name string) (fileState, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, ok := c.known[name]
	return s, ok
}

// Open asks for a file. The same request brings the part that a reader wants
// first: all of a document, the end of a Parquet file, the news of a tail.
// Reading is not bound to ctx, which ends with the query while the file may
// be kept; each request is bound by the timeout, and all by Close.
func (c *Client) Open(ctx context.Context, name string) (export.File, error) {
	switch servable(name) {
	case document:
		return c.openDocument(ctx, name)
	case sealed:
		return c.openSealed(ctx, name)
	case tail:
		return c.openTail(ctx, name)
	}
	return nil, fmt.Errorf("open %q from agent %s: not a name of an export; want a relative path to a .json, .parquet or .arrows file, without `..`", name, c.base)
}
