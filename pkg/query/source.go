package query

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// Source answers the questions that views are made of. [export.Reader] is
// one; so is an engine that holds the same series elsewhere.
type Source interface {
	Index(ctx context.Context) (*export.Index, error)
	Manifest(ctx context.Context, host, run string) (*export.Manifest, error)
	Increments(ctx context.Context, host, run string, q export.IncrementsRequest) (*export.Increments, error)
	Gauges(ctx context.Context, host, run string, q export.GaugesRequest) (*export.Gauges, error)
	Weights(ctx context.Context, host, run string, q export.WeightsRequest) (*export.Weights, error)
	Accesses(ctx context.Context, host, run string, q export.AccessesRequest) (*export.Accesses, error)
	TracedSums(ctx context.Context, host, run string, q export.TracedRequest) (*export.TracedSums, error)
	Allocators(ctx context.Context, host, run string, q export.AllocatorsRequest) (*export.Allocators, error)
	Figures(ctx context.Context, host, run string, q export.FiguresRequest) (*export.Figures, error)
	Naming(ctx context.Context, host, run string, stacks []int64) (*export.Naming, error)
	Newest(ctx context.Context, host, run string) (int64, error)
	Notes(ctx context.Context, host, run string) ([]export.Note, error)
}

// Noticing is a source that knows of more than it can answer: files that
// could not be read.
type Noticing interface {
	// Notices are sentences that belong beside a run of the source, or, with
	// "" for both, beside what is said of all of it.
	Notices(host, run string) []string
}

// Notices are those of all sources.
func (s Sources) Notices() []string {
	var out []string
	for _, n := range s {
		out = append(out, n.notices("", "")...)
	}
	return out
}

func (n Named) notices(host, run string) []string {
	if x, ok := n.Source.(Noticing); ok {
		return x.Notices(host, run)
	}
	return nil
}

// Named is a source and what its owner calls it.
type Named struct {
	Name string
	Source
}

// Sources are several sources asked as one. A host that several of them have
// is one host with all their runs; a run that several have is read from the
// first. A source that cannot be reached hides its own runs only.
type Sources []Named

// Listed is a host and its runs, wherever they are.
type Listed struct {
	Host string
	Runs []ListedRun
}

// ListedRun is a run and the source that has it.
type ListedRun struct {
	export.IndexRun
	Source Named
}

// Hosts lists every host of every source, by name. The error joins those of
// the sources that did not answer; the hosts of the others are there all the
// same.
func (s Sources) Hosts(ctx context.Context) ([]Listed, error) {
	type answer struct {
		index *export.Index
		err   error
	}
	answers := make([]answer, len(s))
	done := make(chan struct{})
	for i, src := range s {
		go func() {
			answers[i].index, answers[i].err = src.Index(ctx)
			done <- struct{}{}
		}()
	}
	for range s {
		<-done
	}
	hosts := map[string]*Listed{}
	var errs []error
	for i, a := range answers {
		if a.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s[i].Name, a.err))
			continue
		}
		for _, h := range a.index.Hosts {
			if hosts[h.Host] == nil {
				hosts[h.Host] = &Listed{Host: h.Host}
			}
			hosts[h.Host].add(h.Runs, s[i])
		}
	}
	out := make([]Listed, 0, len(hosts))
	for _, name := range slices.Sorted(maps.Keys(hosts)) {
		out = append(out, *hosts[name])
	}
	return out, errors.Join(errs...)
}

// add appends a source's runs, without those that an earlier source has.
func (h *Listed) add(runs []export.IndexRun, from Named) {
	before := len(h.Runs)
	for _, r := range runs {
		same := func(x ListedRun) bool { return x.Run == r.Run }
		if !slices.ContainsFunc(h.Runs[:before], same) {
			h.Runs = append(h.Runs, ListedRun{r, from})
		}
	}
}

// Found is the run that a query is about.
type Found struct {
	Source   Named
	Manifest *export.Manifest
}

// Find finds the run that a query means: its host (or the only one), and its
// run by id or name (or the newest that overlaps the time range).
func (s Sources) Find(ctx context.Context, q Query) (Found, error) {
	hosts, err := s.Hosts(ctx)
	host, ok := pickHost(hosts, q.Host)
	if !ok {
		return Found{}, hostError(hosts, q.Host, err)
	}
	return host.find(ctx, q)
}

