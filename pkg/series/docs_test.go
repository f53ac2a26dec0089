package series

import (
	"os"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestPage holds docs/engine.md against the names.
func TestPage(t *testing.T) {
	b, err := os.ReadFile("../../docs/engine.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(b)
	for _, name := range []string{RunInfo, EndInfo, NodeInfo, ColumnInfo, UnavailableInfo, NewestTime, CountedTime, EnabledTime, RunningTime, SamplesName(export.MinorFault), eventName(export.GroupEvent{Name: "agent-cpu", Unit: "ns"})} {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("docs/engine.md says nothing of %s", name)
		}
	}
	for _, c := range DefaultColumns() {
		if _, key, ok := strings.Cut(c, "meminfo."); ok && !strings.Contains(page, "`"+key+"`") {
			t.Errorf("docs/engine.md says nothing of the column %s", c)
		}
	}
}
