package export

import (
	"context"
	"fmt"
)

// gathering is what a question keeps of a segment's rows. A tail's grows,
// batch by batch; a view is as it is now, and may be read while it does.
type gathering[V any] interface {
	take(rows int, cols []vector) error
	view() V
	bytes() int64
}

// followed is a gathering and how far into its segment it has come.
type followed[V any] struct {
	version string
	tail    *tailReader
	got     gathering[V]
}

// follow gathers columns of a whole segment: of a sealed one once, of a tail
// what is new since the last time. what tells gatherings of one segment
// apart.
func follow[V any](ctx context.Context, r *Reader, m *Manifest, s Segment, what string, columns []string, fresh func() gathering[V]) (V, error) {
	key := what + "\x00" + m.identity(s)
	v, err := r.followed.do(ctx, key, func(ctx context.Context) (any, error) {
		f, _ := r.cache.get(key).(*followed[V])
		if f != nil && s.Format == formatParquet {
			return f.got.view(), nil
		}
		f, err := f.advance(ctx, r, m, s, columns, fresh)
		if err != nil {
			r.cache.drop(key)
			return nil, err
		}
		r.cache.put(key, f, f.got.bytes())
		return f.got.view(), nil
	})
	if err != nil {
		var none V
		return none, err
	}
	return v.(V), nil
}

// advance takes what is new, or everything where the segment is not the one
// that was followed.
func (f *followed[V]) advance(ctx context.Context, r *Reader, m *Manifest, s Segment, columns []string, fresh func() gathering[V]) (*followed[V], error) {
	path, file, err := r.open(ctx, m, s)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if f == nil || f.version != file.Version() || file.Size() < f.tail.next {
		f = &followed[V]{version: file.Version(), tail: newTailReader(), got: fresh()}
	}
	if s.Format == formatParquet {
		err = eachChunk(file, s, columns, f.got.take)
	} else {
		err = untorn(f.tail.advance(file, file.Size(), columns, f.got.take))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}
