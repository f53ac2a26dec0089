package export

import (
	"context"
	"fmt"
)

// Newest is the time of the newest row of any table of the run, or the run's
// start when there is none.
func (r *Reader) Newest(ctx context.Context, host, run string) (int64, error) {
	return again(ctx, r, host, run, func(m *Manifest) (int64, error) {
		newest := m.newest()
		for _, s := range m.Segments {
			if s.Format != formatArrows {
				continue
			}
			ts, err := r.newest.do(ctx, m.identity(s), func(ctx context.Context) (int64, error) {
				return r.tailNewest(ctx, m, s)
			})
			if err != nil {
				return 0, err
			}
			newest = max(newest, ts)
		}
		return newest, nil
	})
}

// clock follows the time column of a tail.
type clock struct {
	version string
	tail    *tailReader
	newest  int64
}

func (c *clock) take(_ int, cols []vector) error {
	for _, ts := range cols[0].values {
		c.newest = max(c.newest, ts)
	}
	return nil
}

func (r *Reader) tailNewest(ctx context.Context, m *Manifest, s Segment) (int64, error) {
	key := "newest\x00" + m.identity(s)
	path, f, err := r.open(ctx, m, s)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	c, _ := r.cache.get(key).(*clock)
	if c == nil || c.version != f.Version() || f.Size() < c.tail.next {
		c = &clock{version: f.Version(), tail: newTailReader()}
	}
	if err := untorn(c.tail.advance(f, f.Size(), []string{"ts"}, c.take)); err != nil {
		r.cache.drop(key)
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	r.cache.put(key, c, int64(len(c.tail.batches))*16)
	return c.newest, nil
}
