package counters

import (
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

// TestSuspend: the host sleeps between two drains. Counts go on in a new
// epoch, and a note says why.
func TestSuspend(t *testing.T) {
	for _, method := range []Method{Both, SystemCall} {
		t.Run(method.String(), func(t *testing.T) {
			o := options(t)
			o.Method = method
			c, _ := openCPUs(t, o)
			var slept int64
			c.suspend = collect.NewSuspendWatch(func() (int64, int64) { return collect.MonotonicNS() + slept, collect.MonotonicNS() })
			var before, after collecttest.Rows
			time.Sleep(50 * time.Millisecond)
			c.Drain(&before)
			time.Sleep(50 * time.Millisecond)
			slept = int64(time.Hour)
			c.Drain(&after)
			time.Sleep(50 * time.Millisecond)
			c.Finish(&after)
			for _, r := range before.Counters {
				if r.Epoch != 0 {
					t.Fatalf("epoch %d before it slept", r.Epoch)
				}
			}
			if len(after.Counters) < len(o.CPUs) {
				t.Fatalf("%d rows after it slept", len(after.Counters))
			}
			for _, r := range after.Counters {
				if r.Epoch != 1 {
					t.Fatalf("epoch %d after it slept", r.Epoch)
				}
			}
			notes := 0
			for _, n := range after.Notes {
				if n.Kind == export.NoteMark && strings.Contains(n.Text, "slept for 1h0m0s") {
					notes++
				}
			}
			if notes != 1 {
				t.Errorf("notes %+v", after.Notes)
			}
		})
	}
}
