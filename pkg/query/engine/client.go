package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The limits of one answer. A dashboard's widest picture is some megabytes.
const (
	answerBytes    = 128 << 20
	requestTimeout = 30 * time.Second
)

// client speaks the HTTP API that Prometheus and its like have in common.
type client struct {
	base *url.URL
	http *http.Client
}

// Failure is an engine that did not answer as one: a sentence for the person
// who typed its address.
type Failure struct {
	URL, Problem, Remedy string
	Err                  error
}

func (f *Failure) Error() string {
	text := fmt.Sprintf("engine %s: %s", f.URL, f.Problem)
	if f.Remedy != "" {
		text += "; " + f.Remedy
	}
	return text
}

func (f *Failure) Unwrap() error { return f.Err }

func newClient(address string, h *http.Client) (*client, error) {
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("engine address %q: want http or https and a host, such as http://engine:9090", address)
	}
	if u.User != nil {
		return nil, errors.New("engine address: it holds a name or password; use the settings for these")
	}
	if h == nil {
		h = &http.Client{}
	}
	return &client{u, h}, nil
}

// label is a series' labels.
type labels map[string]string

// key is what of a series' labels tells it from others of the same run. A map
// of all labels would take most of the time of a large answer.
type key struct {
	Name       string `json:"__name__"`
	Host       string `json:"host"`
	Run        string `json:"run"`
	Node       string `json:"node"`
	Socket     string `json:"socket"`
	Group      string `json:"group"`
	MemoryNode string `json:"memory_node"`
}

// vector is one series of an answer.
type vector struct {
	Metric key    `json:"metric"`
	Value  points `json:"value"`
	Values points `json:"values"`
}

// answer is what every endpoint gives.
type answer[T any] struct {
	Status string `json:"status"`
	Error  string `json:"error"`
	Data   T      `json:"data"`
}

type result struct {
	Type   string   `json:"resultType"`
	Result []vector `json:"result"`
}

// series lists the label sets that had samples in a time range.
func (c *client) series(ctx context.Context, match string, fromMS, toMS int64) ([]labels, error) {
	return ask[[]labels](ctx, c, "series", url.Values{"match[]": {match}, "start": {seconds(fromMS)}, "end": {seconds(toMS)}})
}

// at evaluates an expression at one moment. nocache has VictoriaMetrics answer
// for that moment and not for one that suits its cache; others do not know it.
func (c *client) at(ctx context.Context, expression string, ms int64) ([]vector, error) {
	out, err := ask[result](ctx, c, "query", url.Values{"query": {expression}, "time": {seconds(ms)}, "nocache": {"1"}})
	for i := range out.Result {
		out.Result[i].Values = out.Result[i].Value
	}
	return out.Result, err
}

// between evaluates an expression at each step.
func (c *client) between(ctx context.Context, expression string, fromMS, toMS, stepMS int64) ([]vector, error) {
	out, err := ask[result](ctx, c, "query_range", url.Values{
		"query": {expression}, "start": {seconds(fromMS)}, "end": {seconds(toMS)}, "step": {seconds(stepMS)}, "nocache": {"1"},
	})
	return out.Result, err
}

func seconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1e3, 'f', 3, 64) }

func ask[T any](ctx context.Context, c *client, endpoint string, form url.Values) (data T, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base.JoinPath("api/v1", endpoint).String(), strings.NewReader(form.Encode()))
	if err != nil {
		return data, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := c.http.Do(req)
	if err != nil {
		var of *url.Error
		if errors.As(err, &of) {
			err = of.Err
		}
		return data, c.failure("it does not answer: "+err.Error(), "check the address and that the engine runs", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, answerBytes+1))
	switch {
	case err != nil:
		return data, c.failure("its answer broke off: "+err.Error(), "", err)
	case len(body) > answerBytes:
		return data, c.failure(fmt.Sprintf("its answer is longer than %d MB", answerBytes>>20), "ask for fewer columns or one host", nil)
	}
	var a answer[T]
	if err := json.Unmarshal(body, &a); err != nil || a.Status != "success" {
		return data, c.refused(res, a.Error, body)
	}
	return a.Data, nil
}

func (c *client) refused(res *http.Response, said string, body []byte) error {
	switch {
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return c.failure(fmt.Sprintf("it refuses (%s)", res.Status), "check the data source's user, password or header", nil)
	case said != "":
		return c.failure("it says: "+said, "", nil)
	case res.StatusCode == http.StatusNotFound:
		return c.failure("it has no "+res.Request.URL.Path, "give the address below which /api/v1 is, for Mimir with /prometheus", nil)
	}
	text := strings.TrimSpace(string(body[:min(len(body), 200)]))
	return c.failure(fmt.Sprintf("it answered %s: %s", res.Status, text), "", nil)
}

func (c *client) failure(problem, remedy string, err error) error {
	return &Failure{URL: c.base.String(), Problem: problem, Remedy: remedy, Err: err}
}
