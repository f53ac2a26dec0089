package agent_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestDependencies: the agent holds capabilities on a host that is measured.
// What it links is a short list.
func TestDependencies(t *testing.T) {
	t.Parallel()
	const module = "github.com/numalens/numalens/"
	ours := []string{"cmd/numalens-agent", "pkg/numa", "pkg/events", "pkg/export", "pkg/serve", "pkg/series", "pkg/remote"}
	out, err := exec.Command("go", "list", "-deps", "../../cmd/numalens-agent").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range strings.Fields(string(out)) {
		if name, own := strings.CutPrefix(dep, module); own {
			if !slices.Contains(ours, name) && name != "pkg/collect" && !strings.HasPrefix(name, "pkg/collect/") {
				t.Errorf("the agent links %s", name)
			}
			continue
		}
		if strings.HasPrefix(dep, "github.com/grafana/") || dep == "net/http/pprof" || dep == "plugin" {
			t.Errorf("the agent links %s", dep)
		}
	}
}
