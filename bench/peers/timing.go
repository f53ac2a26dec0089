package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"
)

// timing is what one question took.
type timing struct {
	question, span, peer string
	runs                 int
	median, cold         time.Duration
	bytes                int
}

// print gives the warm line and the cold one, with ratios to numalens'.
func (t timing) print(ours []timing) {
	warm, cold := 1.0, 1.0
	for _, o := range ours {
		if o.question == t.question && o.peer == oursName {
			warm, cold = float64(t.median)/float64(o.median), float64(t.cold)/float64(o.cold)
		}
	}
	fmt.Printf("BenchmarkPeers/%s/%s/%s %d %d ns/op %d B-answer %.2f x\n", t.question, t.span, t.peer, t.runs, t.median.Nanoseconds(), t.bytes, warm)
	if t.cold > 0 {
		fmt.Printf("BenchmarkPeersCold/%s/%s/%s 1 %d ns/op %.2f x\n", t.question, t.span, t.peer, t.cold.Nanoseconds(), cold)
	}
}

func header() {
	fmt.Printf("goos: %s\ngoarch: %s\n# %d CPUs here; %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), caches())
}

func caches() string {
	if os.Geteuid() == 0 {
		return "cold answers come with the kernel's page cache dropped"
	}
	return "cold answers find the kernel's page cache as it is: dropping it takes root"
}

func dropCaches() {
	syscall.Sync()
	// Without the right to it the line in the header says so.
	_ = os.WriteFile("/proc/sys/vm/drop_caches", []byte("3"), 0o200)
}

// measure compares a peer's answers with the truth and then times them.
func (b *bench) measure(p peer, l load, dir, span string) ([]timing, error) {
	qs := l.questions(b.columns)
	if err := b.planned(l, span, qs); err != nil {
		return nil, err
	}
	qs = asked(p, l, qs, span)
	truth, err := l.truth(qs)
	if err != nil {
		return nil, err
	}
	a, err := p.open(l, dir)
	if err != nil {
		return nil, err
	}
	defer func() { a.close() }()
	for i, q := range qs {
		got, err := a.cells(q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		text, err := check(got, truth[i], toleranceOf(p, l, q))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		fmt.Printf("# Compared/%s/%s/%s: %s\n", q.name, span, p.name(), text)
	}
	var out []timing
	for _, q := range qs {
		t := timing{question: q.name, span: span, peer: p.name(), runs: b.runs}
		if err := a.close(); err != nil {
			return nil, err
		}
		dropCaches()
		began := time.Now()
		if a, err = p.open(l, dir); err != nil {
			return nil, err
		}
		if t.bytes, err = a.ask(q); err != nil {
			return nil, err
		}
		t.cold = time.Since(began)
		if t.median, err = median(b.runs, func() error { _, err := a.ask(q); return err }); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	if o, ok := p.(*ours); ok {
		more, err := o.overGRPC(l, dir, span, qs, b.runs)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	return out, nil
}

// asked leaves out what a peer that keeps few readings can't answer: a window
// needs two.
func asked(p peer, l load, qs []question, span string) []question {
	return slices.DeleteFunc(slices.Clone(qs), func(q question) bool {
		few := q.width < 2*int64(p.every())*1e9/int64(l.hz)
		if few {
			fmt.Printf("# %s/%s: %s keeps less than two readings a column, so it has no answer\n", q.name, span, p.name())
		}
		return few
	})
}

// median of some runs, of which the first only warms.
func median(runs int, once func() error) (time.Duration, error) {
	if err := once(); err != nil {
		return 0, err
	}
	var all []time.Duration
	for range runs {
		began := time.Now()
		if err := once(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(began))
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}
