package perfmem

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

// row is a row that a real capture has.
type row struct {
	overhead, samples float64
	labels            map[string]string
}

func (r row) in(k *importstest.Kept) bool {
	has := func(f imports.Figure) bool {
		for key, value := range r.labels {
			if f.Labels[key] != value {
				return false
			}
		}
		return true
	}
	shares, counts := 0, 0
	for _, f := range k.Figures {
		switch {
		case f.Name == "Overhead" && has(f) && f.Value == r.overhead:
			shares++
		case f.Name == "Samples" && has(f) && f.Value == r.samples:
			counts++
		}
	}
	return shares == 1 && counts == 1
}

// Every fact that is known of a real capture is found in it.
func TestFactsOfRealCaptures(t *testing.T) {
	for _, c := range []struct {
		file                        string
		samples, weight, rows, seen float64 // seen is the sum of the rows' samples
		printed                     string
		has                         []row
		cut                         int
	}{
		{"amd_ibs_sort_mem_snoop.txt", 92000, 531104, 8, 92489, "92K", []row{
			{0.2508, 338, map[string]string{"memory_access": "core, same node Any cache hit", "snoop": "HitM"}},
			{0.1024, 54374, map[string]string{"memory_access": "N/A", "snoop": "N/A"}},
		}, 0},
		{"easyperf_sort_mem.txt", 656, 136578, 5, 656, "", []row{
			{0.4423, 267, map[string]string{"memory_access": "LFB or LFB hit"}}, {0.1887, 111, map[string]string{"memory_access": "L3 or L3 hit"}},
			{0.1519, 78, map[string]string{"memory_access": "Local RAM or RAM hit"}}, {0.1338, 77, map[string]string{"memory_access": "L2 or L2 hit"}}, {0.0834, 123, map[string]string{"memory_access": "L1 or L1 hit"}},
		}, 0},
		{"intel_stream_local_weight_cut.txt", 4000, 203745, 8, 2839, "4K", []row{
			{0.0903, 575, map[string]string{"local_weight": "32", "memory_access": "L1 or L1 hit", "symbol": "[.] main", "data_symbol": "[.] 0x00007ffcac77e3c8", "locked": "No"}},
			{0.0308, 153, map[string]string{"local_weight": "41"}},
		}, 22},
	} {
		t.Run(c.file, func(t *testing.T) {
			text := importstest.Sample(t, "perf_mem/"+c.file)
			if Format().Detect([]byte(text)) < 90 {
				t.Error("it is not detected")
			}
			k := importstest.Read(Format(), text)
			if k.Err != nil {
				t.Fatal(k.Err)
			}
			all := k.Find(imports.ScopeHost, "", "Samples of event")
			if len(all) != 1 || all[0].Value != c.samples || all[0].Labels["printed"] != c.printed {
				t.Errorf("samples %+v", all)
			}
			if v, ok := k.Value(imports.ScopeHost, "", "Total weight"); !ok || v != c.weight {
				t.Errorf("weight %v", v)
			}
			rows, sum := k.Find(imports.ScopeHost, "", "Samples"), 0.0
			for _, f := range rows {
				sum += f.Value
			}
			if float64(len(rows)) != c.rows || sum != c.seen {
				t.Errorf("%d rows of %v samples", len(rows), sum)
			}
			for _, r := range c.has {
				if !r.in(k) {
					t.Errorf("there is no %+v", r)
				}
			}
			if c.cut > 0 && !k.Warned(c.cut, "cut out") {
				t.Errorf("the cut is not told: %v", k.Warnings)
			}
		})
	}
}

// A mail's wrapped table is refused, and its first line that is none named.
func TestWrappedTableIsRefused(t *testing.T) {
	text := importstest.Sample(t, "perf_mem/intel_phys_daddr_mail_wrapped.txt")
	k := importstest.Read(Format(), text)
	if Format().Detect([]byte(text)) < 90 || k.Err == nil || !strings.Contains(k.Err.Error(), "expected a") || len(k.Find(imports.ScopeHost, "", "Samples")) != 0 {
		t.Errorf("%v, %d figures", k.Err, len(k.Figures))
	}
}
