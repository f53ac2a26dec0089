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
			if s.Format != formatArrows || isLevel(s.Table) {
				continue // a level is behind
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

// follow looks at the last batch only, of those that came.
func (c *clock) follow(f File) error {
	before := len(c.tail.batches)
	if err := c.tail.scan(f, f.Size()); err != nil {
		return err
	}
	n := len(c.tail.batches)
	if n == before {
		return nil
	}
	cols, err := c.tail.reread(f, f.Size(), c.tail.batches[n-1], []string{"ts"})
	if err != nil {
		return err
	}
	return c.take(len(cols[0].values), cols)
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
	if err := c.follow(f); err != nil {
		r.cache.drop(key)
		return 0, fmt.Errorf("%s: %w", path, err)
	}
	r.cache.put(key, c, int64(len(c.tail.batches))*16)
	return c.newest, nil
}
