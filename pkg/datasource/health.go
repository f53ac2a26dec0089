package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// healthDetails go to the config editor, which puts each error at its field.
type healthDetails struct {
	// VerboseMessage is where Grafana looks for the long form.
	VerboseMessage string            `json:"verboseMessage,omitempty"`
	Fields         map[string]string `json:"fields,omitempty"`
	Hosts          []healthHost      `json:"hosts"`
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
	d := healthDetails{Fields: fieldsOf(i.broken), Hosts: []healthHost{}}
	hosts, err := i.sources.Hosts(ctx)
	err = errors.Join(i.broken, err)
	var words []string
	for _, h := range hosts {
		x := i.healthOf(ctx, h)
		d.Hosts = append(d.Hosts, x)
		words = append(words, x.words())
	}
	r := &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: strings.Join(words, "; ")}
	switch {
	case err != nil:
		r.Status = backend.HealthStatusError
		r.Message = sentence(err.Error())
		if len(words) > 0 {
			r.Message += " What answers: " + strings.Join(words, "; ") + "."
		}
	case len(hosts) == 0:
		r.Status = backend.HealthStatusError
		r.Message = sentence((&query.EmptyError{}).Error())
	}
	r.JSONDetails, err = json.Marshal(d)
	return r, err
}

func (i *Instance) healthOf(ctx context.Context, h query.Listed) healthHost {
	x := healthHost{Host: h.Host, Source: h.Source.Name, Runs: len(h.Runs), Rung: numa.NoRung.String()}
	run, ok := newestRun(h)
	if !ok {
		return x
	}
	if m, err := h.Source.Manifest(ctx, h.Host, run.Run); err == nil {
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
		age = "newest sample " + ageWords(*x.AgeSeconds) + " old"
	}
	return fmt.Sprintf("%s: %s, %s, rung: %s", x.Host, runs, age, x.Rung)
}

func ageWords(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 48*time.Hour:
		return d.Round(time.Minute).String()
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}

func newestRun(h query.Listed) (export.IndexRun, bool) {
	var best export.IndexRun
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
	ns, err := h.Source.Newest(ctx, h.Host, r.Run)
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
