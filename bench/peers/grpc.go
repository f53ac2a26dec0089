package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/grpcplugin"
	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/numalens/numalens/pkg/datasource"
)

// overGRPC times the real plugin binary, up to the JSON that Grafana sends to
// the browser.
func (o *ours) overGRPC(_ load, dir, span string, qs []question, runs int) ([]timing, error) {
	c := goplugin.NewClient(&goplugin.ClientConfig{
		Cmd:              exec.Command(o.plugin),
		HandshakeConfig:  goplugin.HandshakeConfig{ProtocolVersion: grpcplugin.ProtocolVersion, MagicCookieKey: grpcplugin.MagicCookieKey, MagicCookieValue: grpcplugin.MagicCookieValue},
		VersionedPlugins: map[int]goplugin.PluginSet{grpcplugin.ProtocolVersion: {"data": &grpcplugin.DataGRPCPlugin{}}},
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		GRPCDialOptions:  []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20))},
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr}),
	})
	defer c.Kill()
	rpc, err := c.Client()
	if err != nil {
		return nil, err
	}
	raw, err := rpc.Dispense("data")
	if err != nil {
		return nil, err
	}
	settings, err := json.Marshal(datasource.Settings{Directory: dir})
	if err != nil {
		return nil, err
	}
	at := backend.PluginContext{Namespace: "default", PluginID: datasource.PluginID, PluginVersion: "0.1.0",
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{ID: 1, UID: "peers", Name: "peers", Type: datasource.PluginID, JSONData: settings, Updated: time.Unix(1, 0)}}
	var out []timing
	for _, q := range qs {
		req := q.request("heatmap")
		req.PluginContext = at
		t := timing{question: q.name, span: span, peer: oursName + "-grpc", runs: runs}
		t.median, err = median(runs, func() error {
			pb, err := raw.(grpcplugin.DataClient).QueryData(context.Background(), backend.ToProto().QueryDataRequest(req))
			if err != nil {
				return err
			}
			res, err := backend.FromProto().QueryDataResponse(pb)
			if err != nil {
				return err
			}
			p, err := json.Marshal(res)
			t.bytes = len(p)
			if err == nil && res.Responses["A"].Error != nil {
				err = fmt.Errorf("%s: %w", q.name, res.Responses["A"].Error)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}
