package perfc2c

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/importstest"
)

// seek is what tells a figure from others of its name.
type seek struct {
	scope          imports.Scope
	instance, name string
	labels         map[string]string
	kind           imports.Kind
}

func (w seek) find(t *testing.T, k *importstest.Kept) float64 {
	t.Helper()
	var found []imports.Figure
	for _, f := range k.Find(w.scope, w.instance, w.name) {
		same := w.kind == "" || w.kind == f.Kind
		for key, value := range w.labels {
			same = same && f.Labels[key] == value
		}
		if same {
			found = append(found, f)
		}
	}
	if len(found) != 1 || found[0].Null {
		t.Errorf("%+v: %+v", w, found)
		return -1
	}
	return found[0].Value
}

// Every fact that is known of a real capture is found in it.
func TestFactsOfRealCaptures(t *testing.T) {
	type fact struct {
		seek
		value float64
	}
	host := func(name string, value float64) fact {
		return fact{seek{scope: imports.ScopeHost, name: name}, value}
	}
	of := func(line, part, name string, value float64) fact {
		return fact{seek{scope: imports.ScopeCacheLine, instance: line, name: name, kind: imports.KindCount, labels: map[string]string{"part": part, "offset": ""}}, value}
	}
	share := func(line, part, name string, value float64, labels map[string]string) fact {
		labels["part"] = part
		return fact{seek{scope: imports.ScopeCacheLine, instance: line, name: name, kind: imports.KindMetric, labels: labels}, value}
	}
	at := func(code, offset string) map[string]string {
		return map[string]string{"code_address": code, "offset": offset}
	}
	of1 := func(line, name, code, offset string, value float64) fact {
		return fact{seek{scope: imports.ScopeCacheLine, instance: line, name: name, labels: at(code, offset)}, value}
	}
	for _, c := range []struct {
		file   string
		lines  int // of the table
		places int // rows of the Pareto
		facts  []fact
		warned string
	}{
		{"ampere_arm_warnings_cut.txt", 0, 0, []fact{host("Total records", 551944), host("Load Remote DRAM", 2353), host("Load Local DRAM", 2), host("Load HIT Peer", 10), host("LLC Misses to Remote DRAM", 0.999)}, "collision  6 times out of 47"},
		{"arm_neoverse_v2_sunflow.txt", 10, 0, []fact{
			host("Total records", 3155822), host("Load Operations", 2903443), host("Load HIT Local Peer", 5025), host("Load Local HITM", 0), host("Load Remote HITM", 0), host("Total Shared Cache Lines", 143),
			of("0x400816340", partLines, "Cacheline PA cnt", 12275), share("0x400816340", partLines, "Peer Snoop", 0.277, map[string]string{"memory_node": "0"}),
			of("0x400816340", partLines, "Load Peer Total", 1392), of("0x400816340", partLines, "Load Peer Local", 1392), of("0x400816340", partLines, "Load Peer Remote", 0), of("0x400816340", partLines, "Total records", 27076),
			of("0x400816380", partLines, "Total Stores", 311), of("0x400816380", partLines, "Stores N/A", 311),
		}, "perf counted 143 shared cache lines, and the table has 10"},
		{"pareto_less_S_chopped.txt", 0, 18, []fact{
			host("Total Shared Cache Lines", 32), host("Total Merged records", 147818),
			of("0x5555555da540", partPareto, "HITM RmtHitm", 0), of("0x5555555da540", partPareto, "HITM LclHitm", 37147), of("0x5555555da540", partPareto, "Store Refs L1 Hit", 27050),
			share("0x5555555da540", partPareto, "HITM LclHitm", 0.128, at("0x555555561004", "0x24")), share("0x5555555da540", partPareto, "Store Refs L1 Hit", 0.138, at("0x555555561004", "0x24")),
			of1("0x5555555da540", "cycles load", "0x555555561004", "0x24", 825), of1("0x5555555da540", "Total records", "0x555555561004", "0x24", 8659), of1("0x5555555da540", "cpu cnt", "0x555555561004", "0x24", 7),
		}, "chopped at their right end"},
		{"stats_only_typepollution.txt", 0, 0, []fact{host("Total records", 148076), host("Load Fill Buffer Hit", 70200), host("Load Local HITM", 19), host("Store L1D Miss", 43604), host("Total Shared Cache Lines", 4)}, "no table of shared cache lines"},
		{"x86_tot_hitm_peercols.txt", 2, 5, []fact{
			share("0x55c8971f0080", partLines, "Tot Hitm", 0.6614, map[string]string{}), of("0x55c8971f0080", partLines, "Load Hitm Total", 252), of("0x55c8971f0080", partLines, "Load Hitm LclHitm", 252), of("0x55c8971f0080", partLines, "Load Hitm RmtHitm", 0),
			of("0x55c8971f0080", partLines, "Total records", 6044), of("0x55c8971f0080", partLines, "Total Loads", 3550), of("0x55c8971f0080", partLines, "Total Stores", 2494),
			share("0x55c8971f00c0", partLines, "Tot Hitm", 0.3386, map[string]string{}), of("0x55c8971f00c0", partLines, "Load Hitm Total", 129),
			share("0x55c8971f0080", partPareto, "HITM LclHitm", 0.869, at("0x55c8971ed447", "0x20")), of1("0x55c8971f0080", "cycles load", "0x55c8971ed447", "0x20", 103), of1("0x55c8971f0080", "Total records", "0x55c8971ed447", "0x20", 1131),
			share("0x55c8971f0080", partPareto, "Store Refs L1 Hit", 0.9051, map[string]string{"code_address": "0x55c8971ed3e2", "offset": "0x0", "symbol": "[.] 0x00000000000013e2", "node": "0"}),
		}, ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			text := importstest.Sample(t, "perf_c2c/"+c.file)
			if Format().Detect([]byte(text)) < 90 {
				t.Error("it is not detected")
			}
			k := importstest.Read(Format(), text)
			if k.Err != nil {
				t.Fatal(k.Err)
			}
			lines, places := map[int]bool{}, map[int]bool{}
			for _, f := range k.Figures {
				switch {
				case f.Labels["offset"] != "":
					places[f.Line] = true
				case f.Labels["part"] == partLines:
					lines[f.Line] = true
				}
			}
			if len(lines) != c.lines || len(places) != c.places {
				t.Errorf("%d lines and %d places in them", len(lines), len(places))
			}
			for _, f := range c.facts {
				if got := f.find(t, k); got != f.value {
					t.Errorf("%+v: %v, want %v", f.seek, got, f.value)
				}
			}
			if c.warned != "" && !warned(k, c.warned) {
				t.Errorf("nothing warns of %q: %v", c.warned, k.Warnings)
			}
		})
	}
}

func warned(k *importstest.Kept, words string) bool {
	for _, w := range k.Warnings {
		if k.Warned(w.Line, words) {
			return true
		}
	}
	return false
}
