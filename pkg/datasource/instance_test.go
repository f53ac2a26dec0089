package datasource

import (
	"context"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// TestNobodyIsToldOfACancelledQuery: what the browser gave up on is no error
// in Grafana's log.
func TestNobodyIsToldOfACancelledQuery(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	i, err := New(ctx, backend.DataSourceInstanceSettings{JSONData: []byte(`{"directory":"` + t.TempDir() + `"}`)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := i.(*Instance).QueryData(ctx, &backend.QueryDataRequest{Queries: []backend.DataQuery{{RefID: "A", JSON: []byte(`{"view":"runs"}`)}}})
	if err != nil || r.Responses["A"].Error != nil {
		t.Errorf("%v, %v", r, err)
	}
}
