package datasource

import (
	"encoding/json"
	"net/http"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/numalens/numalens/pkg/query"
)

// host is one object of the resource `hosts`.
type host struct {
	Host     string   `json:"host"`
	Source   string   `json:"source"`
	Runs     int      `json:"runs"`
	NewestMS *float64 `json:"newestMs"` // of its newest sample; null when that could not be read
}

// resources feed editors and pickers; docs/format/frames.md lists them.
func (i *Instance) resources() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hosts", i.resource(i.hosts))
	mux.HandleFunc("GET /runs", i.resource(func(r *http.Request) (any, error) {
		list, err := i.sources.Runs(r.Context(), r.URL.Query().Get("host"))
		if err != nil && len(list) == 0 {
			return nil, err
		}
		out := make([]run, len(list))
		for k, l := range list {
			out[k] = runOf(l)
		}
		return out, nil
	}))
	mux.HandleFunc("GET /metrics", i.resource(func(r *http.Request) (any, error) {
		list, err := i.sources.ListMetrics(r.Context(), asked(r))
		if err != nil {
			return nil, err
		}
		out := make([]metric, len(list))
		for k, l := range list {
			out[k] = metricOf(l)
		}
		return out, nil
	}))
	mux.HandleFunc("GET /topology", i.resource(func(r *http.Request) (any, error) {
		f, err := i.sources.Find(r.Context(), asked(r))
		if err != nil {
			return nil, err
		}
		return f.Manifest.Topology, nil
	}))
	return mux
}

func asked(r *http.Request) query.Query {
	v := r.URL.Query()
	return query.Query{Host: v.Get("host"), Run: v.Get("run")}
}

func (i *Instance) resource(get func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var v any
		err := i.broken
		if err == nil || len(i.sources) > 0 {
			v, err = get(r)
		}
		if err != nil {
			w.WriteHeader(httpStatus(err))
			v = map[string]string{"error": err.Error()}
		}
		if err := json.NewEncoder(w).Encode(v); err != nil {
			backend.Logger.Warn("resource not sent", "path", r.URL.Path, "error", err.Error())
		}
	}
}

func (i *Instance) hosts(r *http.Request) (any, error) {
	hosts, err := i.sources.Hosts(r.Context())
	if err != nil && len(hosts) == 0 {
		return nil, err
	}
	out := []host{}
	for _, h := range hosts {
		x := host{Host: h.Host, Runs: len(h.Runs)}
		if r, ok := newestRun(h); ok {
			x.Source = r.Source.Name
		}
		if newest, ok := newestOf(r.Context(), h); ok {
			v := ms(newest)
			x.NewestMS = &v
		}
		out = append(out, x)
	}
	return out, nil
}
