package engine

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/series"
)

// Options say which engine is asked, and for what.
type Options struct {
	// URL is that below which /api/v1 is.
	URL string
	// HTTP carries what the engine wants to see of who asks; nil is nothing.
	HTTP *http.Client
	// Selector narrows the series to those with these labels, in PromQL, as
	// `cluster="lab"`; "" is all.
	Selector string
	// History is how far back runs are looked for; 0 is 30 days.
	History time.Duration
	// Now stands in for the clock in tests.
	Now func() time.Time
}

const defaultHistory = 30 * 24 * time.Hour

// How long what an engine said of its runs is believed. A run that has ended
// changes no more.
const (
	indexAge    = 10 * time.Second
	manifestAge = 5 * time.Minute
	// A run that just began is still being described.
	youngAge, young = 5 * time.Second, 2 * time.Minute
	newestAge       = 2 * time.Second
	// silence is how long after its newest reading a run without an end may
	// still be one whose samples are on their way.
	silence = 10 * time.Minute
	// longest is the time that a run without an end is looked back for:
	// `serve` begins a new one each day.
	longest = 25 * time.Hour
)

// Source is an engine. It is safe for concurrent use.
type Source struct {
	client   *client
	selector string // begins with a comma, unless it is empty
	history  time.Duration
	now      func() time.Time

	// One question at a time of each of these: the panels of a dashboard ask
	// at once, and its answer is for all of them.
	indexing, timing, describing sync.Mutex

	mu     sync.Mutex // guards what is below
	index  aged[*export.Index]
	runs   map[runKey]aged[*described]
	newest map[runKey]aged[int64]
	ended  map[runKey]int64 // of runs whose agent never said so
}

type runKey struct{ host, run string }

// aged is what was said, and when.
type aged[T any] struct {
	of   T
	at   time.Time
	ever bool // it does not change any more
}

func (a aged[T]) fresh(now time.Time, age time.Duration) bool {
	return !a.at.IsZero() && (a.ever || now.Sub(a.at) < age && !now.Before(a.at))
}

// Open makes a source. Nothing is asked before the first question.
func Open(o Options) (*Source, error) {
	c, err := newClient(o.URL, o.HTTP)
	if err != nil {
		return nil, err
	}
	s := &Source{client: c, history: o.History, now: o.Now, runs: map[runKey]aged[*described]{}, newest: map[runKey]aged[int64]{}, ended: map[runKey]int64{}}
	if s.history <= 0 {
		s.history = defaultHistory
	}
	if s.now == nil {
		s.now = time.Now
	}
	if sel := strings.Trim(strings.TrimSpace(o.Selector), "{}"); sel != "" {
		s.selector = "," + sel
	}
	return s, nil
}

// of selects series by a pattern of their names, of one run.
func (s *Source) of(names string, k runKey, more string) string {
	return fmt.Sprintf("{__name__=~%s,host=%s,run=%s%s%s}", strconv.Quote(names), strconv.Quote(k.host), strconv.Quote(k.run), more, s.selector)
}

// Index lists the runs that the engine has samples of.
func (s *Source) Index(ctx context.Context) (*export.Index, error) {
	s.indexing.Lock()
	defer s.indexing.Unlock()
	now := s.now()
	s.mu.Lock()
	have := s.index
	s.mu.Unlock()
	if have.fresh(now, indexAge) {
		return have.of, nil
	}
	x, err := s.readIndex(ctx, now)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.index = aged[*export.Index]{of: x, at: now}
	s.mu.Unlock()
	return x, nil
}

func (s *Source) readIndex(ctx context.Context, now time.Time) (*export.Index, error) {
	found, err := s.client.series(ctx, fmt.Sprintf("{__name__=~%s%s}", strconv.Quote(series.RunInfo+"|"+series.EndInfo), s.selector),
		now.Add(-s.history).UnixMilli(), now.Add(time.Hour).UnixMilli())
	if err != nil {
		return nil, err
	}
	runs, ends := map[runKey]export.IndexRun{}, map[runKey]int64{}
	for _, l := range found {
		k := runKey{l[series.LabelHost], l[series.LabelRun]}
		if l["__name__"] == series.EndInfo {
			ends[k], _ = strconv.ParseInt(l["end_ns"], 10, 64)
			continue
		}
		begun, err := strconv.ParseInt(l["start_ns"], 10, 64)
		if err != nil || k.host == "" || k.run == "" {
			continue // not an agent's
		}
		runs[k] = export.IndexRun{Run: k.run, Name: l["name"], State: export.Recording, StartNS: begun, Labels: userLabels(l)}
	}
	for k, r := range runs {
		if end := ends[k]; end > 0 {
			r.State, r.EndNS = export.Sealed, end
			runs[k] = r
		}
	}
	x := newIndex(runs)
	return x, s.endSilent(ctx, x, now)
}

