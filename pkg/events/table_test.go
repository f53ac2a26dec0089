package events

import (
	"encoding/csv"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/numa"
)

// TestTable: every line is whole, known, and not another one's double; every
// word of the vocabulary is used.
func TestTable(t *testing.T) {
	all, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	used := map[numa.Meaning]bool{numa.Cycles: true, numa.Instructions: true, numa.RefCycles: true}
	perModel := map[string]int{}
	for _, d := range all {
		used[d.Meaning] = true
		for _, m := range d.Models {
			perModel[m]++
		}
		if slices.ContainsFunc(d.Names, func(n string) bool { return n != strings.ToLower(n) }) {
			t.Errorf("%v: perf writes names in lower case", d.Names)
		}
	}
	for _, m := range numa.Meanings() {
		if !used[m.Meaning] {
			t.Errorf("no event means %q", m.Meaning)
		}
		if !strings.HasSuffix(m.Text, ".") {
			t.Errorf("%q is not explained by a sentence: %q", m.Meaning, m.Text)
		}
	}
	for _, d := range all {
		if d.PMU == CorePMU && d.Group != "" && !slices.Contains(packOrder, d.Group) {
			t.Errorf("%s is in group %s, which has no place in the order", d.Names[0], d.Group)
		}
	}
	for _, m := range models {
		if perModel[m.Name] < 8 {
			t.Errorf("%s has %d events", m.Name, perModel[m.Name])
		}
	}
}

// TestTraps: what looks alike and is not has a caveat, or another meaning.
func TestTraps(t *testing.T) {
	meaning := func(model, event string) (numa.Meaning, string) {
		d, ok := Named(model, event)
		if !ok {
			t.Fatalf("%s has no %s", model, event)
		}
		return d.Meaning, d.Caveat + "; " + d.Counts
	}
	for _, c := range []struct{ model, event, meaning, says string }{
		{"ICX", "OCR.READS_TO_CORE.SNC_DRAM", "core-reads-dram-same-socket", "DRAM of the own socket"},
		{"SKX", "OFFCORE_RESPONSE.DEMAND_RFO.L3_HIT.HITM_OTHER_CORE", "rfo-hitm-local", "requests of all kinds"},
		{"ZEN3", "ls_dmnd_fills_from_sys.ext_cache_remote", "cache-fills-remote", "no HITM"},
		{"V2", "remote_access", "remote-accesses", "not HITM"},
		{"SPR", "mem_load_l3_miss_retired.remote_hitm", "hitm-remote", "no prefetches, no stores (RFO)"},
		{"SPR", "mem_load_l3_miss_retired.remote_fwd", "forward-remote", "not HITM"},
	} {
		m, says := meaning(c.model, c.event)
		if string(m) != c.meaning || !strings.Contains(says, c.says) {
			t.Errorf("%s %s means %s, %q; want %s and %q", c.model, c.event, m, says, c.meaning, c.says)
		}
	}
	for _, model := range []string{"ZEN2", "ZEN3", "ZEN4", "ZEN5", "N1", "N2", "V1", "V2"} {
		list, _ := Of(model)
		for _, d := range list {
			if strings.Contains(string(d.Meaning), "hitm") {
				t.Errorf("%s: %s claims HITM, which the processor does not tell", model, d.Names[0])
			}
		}
	}
}

// TestLocalAndRemoteStayTogether: a share is of the same moments.
func TestLocalAndRemoteStayTogether(t *testing.T) {
	for _, m := range models {
		sets := map[numa.Meaning]string{}
		list, _ := Of(m.Name)
		size := map[string]int{}
		for _, d := range list {
			if d.Group != "" {
				sets[d.Meaning] = d.Group + "/" + d.Set
				size[d.Group]++
			}
		}
		for _, pair := range [][2]numa.Meaning{
			{numa.DRAMLoadsLocal, numa.DRAMLoadsRemote}, {numa.RemoteAccesses, numa.LLCLoadMisses}, {numa.LLCReferences, numa.LLCMisses},
			{numa.RFOHITMLocal, numa.RFOHITMRemote}, {numa.DataReads, numa.DataReadsDemand}, {numa.DRAMReads, numa.DRAMWrites},
			{numa.LLCUnitReferences, numa.LLCUnitMisses}, {numa.Loads, numa.DTLBLoadWalks},
		} {
			if a, b := sets[pair[0]], sets[pair[1]]; a != "" && b != "" && a != b && !strings.HasPrefix(m.Name, "N") && !strings.HasPrefix(m.Name, "V") {
				t.Errorf("%s: %s is in %s, %s in %s", m.Name, pair[0], a, pair[1], b)
			}
		}
		for g, n := range size {
			if n > 4 && g != "df-dram" && g != "df-link" && g != "imc" {
				t.Errorf("%s: group %s has %d events", m.Name, g, n)
			}
		}
	}
}

