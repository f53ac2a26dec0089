package datasource

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/klauspost/compress/snappy"

	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/query/engine/enginetest"
	"github.com/numalens/numalens/pkg/query/querytest"
	"github.com/numalens/numalens/pkg/series"
)

// TestEngineFrames: what Grafana gets of an engine has the same fields and
// labels as what it gets of an export.
func TestEngineFrames(t *testing.T) {
	server := enginetest.Begin(t, "prometheus")
	in, err := os.Open("../query/testdata/scripts/share.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	script, err := querytest.Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	s := script.Stretch()
	end := s.Send(func(tick series.Tick) { push(t, server.Write, tick) })
	end()

	export := open(t, `{"directory":"`+querytest.Record(t, in.Name())+`"}`, "")
	fleet := open(t, `{"engine":"prometheus","engineHistoryDays":3650}`, server.URL)
	for _, q := range []string{
		`{"view":"heatmap","metric":"remote_dram_share","by":"node"}`,
		`{"view":"series","metric":"node_loads","by":"socket"}`,
		`{"view":"numbers","metric":"remote_dram_share","by":"node"}`,
		`{"view":"runs"}`, `{"view":"topology","by":"node"}`, `{"view":"metrics"}`,
	} {
		if want, got := shape(t, export, q), shape(t, fleet, q); want != got {
			t.Errorf("%s: fields are\n%s\nand of an export\n%s", q, got, want)
		}
	}
	frames := ask(t, fleet, `{"view":"heatmap","metric":"remote_dram_share","by":"cpu"}`)
	if len(frames) != 1 || len(frames[0].Fields) != 0 || !strings.Contains(frames[0].Meta.Notices[0].Text, "no single CPUs") {
		t.Errorf("by CPU: %v", frames)
	}
	health, err := fleet.CheckHealth(context.Background(), nil)
	if err != nil || health.Status != backend.HealthStatusOk || !strings.Contains(health.Message, querytest.Host) {
		t.Errorf("health: %v, %v", health, err)
	}
}

// TestEngineShowsWhoAsks: Grafana's own settings say who asks, and an engine
// that refuses is told at the field of its address.
func TestEngineShowsWhoAsks(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "grafana" || password != "s3cret" || r.Header.Get("X-Scope-OrgID") != "lab" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		w.Write([]byte(`{"status":"success","data":[]}`))
	}))
	defer srv.Close()
	for password, want := range map[string]string{"s3cret": "there is no run here yet", "wrong": "it refuses (401 Unauthorized)"} {
		i, err := New(context.Background(), backend.DataSourceInstanceSettings{
			URL: srv.URL, BasicAuthEnabled: true, BasicAuthUser: "grafana",
			JSONData:                []byte(`{"engine":"prometheus","httpHeaderName1":"X-Scope-OrgID"}`),
			DecryptedSecureJSONData: map[string]string{"basicAuthPassword": password, "httpHeaderValue1": "lab"},
		})
		if err != nil {
			t.Fatal(err)
		}
		health, err := i.(*Instance).CheckHealth(context.Background(), nil)
		if err != nil || !strings.Contains(strings.ToLower(health.Message), want) && !strings.Contains(health.Message, want) {
			t.Errorf("password %s: %q, %v, want %q", password, health.Message, err, want)
		}
		if password == "wrong" && !strings.Contains(string(health.JSONDetails), `"url":`) {
			t.Errorf("details %s", health.JSONDetails)
		}
	}
}

func TestEngineSettings(t *testing.T) {
	for text, raw := range map[string]string{"no engine": `{"engine":"graphite"}`, "no address": `{"engine":"prometheus"}`} {
		i, err := New(context.Background(), backend.DataSourceInstanceSettings{JSONData: []byte(raw)})
		if err != nil {
			t.Fatal(err)
		}
		if health, _ := i.(*Instance).CheckHealth(context.Background(), nil); !strings.Contains(health.Message, text) {
			t.Errorf("%s: %q", raw, health.Message)
		}
	}
}

func open(t *testing.T, settings, url string) *Instance {
	t.Helper()
	i, err := New(context.Background(), backend.DataSourceInstanceSettings{JSONData: []byte(settings), URL: url})
	if err != nil {
		t.Fatal(err)
	}
	return i.(*Instance)
}

func ask(t *testing.T, i *Instance, text string) data.Frames {
	t.Helper()
	q, err := query.Parse([]byte(text), true)
	if err != nil {
		t.Fatal(err)
	}
	frames, err := i.Frames(context.Background(), q)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return frames
}

// shape is everything of frames but their values.
func shape(t *testing.T, i *Instance, text string) string {
	t.Helper()
	var out strings.Builder
	for _, f := range ask(t, i, text) {
		out.WriteString(f.Name + " " + string(f.Meta.Type) + "\n")
		for _, field := range f.Fields {
			labels, _ := json.Marshal(field.Labels)
			out.WriteString("  " + field.Name + " " + field.Type().String() + " " + string(labels) + "\n")
		}
	}
	return out.String()
}

func push(t *testing.T, url string, tick series.Tick) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(snappy.Encode(nil, series.Encode(nil, nil, tick.MS, tick.Samples))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Encoding", "snappy")
	req.Header.Set("X-Prometheus-Remote-Write-Version", "0.1.0")
	client := http.Client{Timeout: time.Minute}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode/100 != 2 {
		t.Fatal(res.Status)
	}
}
