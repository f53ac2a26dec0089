package datasource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"
	"github.com/grafana/grafana-plugin-sdk-go/backend/resource/httpadapter"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// importWait is how long a panel waits for files that were just put there:
// well below what Grafana gives a query.
const importWait = 10 * time.Second

// PluginID is the data source's id in its plugin.json.
const PluginID = "numalens-datasource"

// Instance is one configured data source.
type Instance struct {
	backend.CallResourceHandler
	sources query.Sources
	// broken is what is wrong with the settings; the sources that are right
	// answer all the same.
	broken error
}

var (
	_ backend.QueryDataHandler      = (*Instance)(nil)
	_ backend.CheckHealthHandler    = (*Instance)(nil)
	_ instancemgmt.InstanceDisposer = (*Instance)(nil)
)

// New makes an instance from Grafana's settings. Wrong settings are no error
// here: they are told by CheckHealth and by every query, in words.
func New(ctx context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	settings, err := ParseSettings(s.JSONData)
	if err != nil {
		return WithSources(nil, err), nil
	}
	settings.ImportWait = importWait
	if settings.Kind != "" {
		settings.URL = s.URL
		if settings.HTTP, err = engineClient(ctx, s); err != nil {
			return WithSources(nil, err), nil
		}
	}
	sources, err := settings.Open(s.DecryptedSecureJSONData)
	return WithSources(sources, err), nil
}

// WithSources makes an instance of sources that are already open, as the
// command line and the workbench do.
func WithSources(sources query.Sources, broken error) *Instance {
	i := &Instance{sources: sources, broken: broken}
	i.CallResourceHandler = httpadapter.New(i.resources())
	return i
}

// Dispose is called when the settings change.
func (i *Instance) Dispose() {
	for _, s := range i.sources {
		if c, ok := s.Source.(io.Closer); ok {
			_ = c.Close() // nobody asks it any more
		}
	}
}

// QueryData answers the queries of one request side by side: Grafana sends a
// dashboard panel's queries together, and waits for the slowest.
func (i *Instance) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	res := backend.NewQueryDataResponse()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, q := range req.Queries {
		wg.Go(func() {
			r := i.answer(ctx, q)
			mu.Lock()
			defer mu.Unlock()
			res.Responses[q.RefID] = r
		})
	}
	wg.Wait()
	return res, nil
}

// answer never panics: a query that hits a defect of ours is an error of that
// query, and the next one is answered.
func (i *Instance) answer(ctx context.Context, dq backend.DataQuery) (r backend.DataResponse) {
	defer func() {
		if p := recover(); p != nil {
			backend.Logger.Error("query panicked", "refId", dq.RefID, "panic", fmt.Sprint(p))
			r = backend.ErrDataResponse(backend.StatusInternal, "numalens failed on this query; its log has the details")
		}
	}()
	q, err := query.Parse(dq.JSON, false)
	if err != nil {
		return failed(err)
	}
	if !dq.TimeRange.From.IsZero() {
		q.From, q.To = msOf(dq.TimeRange.From), msOf(dq.TimeRange.To)
	}
	if q.Columns == 0 && dq.MaxDataPoints > 0 {
		q.Columns = int(min(dq.MaxDataPoints, query.MaxColumns))
	}
	frames, err := i.Frames(ctx, q)
	if errors.Is(ctx.Err(), context.Canceled) {
		// The panel asked anew or was closed: nobody reads this answer, and
		// an error in it would only fill Grafana's log.
		return backend.DataResponse{Status: backend.StatusOK}
	}
	if err != nil {
		return failed(err)
	}
	return backend.DataResponse{Frames: frames, Status: backend.StatusOK}
}

// Frames answers one query.
func (i *Instance) Frames(ctx context.Context, q query.Query) (data.Frames, error) {
	if len(i.sources) == 0 && i.broken != nil {
		return nil, i.broken
	}
	if q.View == query.ViewMetrics || q.View == query.ViewTopology {
		q.From, q.To = 0, 0 // of the run, whatever time a dashboard looks at
	}
	switch q.View {
	case query.ViewRuns:
		runs, err := i.sources.Runs(ctx, q.Host)
		if err != nil && len(runs) == 0 {
			return nil, err
		}
		return runsFrames(runs, append(incompleteNotice(err), i.sources.Notices()...)), nil
	case query.ViewMetrics:
		list, err := i.sources.ListMetrics(ctx, q)
		if err != nil {
			return nil, err
		}
		return metricsFrames(list), nil
	case query.ViewTopology:
		f, err := i.sources.Find(ctx, q)
		if err != nil {
			return nil, err
		}
		return topologyFrames(f.Manifest, q.By), nil
	case query.ViewCell:
		c, err := i.sources.Cell(ctx, q)
		if err != nil {
			return nil, err
		}
		return cellFrames(c), nil
	case query.ViewAnnotations:
		list, err := i.sources.Annotations(ctx, q)
		if err != nil {
			return nil, err
		}
		return annotationsFrames(list), nil
	case query.ViewNumbers:
		return i.numbers(ctx, q)
	}
	var frames data.Frames
	var err error
	switch {
	case q.OfStacks():
		frames, err = i.ofStacks(ctx, q)
	case q.View == query.ViewFigures:
		frames, err = i.figures(ctx, q)
	default:
		frames, err = i.grid(ctx, q)
	}
	if why, ok := noData(err); ok {
		return noDataFrames(q, why, i.sources.Notices()), nil
	}
	return frames, err
}

func (i *Instance) grid(ctx context.Context, q query.Query) (data.Frames, error) {
	g, err := i.sources.Grid(ctx, q)
	if err != nil {
		return nil, err
	}
	return gridFrames(g, q.View), nil
}

// noData tells what is no mistake of the asker's: a dashboard meets hosts
// without a PMU and hours without a run. It is an empty answer with a reason.
func noData(err error) (why string, ok bool) {
	var none *query.NoDataError
	var missing *numa.Unavailable
	if errors.As(err, &none) || errors.As(err, &missing) {
		return err.Error(), true
	}
	return "", false
}

// failed tells apart what the asker can mend from what lies at a source: both
// are words for the reader, but Grafana counts them apart.
func failed(err error) backend.DataResponse {
	status := backend.StatusBadRequest
	var unknown *query.UnknownError
	switch {
	case errors.As(err, &unknown):
		status = backend.StatusNotFound
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		status = backend.StatusTimeout
	}
	return backend.ErrDataResponseWithSource(status, backend.ErrorSourceDownstream, err.Error())
}

func httpStatus(err error) int {
	if s := failed(err).Status; s == backend.StatusNotFound {
		return http.StatusNotFound
	}
	return http.StatusBadRequest
}