// modelsOf maps the shared list's names of processors to ours.
func modelsOf(cpu string) []string {
	switch cpu {
	case "neoverse-n1":
		return []string{"N1"}
	case "neoverse-n2-v2":
		return []string{"N2", "V2"}
	case "neoverse SPE":
		return []string{"N1", "N2", "V1", "V2"}
	}
	return []string{strings.ToUpper(cpu)}
}

// TestEncodingsAreThoseOfTheSharedList compares every line of a list of
// encodings that was gathered apart from the table.
func TestEncodingsAreThoseOfTheSharedList(t *testing.T) {
	dir := os.Getenv("NUMALENS_SAMPLES")
	if dir == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the folder beside the list of encodings")
	}
	f, err := os.Open(filepath.Join(dir, "..", "events.csv"))
	if err != nil {
		t.Skipf("[samples] %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	checked := map[string]int{}
	for _, row := range rows[1:] {
		at := func(column string) string { return row[slices.Index(rows[0], column)] }
		for _, model := range modelsOf(at("cpu")) {
			checked[model]++
			d, ok := defined(model, at("event"))
			if !ok {
				t.Errorf("%s has no %s", model, at("event"))
				continue
			}
			// What a formula names without an event has its value only.
			if code := at("code"); code != "" && !slices.ContainsFunc(strings.Split(code, ","), func(c string) bool { return number(t, c) == d.Code }) {
				t.Errorf("%s %s: code %#x, want %s", model, at("event"), d.Code, code)
			}
			if want := number(t, at("umask_ext"))<<8 | number(t, at("umask")); at("umask") != "" && d.Umask != want {
				t.Errorf("%s %s: umask %#x, want %#x", model, at("event"), d.Umask, want)
			}
			if want := number(t, at("msr_value")); want != 0 && extraValue(d) != want {
				t.Errorf("%s %s: extra %q, want %#x", model, at("event"), d.Extra, want)
			}
		}
	}
	t.Log(slices.Sorted(maps.Keys(checked)), checked)
}

func defined(model, event string) (Definition, bool) {
	list, _ := Of(model)
	i := slices.IndexFunc(list, func(d Definition) bool { return slices.Contains(d.Names, strings.ToLower(event)) })
	if i < 0 {
		return Definition{}, false
	}
	return list[i], true
}

func number(t *testing.T, s string) uint64 {
	t.Helper()
	if s = strings.TrimSpace(s); s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func extraValue(d Definition) uint64 {
	_, value, _ := strings.Cut(d.Extra, "=")
	n, _ := strconv.ParseUint(value, 0, 64)
	return n
}

func TestMalformedTables(t *testing.T) {
	head := strings.Join(tableColumns, ",") + "\n"
	for _, c := range []struct{ in, want string }{
		{"", "EOF"},
		{"models,meaning\n", "wrong number of fields"},
		{strings.Replace(head, "code", "number", 1), "the columns are"},
		{head + "SKX,loads,x,core,zero,0,,,,,c,,s\n", `code "zero"`},
		{head + "SKX,loads,x,core,0,one,,,,,c,,s\n", `umask "one"`},
		{head + "XYZ,loads,x,core,0,1,,,,,c,,s\n", `no model "XYZ"`},
		{head + "SKX,nonsense,x,core,0,1,,,,,c,,s\n", `meaning "nonsense"`},
		{head + "SKX,loads,x,core,0,1,,,,,,,s\n", "what it counts"},
		{head + "SKX,loads,x,core,0,1,offcore_rsp=?,,,,c,,s\n", "write a number"},
	} {
		if _, err := ParseTable(strings.NewReader(c.in)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want an error with %q", c.in, err, c.want)
		}
	}
}

func FuzzParseTable(f *testing.F) {
	f.Add(strings.Join(tableColumns, ",") + "\nSKX,loads,x,core,0xd0,0x81,offcore_rsp=0x1,0-3,g,s,c,,s\n")
	f.Fuzz(func(t *testing.T, in string) { ParseTable(strings.NewReader(in)) })
}

// TestNoTwoMeaningsShareAnEncoding holds checkUnique itself to account.
func TestNoTwoMeaningsShareAnEncoding(t *testing.T) {
	all, err := Table()
	if err != nil {
		t.Fatal(err)
	}
	double := all[0]
	double.Meaning, double.Names = numa.Loads, []string{"another"}
	if err := checkUnique(append(slices.Clone(all), double)); err == nil || !strings.Contains(err.Error(), "another") {
		t.Errorf("a second meaning of one encoding was taken: %v", err)
	}
}
