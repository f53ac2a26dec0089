package datasource

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"

	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/query/engine"
)

// EnginePrometheus is the setting by which a fleet's engine is read in place
// of a directory and agents: anything that answers Prometheus' HTTP API.
const EnginePrometheus = "prometheus"

// Engine is what jsonData says of an engine. Its address and what it wants to
// see of who asks are Grafana's own settings of a data source: url, basic
// authentication, TLS and headers.
type Engine struct {
	// Kind is EnginePrometheus, or "" for none.
	Kind string `json:"engine,omitempty"`
	// Selector narrows the series, as `cluster="lab"`.
	Selector string `json:"engineSelector,omitempty"`
	// HistoryDays is how far back runs are looked for; 0 is 30.
	HistoryDays int `json:"engineHistoryDays,omitempty"`

	// URL and HTTP are Grafana's.
	URL  string       `json:"-"`
	HTTP *http.Client `json:"-"`
}

// open makes a source of the engine; nil is that none is set.
func (e Engine) open() (query.Source, error) {
	switch e.Kind {
	case "":
		return nil, nil
	case EnginePrometheus:
	default:
		return nil, &FieldError{"engine", fmt.Errorf("there is no engine %q; there is %q", e.Kind, EnginePrometheus)}
	}
	if e.URL == "" {
		return nil, &FieldError{"url", errors.New("the engine has no address; give the URL below which its /api/v1 is")}
	}
	s, err := engine.Open(engine.Options{URL: e.URL, HTTP: e.HTTP, Selector: e.Selector, History: time.Duration(e.HistoryDays) * 24 * time.Hour})
	if err != nil {
		return nil, e.wrong(err)
	}
	return fleet{placed{s, e.wrong}, s}, nil
}

// fleet is an engine that is asked about many hosts at once.
type fleet struct {
	placed
	engine *engine.Source
}

// Together says that so many hosts are asked the same, side by side.
func (f fleet) Together(ctx context.Context, hosts int) context.Context {
	return f.engine.Together(ctx, hosts)
}

func (Engine) wrong(err error) error { return &FieldError{"url", err} }

// engineClient is a client that shows an engine what Grafana's settings say.
func engineClient(ctx context.Context, s backend.DataSourceInstanceSettings) (*http.Client, error) {
	o, err := s.HTTPClientOptions(ctx)
	if err != nil {
		return nil, &FieldError{"url", fmt.Errorf("the settings of how the engine is reached: %w", err)}
	}
	c, err := httpclient.New(o)
	if err != nil {
		return nil, &FieldError{"url", fmt.Errorf("the settings of how the engine is reached: %w", err)}
	}
	return c, nil
}
