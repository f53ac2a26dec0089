package serve

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/numalens/numalens/pkg/export"
)

// footerBytes is what is fetched of a Parquet file's end when it is opened:
// its footer and page index, which a reader wants first.
const footerBytes = 64 << 10

// openDocument gets a document whole, or learns that the one in the cache is
// still the one.
func (c *Client) openDocument(ctx context.Context, name string) (export.File, error) {
	header := http.Header{}
	was, known := c.recall(name)
	cached, have := c.blocks.get(blockKey{name, was.version, 0})
	if known && have {
		header.Set("If-None-Match", `"`+was.version+`"`)
	}
	a, err := c.ask(ctx, name, header)
	if err != nil {
		return nil, err
	}
	switch a.status {
	case http.StatusNotModified:
		return &documentFile{Reader: bytes.NewReader(cached), version: was.version}, nil
	case http.StatusOK:
	default:
		return nil, c.strange(name, a)
	}
	c.blocks.put(blockKey{name, a.version, 0}, a.body)
	c.remember(name, fileState{version: a.version, size: a.size})
	return &documentFile{Reader: bytes.NewReader(a.body), version: a.version}, nil
}

func (c *Client) openSealed(ctx context.Context, name string) (export.File, error) {
	header := http.Header{"Range": {fmt.Sprintf("bytes=-%d", footerBytes)}}
	was, known := c.recall(name)
	if known {
		header.Set("If-None-Match", `"`+was.version+`"`)
	}
	a, err := c.ask(ctx, name, header)
	if err != nil {
		return nil, err
	}
	switch a.status {
	case http.StatusNotModified:
		return c.file(name, was), nil
	case http.StatusRequestedRangeNotSatisfiable:
		return nil, c.strange(name, a)
	}
	now := fileState{version: a.version, size: a.size}
	c.remember(name, now)
	f := c.file(name, now)
	f.store(a)
	if a.first+int64(len(a.body)) == a.size {
		c.blocks.put(f.key(lastPart), a.body)
	}
	return f, nil
}

// openTail asks from where reading stopped the last time.
func (c *Client) openTail(ctx context.Context, name string) (export.File, error) {
	was, _ := c.recall(name)
	a, err := c.ask(ctx, name, http.Header{"Range": {rangeOf(was.read, was.read+maxRange)}})
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusNotModified {
		return nil, c.strange(name, a)
	}
	now := fileState{version: a.version, size: a.size}
	if a.version == was.version {
		now.read, now.cuts = was.read, was.cuts
		if a.size < was.size {
			// It was cut to its last whole batch and may grow differently:
			// to a reader it is another file.
			now.read, now.cuts = 0, was.cuts+1
		}
	}
	f := c.file(name, now)
	f.store(a)
	if end := a.first + int64(len(a.body)); a.first == now.read {
		now.read = end
	}
	c.remember(name, now)
	return f, nil
}

// strange is an answer that does not follow from what was asked.
func (c *Client) strange(name string, a *answer) error {
	return &Failure{
		URL:     c.base.String(),
		Problem: fmt.Sprintf("unexpected status %d for %s", a.status, name),
		Remedy:  "if a proxy is between, have it pass requests unchanged",
	}
}
