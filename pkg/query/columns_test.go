package query

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestMetricsOfSamplesNeedTheirKind: a run that sampled loads knows nothing of
// faults.
func TestMetricsOfSamplesNeedTheirKind(t *testing.T) {
	m := &export.Manifest{Run: "r", Tables: []export.TableInfo{{Name: export.TableSamples, Scopes: []string{string(export.MemoryLoad)}}}}
	x, _ := Describe("fault_remote_share")
	if u := Available(m, x); u == nil || !strings.Contains(u.Why, "minor-fault") {
		t.Errorf("available: %v", u)
	}
	m.Tables[0].Scopes = append(m.Tables[0].Scopes, string(export.MinorFault))
	if u := Available(m, x); u != nil {
		t.Errorf("not available: %v", u)
	}
}