// endSilent ends the runs that a later one of the same host followed though
// no agent said that they ended: it was killed.
func (s *Source) endSilent(ctx context.Context, x *export.Index, now time.Time) error {
	for _, h := range x.Hosts {
		for i := range len(h.Runs) - 1 {
			r := &h.Runs[i]
			if r.EndNS != 0 {
				continue
			}
			end, err := s.endOf(ctx, runKey{h.Host, r.Run}, r.StartNS, now)
			if err != nil {
				return err
			}
			r.State, r.EndNS = export.Recovered, end
		}
	}
	return nil
}

func (s *Source) endOf(ctx context.Context, k runKey, startNS int64, now time.Time) (int64, error) {
	s.mu.Lock()
	end := s.ended[k]
	s.mu.Unlock()
	if end != 0 {
		return end, nil
	}
	end, err := s.lastReading(ctx, k, startNS, now)
	if err == nil && now.UnixNano()-end > int64(silence) {
		s.mu.Lock()
		s.ended[k] = end
		s.mu.Unlock()
	}
	return end, err
}

// lastReading is when a run's newest reading was taken; its start, where the
// engine has none.
func (s *Source) lastReading(ctx context.Context, k runKey, startNS int64, now time.Time) (int64, error) {
	at := min(startNS/1e6+longest.Milliseconds(), now.UnixMilli())
	expression := fmt.Sprintf("last_over_time(%s[%ds])", s.of(series.NewestTime, k, ""), int(longest.Seconds()))
	v, err := s.client.at(ctx, expression, at)
	return newestOf(v, startNS), err
}

func newestOf(v []vector, least int64) int64 {
	for _, x := range v {
		for _, p := range x.Values {
			least = max(least, int64(p.value*1e9))
		}
	}
	return least
}

// Newest is the time of the newest reading that the engine has.
func (s *Source) Newest(ctx context.Context, host, run string) (int64, error) {
	k, now := runKey{host, run}, s.now()
	if ns, ok := s.knownNewest(k, now); ok {
		return ns, nil
	}
	d, err := s.described(ctx, k)
	if err != nil {
		return 0, err
	}
	s.timing.Lock() // what one asks for is of all runs
	defer s.timing.Unlock()
	if ns, ok := s.knownNewest(k, now); ok {
		return ns, nil
	}
	if err := s.readNewest(ctx, now); err != nil {
		return 0, err
	}
	if ns, ok := s.knownNewest(k, now); ok {
		return ns, nil
	}
	ns, err := s.lastReading(ctx, k, d.manifest.StartNS, now)
	if err == nil {
		s.keepNewest(k, ns, now)
	}
	return ns, err
}

func (s *Source) knownNewest(k runKey, now time.Time) (int64, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.newest[k]
	return have.of, have.fresh(now, newestAge)
}

func (s *Source) keepNewest(k runKey, ns int64, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest[k] = aged[int64]{of: ns, at: now}
}

// readNewest asks for the newest readings of all runs that are recording.
func (s *Source) readNewest(ctx context.Context, now time.Time) error {
	all, err := s.client.at(ctx, fmt.Sprintf("{__name__=%q%s}", series.NewestTime, s.selector), now.UnixMilli())
	if err != nil {
		return err
	}
	for _, v := range all {
		s.keepNewest(runKey{v.Metric.Host, v.Metric.Run}, newestOf([]vector{v}, 0), now)
	}
	return nil
}

// Manifest describes a run as far as its series do.
func (s *Source) Manifest(ctx context.Context, host, run string) (*export.Manifest, error) {
	d, err := s.described(ctx, runKey{host, run})
	if err != nil {
		return nil, err
	}
	return d.manifest, nil
}

// Notes are not among the series.
func (s *Source) Notes(context.Context, string, string) ([]export.Note, error) { return nil, nil }

// The engine has no stacks, and so none of what they are of.

// TracedSums is not available.
func (s *Source) TracedSums(context.Context, string, string, export.TracedRequest) (*export.TracedSums, error) {
	return nil, notHere("allocations and migrations")
}

// Allocators is not available.
func (s *Source) Allocators(context.Context, string, string, export.AllocatorsRequest) (*export.Allocators, error) {
	return nil, notHere("stacks")
}

// Naming is not available.
func (s *Source) Naming(context.Context, string, string, []int64) (*export.Naming, error) {
	return nil, notHere("stacks")
}

func notHere(what string) error {
	return &numa.Unavailable{Feature: what, Why: "a fleet's engine has sums by node, no CPUs, addresses or stacks", Remedy: "ask the host's agent, or a directory with its export"}
}
