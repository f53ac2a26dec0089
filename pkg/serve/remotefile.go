package serve

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"sync"
)

// documentFile is a document in memory.
type documentFile struct {
	*bytes.Reader
	version string
}

func (d *documentFile) Version() string { return d.version }
func (d *documentFile) Close() error    { return nil }

// firstAhead is what the second fetch in a row takes.
const firstAhead = 4 * blockBytes

// remoteFile reads a file by ranges of whole blocks. Where reading goes
// forward each fetch takes twice as much, up to one request's limit; where it
// jumps, it takes the blocks asked for and no more.
type remoteFile struct {
	c      *Client
	name   string
	state  fileState
	ctx    context.Context // done when the file is closed
	cancel context.CancelFunc

	mu    sync.Mutex
	next  int64 // where reading would go on
	ahead int64 // how far to fetch when it does
}

func (c *Client) file(name string, s fileState) *remoteFile {
	ctx, cancel := context.WithCancel(context.Background())
	return &remoteFile{c: c, name: name, state: s, ctx: ctx, cancel: cancel, next: -1}
}

func (f *remoteFile) Size() int64     { return f.state.size }
func (f *remoteFile) Version() string { return f.state.identity() }

func (f *remoteFile) Close() error {
	f.cancel()
	return nil
}

// ReadAt is safe for concurrent use, as io.ReaderAt asks; two readers of the
// same missing block may both fetch it.
func (f *remoteFile) ReadAt(p []byte, off int64) (int, error) {
	if f.ctx.Err() != nil {
		return 0, fmt.Errorf("read %s from agent %s: %w", f.name, f.c.base, fs.ErrClosed)
	}
	if off < 0 {
		return 0, fmt.Errorf("read %s from agent %s: negative offset %d", f.name, f.c.base, off)
	}
	end := min(off+int64(len(p)), f.state.size)
	ahead := f.plan(off, end)
	n := 0
	for at := off; at < end; {
		data, err := f.block(at, max(end, at+ahead))
		if err != nil {
			return n, err
		}
		k := copy(p[n:end-off], data)
		n += k
		at += int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// plan tells how far beyond off to fetch if something has to be fetched.
func (f *remoteFile) plan(off, end int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off != f.next {
		f.ahead = 0
	}
	f.next = end
	return f.ahead
}

// fetched widens what the next fetch takes, if reading goes on from here.
func (f *remoteFile) fetched() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ahead = min(max(2*f.ahead, firstAhead), maxRange)
}

// block gives bytes of the file from offset at on, at least one, fetching up
// to want if the first is not at hand.
func (f *remoteFile) block(at, want int64) ([]byte, error) {
	if data := f.cached(at); len(data) > 0 {
		return data, nil
	}
	a, err := f.fetch(f.missing(at, want))
	if err != nil {
		return nil, err
	}
	if at < a.first || at >= a.first+int64(len(a.body)) {
		return nil, &Failure{URL: f.c.base.String(), Problem: fmt.Sprintf("it sent another part of %s than was asked for, at offset %d", f.name, at), Remedy: "if a proxy is between, have it pass range requests"}
	}
	return a.body[at-a.first:], nil
}

func (f *remoteFile) key(block int64) blockKey { return blockKey{f.name, f.Version(), block} }

// lastPart is the block number under which the end of a sealed file is kept,
// as it came with the opening: it begins at no block's beginning.
const lastPart = -1

// cached gives what the cache holds from at to the end of its block.
func (f *remoteFile) cached(at int64) []byte {
	data, _ := f.c.blocks.get(f.key(at / blockBytes))
	if in := at % blockBytes; in < int64(len(data)) {
		return data[in:]
	}
	if last, ok := f.c.blocks.get(f.key(lastPart)); ok && at >= f.state.size-int64(len(last)) {
		return last[at-(f.state.size-int64(len(last))):]
	}
	return nil
}

// missing widens [at, want) to whole blocks, stops before the first block
// that is at hand, and begins where a block that has grown since was left.
func (f *remoteFile) missing(at, want int64) (first, end int64) {
	block := at / blockBytes
	data, _ := f.c.blocks.get(f.key(block))
	first = block*blockBytes + int64(len(data))
	want = min(want, first+maxRange, f.state.size)
	end = first
	for end < want {
		if end > first && f.cached(end) != nil {
			break
		}
		end = (end/blockBytes + 1) * blockBytes
	}
	return first, min(end, f.state.size)
}

func (f *remoteFile) fetch(first, end int64) (*answer, error) {
	header := http.Header{"Range": {rangeOf(first, end)}}
	if servable(f.name) == sealed {
		header.Set("If-Match", `"`+f.state.version+`"`)
	}
	a, err := f.c.ask(f.ctx, f.name, header)
	if err != nil {
		return nil, err
	}
	if a.version != f.state.version || a.status == http.StatusRequestedRangeNotSatisfiable {
		return nil, &Failure{URL: f.c.base.String(), Problem: f.name + " was replaced while it was read", Remedy: "read it again", Err: errReplaced}
	}
	f.store(a)
	f.fetched()
	if servable(f.name) == tail {
		f.c.advance(f.name, f.state.version, a.first, a.first+int64(len(a.body)))
	}
	return a, nil
}

// store keeps what came, block by block, except where the beginning of a
// block is not at hand.
func (f *remoteFile) store(a *answer) {
	first, body := a.first, a.body
	for len(body) > 0 {
		in := first % blockBytes
		part := body[:min(int64(len(body)), blockBytes-in)]
		key := f.key(first / blockBytes)
		have, _ := f.c.blocks.get(key)
		if in <= int64(len(have)) && in+int64(len(part)) > int64(len(have)) {
			// Copied, so that no block keeps a whole answer alive.
			f.c.blocks.put(key, append(have[:in:in], part...))
		}
		first += int64(len(part))
		body = body[len(part):]
	}
}
