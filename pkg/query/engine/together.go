package engine

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A rule for all hosts asks each of them the same. Questions that differ in
// the run only are put together into one request, when the asker has said that
// there are many.

// lull is how long no further question comes before those that wait are asked,
// where some of the hosts have nothing to ask.
const lull = 25 * time.Millisecond

// mostNamed is how many runs a request names.
const mostNamed = 50

type togetherKey struct{}

// Together says that so many hosts are asked the same, side by side.
func (s *Source) Together(ctx context.Context, hosts int) context.Context {
	return context.WithValue(ctx, togetherKey{}, &together{s: s, ctx: ctx, left: hosts, waiting: map[string]*batch{}})
}

func togetherOf(ctx context.Context) *together {
	t, _ := ctx.Value(togetherKey{}).(*together)
	return t
}

type together struct {
	s   *Source
	ctx context.Context

	mu      sync.Mutex
	left    int // hosts that did not ask yet
	waiting map[string]*batch
}

// batch is one question about several runs.
type batch struct {
	names, more string
	edges       []int64 // ms
	end         int64
	runs        []runKey
	timer       *time.Timer
	done        chan struct{}
	lines       map[runKey][]line
	err         error
}

// ask waits for the answer about one run.
func (t *together) ask(ctx context.Context, k runKey, names, more string, ms []int64, end int64) ([]line, error) {
	var key strings.Builder
	key.WriteString(names + more)
	for _, e := range append(ms[:len(ms):len(ms)], end) {
		key.WriteString(" " + strconv.FormatInt(e, 10))
	}
	t.mu.Lock()
	b := t.waiting[key.String()]
	if b == nil {
		b = &batch{names: names, more: more, edges: ms, end: end, done: make(chan struct{})}
		b.timer = time.AfterFunc(lull, func() { t.send(key.String(), b) })
		t.waiting[key.String()] = b
	} else {
		b.timer.Reset(lull)
	}
	b.runs = append(b.runs, k)
	if t.left--; t.left == 0 {
		for _, all := range t.waiting {
			all.timer.Reset(0)
		}
	}
	t.mu.Unlock()
	select {
	case <-b.done:
		return b.lines[k], b.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (t *together) send(key string, b *batch) {
	t.mu.Lock()
	if t.waiting[key] != b {
		t.mu.Unlock()
		return // it was sent while the timer was set anew
	}
	delete(t.waiting, key)
	t.mu.Unlock()
	defer close(b.done)
	var hosts, runs []string
	for _, k := range b.runs {
		hosts, runs = append(hosts, regexp.QuoteMeta(k.host)), append(runs, regexp.QuoteMeta(k.run))
	}
	which := ",host=~" + strconv.Quote(unique(hosts)) + ",run=~" + strconv.Quote(unique(runs))
	if len(b.runs) > mostNamed {
		which = "" // nearly all are meant; the others are left out here
	}
	expression := "{__name__=~" + strconv.Quote(b.names) + which + b.more + t.s.selector + "}"
	all, err := t.s.lines(t.ctx, expression, b.edges, b.end)
	b.err, b.lines = err, map[runKey][]line{}
	for _, l := range all {
		k := runKey{l.Host, l.Run}
		b.lines[k] = append(b.lines[k], l)
	}
}

func unique(texts []string) string {
	seen := map[string]bool{}
	var out []string
	for _, t := range texts {
		if !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	return strings.Join(out, "|")
}
