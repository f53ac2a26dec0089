package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// healthDetails go to the config editor, which puts each error at its field.
type healthDetails struct {
	// VerboseMessage is where Grafana looks for the long form.
	VerboseMessage string            `json:"verboseMessage,omitempty"`
	Fields         map[string]string `json:"fields,omitempty"`
	Hosts          []healthHost      `json:"hosts"`
	// Notices are what beside the hosts could not be read.
	Notices []string `json:"notices,omitempty"`
}

type healthHost struct {
	Host       string   `json:"host"`
	Source     string   `json:"source"`
	Runs       int      `json:"runs"`
	AgeSeconds *float64 `json:"ageSeconds"` // of the newest sample
	Rung       string   `json:"rung"`
}

// CheckHealth opens every source, and names hosts, runs, the newest sample's
// age and the best rung.
func (i *Instance) CheckHealth(ctx context.Context, _ *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	d := healthDetails{Hosts: []healthHost{}}
	hosts, err := i.sources.Hosts(ctx)
	err = errors.Join(i.broken, err)
	d.Fields = fieldsOf(err)
	var words []string
	for _, h := range hosts {
		for _, from := range bySource(h) {
			x := healthOf(ctx, from)
			d.Hosts = append(d.Hosts, x)
			words = append(words, x.words())
		}
	}
	d.Notices = i.sources.Notices()
	r := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: strings.Join(words, "; ")}
	switch {
	case err != nil:
		r.Status = backend.HealthStatusError
		r.Message = sentence(err.Error())
		if len(words) > 0 {
			r.Message += " What answers: " + strings.Join(words, "; ") + "."
		}
	case len(d.Hosts) == 0:
		r.Status = backend.HealthStatusError
		r.Message = sentence((&query.EmptyError{}).Error())
	}
	if err == nil && len(d.Notices) > 0 {
		r.Message += ". " + strings.Join(d.Notices, " ")
	}
	r.JSONDetails, err = json.Marshal(d)
	return r, err
}

// bySource takes a host apart into what each source has of it: each is
// tested by itself.
func bySource(h query.Listed) []query.Listed {
	var out []query.Listed
	at := map[string]int{}
	for _, r := range h.Runs {
		k, ok := at[r.Source.Name]
		if !ok {
			k = len(out)
			at[r.Source.Name], out = k, append(out, query.Listed{Host: h.Host})
		}
		out[k].Runs = append(out[k].Runs, r)
	}
	return out
}

// healthOf is of a host with at least one run.
func healthOf(ctx context.Context, h query.Listed) healthHost {
	run, _ := newestRun(h)
	x := healthHost{Host: h.Host, Source: run.Source.Name, Runs: len(h.Runs), Rung: numa.NoRung.String()}
	if m, err := run.Source.Manifest(ctx, h.Host, run.Run); err == nil {
		x.Rung = m.Rung.String()
	}
	if newest, ok := newestOf(ctx, h); ok {
		age := time.Since(time.Unix(0, newest)).Seconds()
		x.AgeSeconds = &age
	}
	return x
}

func (x healthHost) words() string {
	runs := fmt.Sprintf("%d runs", x.Runs)
	if x.Runs == 1 {
		runs = "1 run"
	}
	age := "no sample yet"
	if x.AgeSeconds != nil {
		age = "newest sample " + ageWords(*x.AgeSeconds)
	}
	return fmt.Sprintf("%s: %s, %s, rung: %s", x.Host, runs, age, x.Rung)
}

// ageWords words an age. Below a second the clocks of two hosts may disagree
// unnoticed; beyond that a sample of the future is worth telling.
func ageWords(seconds float64) string {
	if seconds < -1 {
		return spanWords(-seconds) + " in the future; the clocks of its host and of this machine differ"
	}
	return spanWords(max(seconds, 0)) + " old"
}

func spanWords(seconds float64) string {
	minutes := int(math.Round(seconds / 60))
	switch {
	case seconds < 59.95:
		return fmt.Sprintf("%.1f s", seconds)
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d days", minutes/(24*60))
}

func newestRun(h query.Listed) (query.ListedRun, bool) {
	var best query.ListedRun
	for _, r := range h.Runs {
		if best.Run == "" || r.StartNS > best.StartNS {
			best = r
		}
	}
	return best, best.Run != ""
}

func newestOf(ctx context.Context, h query.Listed) (int64, bool) {
	r, ok := newestRun(h)
	if !ok {
		return 0, false
	}
	ns, err := r.Source.Newest(ctx, h.Host, r.Run)
	return ns, err == nil && ns > 0
}

// fieldsOf finds the errors that belong to a field of the settings.
func fieldsOf(err error) map[string]string {
	out := map[string]string{}
	var walk func(error)
	walk = func(err error) {
		var f *FieldError
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				walk(e)
			}
		} else if errors.As(err, &f) {
			out[f.Field] = f.Error()
		}
	}
	walk(err)
	return out
}
