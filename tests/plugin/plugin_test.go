// Package plugin_test launches the plugin's real backend binary over gRPC, as
// Grafana does, and compares its answers with those of the same code in
// process, which the workbench and the command line use.
package plugin_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/numalens/numalens/pkg/datasource"
	"github.com/numalens/numalens/pkg/query/querytest"
)

// client is the plugin as Grafana sees it.
type client struct {
	data grpcplugin.DataClient
	diag grpcplugin.DiagnosticsClient
	res  grpcplugin.ResourceClient
}

func launch(t *testing.T) *client {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "gpx_numalens_"+runtime.GOOS+"_"+runtime.GOARCH)
	build := exec.Command("go", "build", "-o", bin, "../../pkg")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the backend: %v\n%s", err, out)
	}
	c := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd: exec.Command(bin),
		HandshakeConfig: goplugin.HandshakeConfig{
			ProtocolVersion:  grpcplugin.ProtocolVersion,
			MagicCookieKey:   grpcplugin.MagicCookieKey,
			MagicCookieValue: grpcplugin.MagicCookieValue,
		},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {
			"data":        &grpcplugin.DataGRPCPlugin{},
			"diagnostics": &grpcplugin.DiagnosticsGRPCPlugin{},
			"resource":    &grpcplugin.ResourceGRPCPlugin{},
		}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		GRPCDialOptions:  []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20))},
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr}),
	})
	t.Cleanup(c.Kill)
	rpc, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	dispense := func(name string) any {
		v, err := rpc.Dispense(name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	return &client{
		data: dispense("data").(grpcplugin.DataClient),
		diag: dispense("diagnostics").(grpcplugin.DiagnosticsClient),
		res:  dispense("resource").(grpcplugin.ResourceClient),
	}
}

var lastID int64

func settings(t *testing.T, s datasource.Settings) backend.DataSourceInstanceSettings {
	t.Helper()
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	lastID++ // the plugin keeps an instance for each id
	return backend.DataSourceInstanceSettings{ID: lastID, UID: "numalens", Name: "numalens", Type: datasource.PluginID, JSONData: raw, Updated: time.Unix(1, 0)}
}

func contextOf(s backend.DataSourceInstanceSettings) backend.PluginContext {
	return backend.PluginContext{Namespace: "default", PluginID: datasource.PluginID, PluginVersion: "0.1.0", DataSourceInstanceSettings: &s}
}

// recorded writes a small sealed run and gives its root.
func recorded(t *testing.T) string {
	t.Helper()
	return querytest.Record(t, "../../pkg/query/testdata/scripts/share.txt")
}

func TestBinaryAnswersAsTheLibraryDoes(t *testing.T) {
	ctx := context.Background()
	cfg := settings(t, datasource.Settings{Directory: recorded(t)})
	inProcess, err := datasource.New(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	i := inProcess.(*datasource.Instance)
	c := launch(t)

	req := &backend.QueryDataRequest{PluginContext: contextOf(cfg)}
	for ref, q := range map[string]string{
		"heatmap":  `{"view":"heatmap","metric":"remote_dram_share","by":"cpu","columns":10}`,
		"series":   `{"view":"series","metric":"node_loads","by":"node"}`,
		"cell":     `{"view":"cell","metric":"remote_dram_share","by":"node","instance":0}`,
		"runs":     `{"view":"runs"}`,
		"topology": `{"view":"topology"}`,
		"metrics":  `{"view":"metrics"}`,
		"unknown":  `{"view":"heatmap","metric":"nonsense"}`,
		"broken":   `{"view":`,
	} {
		req.Queries = append(req.Queries, backend.DataQuery{RefID: ref, JSON: []byte(q), MaxDataPoints: 20, TimeRange: wholeRun})
	}
	want, err := i.QueryData(ctx, req)
	if err != nil {
		t.Fatal(err)
	}
	pb, err := c.data.QueryData(ctx, backend.ToProto().QueryDataRequest(req))
	if err != nil {
		t.Fatal(err)
	}
	got, err := backend.FromProto().QueryDataResponse(pb)
	if err != nil {
		t.Fatal(err)
	}
	for ref, r := range want.Responses {
		for _, f := range r.Frames {
			f.RefID = ref // the SDK's adapter sets it on the way out
		}
		if r.Error != nil {
			if g := got.Responses[ref]; g.Error == nil || g.Error.Error() != r.Error.Error() || g.Status != r.Status {
				t.Errorf("%s: the binary says %v, the library %v", ref, g.Error, r.Error)
			}
			continue
		}
		g, w := asJSON(t, got.Responses[ref]), asJSON(t, want.Responses[ref])
		if g != w {
			t.Errorf("%s: the binary says\n%s\nthe library says\n%s", ref, g, w)
		}
	}
	for _, ref := range []string{"unknown", "broken"} {
		if got.Responses[ref].Error == nil {
			t.Errorf("%s: no error", ref)
		}
	}
	for _, ref := range []string{"heatmap", "series", "cell", "runs", "topology", "metrics"} {
		if r := got.Responses[ref]; r.Error != nil || len(r.Frames) == 0 || r.Frames[0].Rows() == 0 {
			t.Errorf("%s: no rows, error %v", ref, r.Error)
		}
	}
}

// wholeRun spans the script's readings.
var wholeRun = backend.TimeRange{From: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 2, 3, 0, 2, 0, time.UTC)}

// asJSON is the JSON with its keys sorted: what is custom in a frame's meta
// crosses gRPC as a map.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		t.Fatal(err)
	}
	if b, err = json.Marshal(plain); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHealthNamesWhatIsThere(t *testing.T) {
	ctx := context.Background()
	c := launch(t)
	check := func(s datasource.Settings) *pluginv2.CheckHealthResponse {
		pctx := contextOf(settings(t, s))
		r, err := c.diag.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(pctx)})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := check(datasource.Settings{Directory: recorded(t)}); r.Status != pluginv2.CheckHealthResponse_OK {
		t.Errorf("healthy data source: %v", r)
	} else {
		t.Log(r.Message)
	}
	for name, s := range map[string]datasource.Settings{
		"nothing configured": {},
		"empty directory":    {Directory: t.TempDir()},
		"no such directory":  {Directory: filepath.Join(t.TempDir(), "gone")},
		"unreachable agent":  {Agents: []datasource.Agent{{Name: "bench1", URL: "http://127.0.0.1:1"}}},
	} {
		r := check(s)
		if r.Status == pluginv2.CheckHealthResponse_OK || r.Message == "" {
			t.Errorf("%s: %v", name, r)
		}
		t.Logf("%s: %s", name, r.Message)
	}
}

func TestResources(t *testing.T) {
	c := launch(t)
	pctx := contextOf(settings(t, datasource.Settings{Directory: recorded(t)}))
	for path, want := range map[string]int32{
		"hosts": 200, "runs?host=testhost": 200, "metrics?host=testhost": 200, "topology": 200, "runs?host=nowhere": 404, "nothing": 404,
	} {
		name, _, _ := strings.Cut(path, "?")
		stream, err := c.res.CallResource(context.Background(), backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
			PluginContext: pctx, Method: "GET", Path: name, URL: path,
		}))
		if err != nil {
			t.Fatal(err)
		}
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if m.Code != want {
			t.Errorf("%s: status %d, want %d: %s", path, m.Code, want, m.Body)
		}
	}
}
