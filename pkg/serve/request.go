package serve

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// answer is what one request brought.
type answer struct {
	status  int
	version string
	first   int64 // offset of body in the file
	size    int64 // of the whole file; -1 when the answer does not say (304)
	body    []byte
}

// maxDocument bounds run.json and index.json; the manifest of a host with
// thousands of CPUs has some megabytes.
const maxDocument = 64 << 20

// maxRange bounds one request, so that a slow line keeps to the timeout.
const maxRange = 4 << 20

// maxRefusal is more than an agent says when it does not send a file.
const maxRefusal = 8 << 10

// busyTries is how often a request is made when the agent has no place free.
const busyTries = 3

// ask makes one request. rangeHeader and the conditions may be "".
func (c *Client) ask(ctx context.Context, name string, header http.Header) (*answer, error) {
	select {
	case c.places <- struct{}{}:
	case <-ctx.Done():
		return nil, c.unreached(ctx.Err())
	}
	defer func() { <-c.places }()

	for try := 1; ; try++ {
		a, busy, err := c.askOnce(ctx, name, header)
		if !busy || try == busyTries {
			return a, err
		}
		select {
		case <-time.After(time.Duration(try) * 300 * time.Millisecond):
		case <-ctx.Done():
			return nil, c.unreached(ctx.Err())
		}
	}
}

func (c *Client) askOnce(ctx context.Context, name string, header http.Header) (a *answer, busy bool, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stall := time.AfterFunc(c.timeout, func() { cancel(errStalled) })
	defer stall.Stop()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base.JoinPath(filesPath, name).String(), nil)
	if err != nil {
		return nil, false, fmt.Errorf("agent %s: %w", c.base, err)
	}
	r.Header = header.Clone()
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return nil, false, c.unreached(reason(ctx, err))
	}
	defer resp.Body.Close()
	// A connection is used again only if nothing of its answer is left.
	defer io.CopyN(io.Discard, resp.Body, maxRefusal)
	if err := c.check(resp, name); err != nil {
		return nil, resp.StatusCode == http.StatusServiceUnavailable, err
	}
	resp.Body = &progress{ReadCloser: resp.Body, stall: stall, timeout: c.timeout}
	a, err = c.read(ctx, resp, name)
	return a, false, err
}

// errStalled ends a request that makes no progress. A whole answer may take
// longer than the timeout on a slow line, as long as it goes on.
var errStalled = fmt.Errorf("no progress: %w", os.ErrDeadlineExceeded)

// reason puts why we gave up in place of the cancellation that it looks like.
func reason(ctx context.Context, err error) error {
	if context.Cause(ctx) == errStalled {
		return errStalled
	}
	return err
}

// progress puts the end off with every read.
type progress struct {
	io.ReadCloser
	stall   *time.Timer
	timeout time.Duration
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	if n > 0 {
		p.stall.Reset(p.timeout)
	}
	return n, err
}

func (c *Client) read(ctx context.Context, resp *http.Response, name string) (*answer, error) {
	a := &answer{status: resp.StatusCode, version: versionIn(resp.Header), size: -1}
	switch resp.StatusCode {
	case http.StatusNotModified:
		return a, nil
	case http.StatusOK:
		a.size = resp.ContentLength
	default:
		first, size, err := parseContentRange(resp.Header.Get("Content-Range"))
		if err != nil {
			return nil, &Failure{URL: c.base.String(), Problem: err.Error() + " for " + name, Remedy: "if a proxy is between, have it pass range requests", Err: err}
		}
		a.first, a.size = first, size
		if resp.StatusCode == http.StatusRequestedRangeNotSatisfiable {
			return a, nil
		}
	}
	if a.first+resp.ContentLength > max(a.size, 0) || resp.ContentLength < 0 || resp.ContentLength > maxDocument {
		return nil, &Failure{URL: c.base.String(), Problem: fmt.Sprintf("it sends %s with an unusable length (%d)", name, resp.ContentLength), Remedy: "if a proxy is between, have it pass answers unchanged"}
	}
	a.body = make([]byte, resp.ContentLength)
	if n, err := io.ReadFull(resp.Body, a.body); err != nil {
		return nil, c.brokeOff(name, n, len(a.body), reason(ctx, err))
	}
	return a, nil
}

func (c *Client) brokeOff(name string, n, all int, err error) error {
	f := &Failure{URL: c.base.String(), Problem: fmt.Sprintf("%s broke off after %d of %d bytes (%s)", name, n, all, innermost(err)), Remedy: "try again", Err: err}
	if isTimeout(err) {
		f.Problem = fmt.Sprintf("%s stalled after %d of %d bytes", name, n, all)
		f.Remedy = "check the network, or raise the timeout"
	}
	return f
}

// versionIn prefers the generation, which files of every kind have and which
// proxies, unlike ETags, do not weaken.
func versionIn(h http.Header) string {
	if g := h.Get(generationHeader); g != "" {
		return g
	}
	return strings.Trim(strings.TrimPrefix(h.Get("ETag"), "W/"), `"`)
}

// parseContentRange takes "bytes 0-99/1000" and "bytes */1000".
func parseContentRange(s string) (first, size int64, err error) {
	bad := fmt.Errorf("Content-Range %q is not one that can be used", s)
	span, total, ok := strings.Cut(strings.TrimPrefix(s, "bytes "), "/")
	if !ok || !strings.HasPrefix(s, "bytes ") {
		return 0, 0, bad
	}
	if size, err = strconv.ParseInt(total, 10, 64); err != nil || size < 0 {
		return 0, 0, bad
	}
	if span == "*" {
		return size, size, nil
	}
	from, to, ok := strings.Cut(span, "-")
	first, err = strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	if !ok || err != nil || err2 != nil || first < 0 || last < first || last >= size {
		return 0, 0, bad
	}
	return first, size, nil
}

func rangeOf(first, end int64) string { return fmt.Sprintf("bytes=%d-%d", first, end-1) }