// find finds the run of this host that a query means.
func (h Listed) find(ctx context.Context, q Query) (Found, error) {
	run, err := pickRun(h, q)
	if err != nil {
		return Found{}, err
	}
	m, err := run.Source.Manifest(ctx, h.Host, run.Run)
	if err != nil {
		return Found{}, err
	}
	return Found{run.Source, m}, nil
}

// hostsOf lists the host that is named, or every host. With a name, what
// became of the other sources is of no matter once it is found.
func (s Sources) hostsOf(ctx context.Context, name string) (hosts []Listed, failed, err error) {
	hosts, failed = s.Hosts(ctx)
	if name == "" {
		return hosts, failed, nil
	}
	h, ok := pickHost(hosts, name)
	if !ok {
		return nil, nil, hostError(hosts, name, failed)
	}
	return []Listed{h}, nil, nil
}

func pickHost(hosts []Listed, name string) (Listed, bool) {
	if name == "" {
		if len(hosts) == 1 {
			return hosts[0], true
		}
		return Listed{}, false
	}
	i := slices.IndexFunc(hosts, func(h Listed) bool { return h.Host == name })
	if i < 0 {
		return Listed{}, false
	}
	return hosts[i], true
}

func hostError(hosts []Listed, name string, unreachable error) error {
	if len(hosts) == 0 {
		if unreachable != nil {
			return unreachable
		}
		return &EmptyError{}
	}
	names := make([]string, len(hosts))
	for i, h := range hosts {
		names[i] = h.Host
	}
	var err error = &UnknownError{What: "host", Name: name, Have: names}
	if name == "" {
		err = fmt.Errorf("the query names no host and there are %d: %s", len(hosts), strings.Join(names, ", "))
	}
	if unreachable != nil {
		return fmt.Errorf("%w (and not all sources answered: %w)", err, unreachable)
	}
	return err
}

// EmptyError says that the sources hold no run at all.
type EmptyError struct{}

func (*EmptyError) Error() string {
	return "there is no run here yet; record one with `numalens-agent record --out DIR -- COMMAND`, where DIR is the directory that is read"
}

// NoDataError says that a time range holds nothing, and where there is data.
type NoDataError struct {
	Host           string
	FromMS, ToMS   float64
	Runs           int
	FirstNS, EndNS int64 // of the host's runs; EndNS 0 while one is recording
}

func (e *NoDataError) Error() string {
	last := "now"
	if e.EndNS != 0 {
		last = clock(e.EndNS)
	}
	runs := fmt.Sprintf("its %d runs lie", e.Runs)
	if e.Runs == 1 {
		runs = "its run lies"
	}
	return fmt.Sprintf("host %s has no data from %s to %s; %s between %s and %s",
		e.Host, clock(int64(e.FromMS*1e6)), clock(int64(e.ToMS*1e6)), runs, clock(e.FirstNS), last)
}

func pickRun(h Listed, q Query) (ListedRun, error) {
	if len(h.Runs) == 0 {
		return ListedRun{}, &EmptyError{}
	}
	byStart := slices.Clone(h.Runs)
	slices.SortStableFunc(byStart, newestFirst)
	for _, r := range byStart {
		if q.anyRun() && overlaps(r.IndexRun, q) || !q.anyRun() && (r.Run == q.Run || r.Name == q.Run) {
			return r, nil
		}
	}
	if q.anyRun() {
		return ListedRun{}, noData(h.Host, byStart, q)
	}
	names := make([]string, len(byStart))
	for i, r := range byStart {
		names[i] = r.Run
	}
	return ListedRun{}, &UnknownError{What: "run", Name: q.Run, Where: "host " + h.Host, Have: names}
}

func newestFirst(a, b ListedRun) int { return cmp.Compare(b.StartNS, a.StartNS) }

func overlaps(r export.IndexRun, q Query) bool {
	return (q.To == 0 || float64(r.StartNS)/1e6 < q.To) && (r.EndNS == 0 || float64(r.EndNS)/1e6 > q.From)
}

func noData(host string, runs []ListedRun, q Query) error {
	e := &NoDataError{Host: host, FromMS: q.From, ToMS: q.To, Runs: len(runs)}
	e.FirstNS = runs[len(runs)-1].StartNS
	for _, r := range runs {
		if r.EndNS == 0 {
			e.EndNS = 0
			break
		}
		e.EndNS = max(e.EndNS, r.EndNS)
	}
	return e
}
