package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
)

type outcome int

const (
	passed outcome = iota
	failed
	skipped
)

// report gathers what the runners say.
type report struct {
	declared map[string]bool
	started  time.Time
	count    [3]int
	failures []string
	skips    map[string][]string // by capability; "" is a skip without one
}

var bracketed = regexp.MustCompile(`\[([a-z0-9]+)\] ?([^\n]*)`)

// add notes one test. text is its output; for a skip, the reason is in it.
func (r *report) add(name string, o outcome, text string) {
	if o == skipped {
		capability, reason := "", strings.TrimSpace(text)
		if m := bracketed.FindStringSubmatch(text); m != nil {
			capability, reason = m[1], m[2]
		}
		if r.declared[capability] {
			o, text = failed, fmt.Sprintf("skipped for lack of %q, which this machine declares: %s", capability, reason)
		} else {
			r.skip(capability, fmt.Sprintf("%s: %s", name, reason))
		}
	}
	r.count[o]++
	if o == failed {
		r.failures = append(r.failures, name)
		fmt.Printf("--- FAIL %s\n%s\n", name, indent(lastLines(text, 80)))
	}
}

func (r *report) skip(capability, what string) {
	if r.skips == nil {
		r.skips = map[string][]string{}
	}
	r.skips[capability] = append(r.skips[capability], what)
}

func (r *report) bad() bool { return r.count[failed] > 0 || r.count[passed] == 0 }

func (r *report) print(w io.Writer) {
	fmt.Fprintf(w, "\n== summary, after %s\n", time.Since(r.started).Round(time.Second))
	var capabilities []string
	for c := range r.skips {
		capabilities = append(capabilities, c)
	}
	slices.Sort(capabilities)
	for _, c := range capabilities {
		title := "skipped for lack of " + c
		if c == "" {
			title = "skipped without naming a capability"
		}
		fmt.Fprintf(w, "%s:\n", title)
		for _, s := range r.skips[c] {
			fmt.Fprintf(w, "  %s\n", s)
		}
	}
	for _, f := range r.failures {
		fmt.Fprintf(w, "failed: %s\n", f)
	}
	// The plain closing line that test harnesses read.
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", r.count[passed], r.count[failed], r.count[skipped])
}

func indent(s string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(s, "\n"), "\n", "\n    ")
}

func lastLines(s string, n int) string {
	lines := strings.Split(s, "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
