package numastat

import (
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

const mb = 1 << 20

// Every fact that is known of a real capture is found in it.
func TestFactsOfRealCaptures(t *testing.T) {
	type fact struct {
		scope          imports.Scope
		instance, name string
		value          float64
	}
	const node, host = imports.ScopeNode, imports.ScopeHost
	for _, c := range []struct {
		file  string
		names int // of rows
		facts []fact
		also  func(t *testing.T, k *importstest.Kept)
	}{
		{"default_8node.txt", 6, []fact{{node, "4", "numa_hit", 12266105}, {node, "7", "other_node", 70639}, {node, "0", "local_node", 2956923}, {node, "3", "numa_miss", 0}}, func(t *testing.T, k *importstest.Kept) {
			if len(k.Find(node, "*", "numa_hit")) != 8 || len(k.Figures) != 48 || len(k.Find(host, "", "numa_hit")) != 0 {
				t.Errorf("%d figures", len(k.Figures))
			}
		}},
		{"default_watch_header_epyc.txt", 6, []fact{{node, "1", "numa_hit", 17090418391}, {node, "1", "other_node", 549757}}, func(t *testing.T, k *importstest.Kept) {
			want := time.Date(2021, 8, 30, 7, 17, 40, 0, time.UTC).UnixNano()
			for _, f := range k.Figures {
				if !f.Timed || f.Relative || f.TimeNS != want {
					t.Fatalf("its time is %+v", f)
				}
			}
			if k.Fact1(imports.FactHost) != "epyc.node1" {
				t.Errorf("host %q", k.Fact1(imports.FactHost))
			}
		}},
		{"m_2node_full.txt", 29, []fact{{node, "0", "MemFree", 371649.29 * mb}, {node, "1", "MemFree", 376963.43 * mb}, {host, "", "MemFree", 748612.72 * mb}, {node, "1", "AnonHugePages", 10 * mb}, {node, "0", "Active(anon)", 2191.73 * mb}}, nil},
		{"mc_9node_gh200_no_total.txt", 5, []fact{{node, "0", "MemTotal", 490303 * mb}, {node, "1", "MemTotal", 97280 * mb}, {node, "0", "MemUsed", 328310 * mb}, {node, "8", "MemTotal", 0}}, func(t *testing.T, k *importstest.Kept) {
			if len(k.Find(host, "", "MemTotal")) != 0 || !k.Warned(11, "cut out") {
				t.Errorf("a total is taken, or the cut is not told: %v", k.Warnings)
			}
		}},
		{"n_2node_mb.txt", 6, []fact{{node, "1", "Numa_Miss", 130273620.26 * mb}, {host, "", "Numa_Hit", 10050459097.12 * mb}, {node, "0", "Numa_Foreign", 130273620.26 * mb}}, func(t *testing.T, k *importstest.Kept) {
			for _, f := range k.Figures {
				if f.Unit != "bytes" || f.Column != "" {
					t.Errorf("%s is %s and has column %q: MBs are not pages", f.Name, f.Unit, f.Column)
				}
			}
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			text := importstest.Sample(t, "numastat/"+c.file)
			if Format().Detect([]byte(text)) < 50 {
				t.Error("it is not detected")
			}
			k := importstest.Read(Format(), text)
			if k.Err != nil {
				t.Fatal(k.Err)
			}
			names := map[string]bool{}
			for _, f := range k.Figures {
				names[f.Name] = true
			}
			if len(names) != c.names {
				t.Errorf("%d rows, want %d", len(names), c.names)
			}
			for _, f := range c.facts {
				if got, ok := k.Value(f.scope, f.instance, f.name); !ok || got != f.value {
					t.Errorf("%s %s %s: got %v, want %v", f.scope, f.instance, f.name, got, f.value)
				}
			}
			if c.also != nil {
				c.also(t, k)
			}
		})
	}
}

// What a PDF made of a table gives a clear error and no numbers.
func TestMovedColumnsAreRefused(t *testing.T) {
	k := importstest.Read(Format(), importstest.Sample(t, "numastat/p_fullpdf_mangled.txt"))
	if k.Err == nil || !strings.Contains(k.Err.Error(), ":3: expected a line of columns") || len(k.Figures) != 0 {
		t.Errorf("%v, %d figures", k.Err, len(k.Figures))
	}
}
