// Command pkg is the backend of the numalens data source: Grafana starts it
// and talks to it over gRPC. What it does is package datasource.
package main

import (
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend/datasource"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"

	numalens "github.com/numalens/numalens/pkg/datasource"
)

func main() {
	if err := datasource.Manage(numalens.PluginID, numalens.New, datasource.ManageOpts{}); err != nil {
		log.DefaultLogger.Error("the numalens data source ended", "error", err.Error())
		os.Exit(1)
	}
}
