package export

import (
	"context"
	"runtime"
	"sync"
)

// flight makes one call of many at once: whoever asks for a key that is on
// its way waits for that answer. A caller that gives up does not take the
// answer from the others.
type flight[T any] struct {
	mu    sync.Mutex
	calls map[string]*call[T]
}

type call[T any] struct {
	done chan struct{}
	val  T
	err  error
}

func (f *flight[T]) do(ctx context.Context, key string, fn func(context.Context) (T, error)) (T, error) {
	f.mu.Lock()
	if f.calls == nil {
		f.calls = map[string]*call[T]{}
	}
	c := f.calls[key]
	if c == nil {
		c = &call[T]{done: make(chan struct{})}
		f.calls[key] = c
		go func() {
			defer func() {
				f.mu.Lock()
				delete(f.calls, key)
				f.mu.Unlock()
				close(c.done)
			}()
			defer caught(&c.err)
			c.val, c.err = fn(context.WithoutCancel(ctx))
		}()
	}
	f.mu.Unlock()
	select {
	case <-c.done:
		return c.val, c.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// sideBySide calls fn for 0 to n-1, a few at a time, and gives the first
// error in that order.
func sideBySide(n int, fn func(i int) error) error {
	errs := make([]error, n)
	slots := make(chan struct{}, min(4, runtime.GOMAXPROCS(0)))
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			defer caught(&errs[i])
			errs[i] = fn(i)
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
