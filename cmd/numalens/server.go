package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/numalens/numalens/pkg/datasource"
)

// maxBody bounds a query: the page's are under a kilobyte.
const maxBody = 1 << 20

// workbenchHandler speaks the parts of Grafana's HTTP API that the plugin's
// page side uses, for one data source, in process.
func workbenchHandler(i *datasource.Instance, page fs.FS) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/ds/query", func(w http.ResponseWriter, r *http.Request) { serveQuery(w, r, i) })
	mux.HandleFunc("GET /api/datasources/uid/{uid}/health", func(w http.ResponseWriter, r *http.Request) { serveHealth(w, r, i) })
	mux.HandleFunc("GET /api/datasources/uid/{uid}/resources/{path...}", func(w http.ResponseWriter, r *http.Request) { serveResource(w, r, i) })
	mux.Handle("GET /", cached(http.FileServerFS(page)))
	return mux
}

// cached lets hashed assets be kept and makes the browser ask for the rest.
func cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		age := "no-cache"
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			age = "public, max-age=31536000, immutable"
		}
		w.Header().Set("Cache-Control", age)
		next.ServeHTTP(w, r)
	})
}

func serveQuery(w http.ResponseWriter, r *http.Request, i *datasource.Instance) {
	req, err := readQueries(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		replyJSON(w, http.StatusBadRequest, map[string]string{"message": err.Error()})
		return
	}
	res, err := i.QueryData(r.Context(), req)
	if err != nil {
		replyJSON(w, http.StatusInternalServerError, map[string]string{"message": err.Error()})
		return
	}
	status := http.StatusOK
	for _, d := range res.Responses {
		if d.Error != nil {
			status = int(d.Status)
		}
	}
	replyJSON(w, status, res)
}

// readQueries reads the body that Grafana's page posts to /api/ds/query.
func readQueries(body io.Reader) (*backend.QueryDataRequest, error) {
	var in struct {
		From, To string
		Queries  []json.RawMessage
	}
	if err := json.NewDecoder(body).Decode(&in); err != nil {
		return nil, fmt.Errorf("the body is not a query request: %w", err)
	}
	from, errFrom := strconv.ParseFloat(in.From, 64)
	to, errTo := strconv.ParseFloat(in.To, 64)
	if err := errors.Join(errFrom, errTo); err != nil {
		return nil, fmt.Errorf("from and to must be ms since the epoch, as strings: %w", err)
	}
	req := &backend.QueryDataRequest{}
	for _, raw := range in.Queries {
		var q struct {
			RefID         string  `json:"refId"`
			IntervalMs    float64 `json:"intervalMs"`
			MaxDataPoints float64 `json:"maxDataPoints"`
		}
		if err := json.Unmarshal(raw, &q); err != nil {
			return nil, fmt.Errorf("a query is not readable: %w", err)
		}
		req.Queries = append(req.Queries, backend.DataQuery{
			RefID: q.RefID, MaxDataPoints: int64(q.MaxDataPoints), Interval: time.Duration(q.IntervalMs * float64(time.Millisecond)), JSON: raw,
			TimeRange: backend.TimeRange{From: timeOfMS(from), To: timeOfMS(to)},
		})
	}
	return req, nil
}

func timeOfMS(ms float64) time.Time { return time.Unix(0, int64(ms*1e6)) }

func serveHealth(w http.ResponseWriter, r *http.Request, i *datasource.Instance) {
	h, err := i.CheckHealth(r.Context(), &backend.CheckHealthRequest{})
	if err != nil {
		replyJSON(w, http.StatusInternalServerError, map[string]string{"message": err.Error()})
		return
	}
	status := http.StatusOK
	if h.Status != backend.HealthStatusOk {
		status = http.StatusBadRequest
	}
	replyJSON(w, status, map[string]any{"status": h.Status.String(), "message": h.Message, "details": json.RawMessage(h.JSONDetails)})
}

func serveResource(w http.ResponseWriter, r *http.Request, i *datasource.Instance) {
	path := r.PathValue("path")
	err := i.CallResource(r.Context(), &backend.CallResourceRequest{Method: r.Method, Path: path, URL: path + "?" + r.URL.RawQuery},
		backend.CallResourceResponseSenderFunc(func(res *backend.CallResourceResponse) error {
			for k, vs := range res.Headers {
				w.Header()[k] = vs
			}
			w.WriteHeader(res.Status)
			_, err := w.Write(res.Body)
			return err
		}))
	if err != nil {
		replyJSON(w, http.StatusInternalServerError, map[string]string{"message": err.Error()})
	}
}

func replyJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the reader went away; there is no one to tell
}
