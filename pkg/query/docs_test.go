package query

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

var update = flag.Bool("update", false, "rewrite docs/metrics.md")

const metricsPage = "../../docs/metrics.md"

// TestMetricsPageIsCurrent holds docs/metrics.md equal to what is computed.
func TestMetricsPageIsCurrent(t *testing.T) {
	want := metricsDoc()
	if *update {
		if err := os.WriteFile(metricsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(metricsPage)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what is computed; run `go test ./pkg/query -run MetricsPage -update` (%v)", metricsPage, err)
	}
}

const tracedText = "Sums that the probes made of every event, by kind, and of which a row comes each time that they are read, one to ten seconds apart. A row counts in the column in which its time lies, and a rate divides by the time since the row before. " +
	"Kinds are not added up: a `growslice` is made of memory that was a `page` before. A column is null where the kind was not recorded, also while its probe was detached to spare the host.\n\n"

const accessedText = "Of samples of loads and stores that tools recorded (`perf mem record`, `perf c2c record`) and that were [imported](imports/README.md). What served a load is the processor's data source: the core's own caches, another cache of the node, the node's memory, another node's cache or memory. " +
	"On processors with several nodes in a socket, what they call remote may be another socket only. A sample counts with its weight, which is how many events it stands for. One that does not tell its CPU is in a row of its own, and one that does not tell what served it is in no share.\n\n"

func metricsDoc() string {
	var b strings.Builder
	b.WriteString(`# Metrics

What a run can be asked, and how each figure is made. This page is written from the code, and a test holds the two together. ` + "`numalens query DIR '{\"view\":\"metrics\"}'`" + ` lists what a given run has, and why it lacks the rest.

Counts are summed over CPUs, or units, and the sums divided: a node's share is never an average of its CPUs' shares. A count that the kernel multiplexed is scaled, and says for which share of the time it really counted. Where what is divided was not counted at the same moments, because it did not fit one group of the processor's counters, the figure says so. Nothing is shown as 0 that is not known.

A formula is made of [meanings](#meanings), not of events: it holds on every processor that counts them. Where there are several, the first whose counts a run has is used; one that approximates says what it gets wrong, and so does an event whose meaning differs on a processor. [events.md](events.md) has the events of each processor.

The rung is that of the ladder of evidence: 1 load samples, 2 counters, 3 fault samples, 4 hint faults, 5 placement.

`)
	for _, part := range []struct {
		title string
		list  []Metric
		text  string
	}{{title: "Locality", list: locality}, {title: "Lines passed to and fro", list: sharing}, {title: "Caches and cycles", list: caches}, {title: "Bandwidth", list: bandwidth},
		{title: "Faults and allocations", list: allocation}, {"Sampled loads and stores", accessed, accessedText}, {"What probes in the kernel tell", traced, tracedText}} {
		fmt.Fprintf(&b, "## %s\n\n%s", part.title, part.text)
		for _, x := range part.list {
			x.doc(&b)
		}
	}
	b.WriteString(`## The allocators' own frames

A hotspot is named for the innermost frame of its stack that is not one of these: the allocators, what wraps them, the page fault by which a program gets its memory, and the tracing. Names as the kernels 5.8 to 6.18, glibc and Go's runtime have them; what compilers add to a name makes no difference. The whole stack is beside it.

| what | functions, as an RE2 pattern of the whole name |
|---|---|
`)
	for _, f := range allocatorFrames {
		fmt.Fprintf(&b, "| %s | `%s` |\n", f.what, strings.ReplaceAll(f.pattern, "|", "\\|"))
	}
	b.WriteString(`
## Plain rates and gauges

Every meaning that a run counted can be asked for as a rate, by its name with ` + "`_` for `-`" + `: ` + "`llc_load_misses`, `dram_loads_remote`" + `. So can every event by the name of its column, and every column of numastat, meminfo and vmstat.

## Meanings

The vocabulary of what counts say. An event carries its meaning in the run's manifest; a user's own event has none, unless it is one of the vendor's that the event table knows.

| meaning | what it says |
|---|---|
`)
	for _, m := range numa.Meanings() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", m.Meaning, m.Text)
	}
	b.WriteString(`
## Intel's prices

The metrics that begin with ` + "`tma_`" + ` follow Intel's top-down analysis: a price in ns for each access of a kind, from intel/perfmon, whole or beyond what a hit would have cost.

| processor | line of another socket | line of another core | core asked in vain | L2 hit | LLC hit | remote DRAM |
|---|---|---|---|---|---|---|
`)
	for _, model := range []string{"SKX", "CLX", "ICX", "SPR", "EMR", "GNR"} {
		p, _ := pricesOf(model)
		fmt.Fprintf(&b, "| %s | %g | %g | %g | %g | %s | %s |\n", model, p.remoteHITM, p.localHITM, p.snoopMiss, p.l2, price(p.llc), price(p.remoteDRAM))
	}
	return b.String()
}

func price(ns float64) string {
	if ns == 0 {
		return "measured by each load"
	}
	return fmt.Sprint(ns)
}

func (x Metric) doc(b *strings.Builder) {
	fmt.Fprintf(b, "### `%s`\n\n%s. %s\n\n| | |\n|---|---|\n", x.Name, x.Title, x.Help)
	row := func(name, text string) {
		if text != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, text)
		}
	}
	for _, f := range x.formulas() {
		row("formula", f)
	}
	row("denominator", x.DenominatorText)
	row("unit", fmt.Sprintf("`%s` (%s)", x.Unit, x.Kind))
	if x.Rung != numa.NoRung {
		row("rung", fmt.Sprintf("%d, %v", x.Rung, x.Rung))
	}
	row("by", strings.Join(asStrings(x.By), ", "))
	b.WriteString("\n")
}

// formulas words the metric's formulas, and what each approximates.
func (x Metric) formulas() []string {
	list := x.Formulas
	if list == nil && x.Numerator != nil {
		list = []Formula{{Numerator: asMeanings(x.Numerator), Denominator: asMeanings(x.Denominator)}}
	}
	var out []string
	for _, f := range list {
		text := sumText(f.Numerator, f.Costs != nil)
		if f.Minus != nil {
			text = "(" + text + " − " + sumText(f.Minus, false) + ")"
		}
		if f.Denominator != nil {
			if len(f.Numerator) > 1 || f.Costs != nil {
				text = "(" + text + ")"
			}
			den := sumText(f.Denominator, false)
			if f.Unhalted {
				den += " in ns"
			}
			if len(f.Denominator) > 1 {
				den = "(" + den + ")"
			}
			text += " ÷ " + den
		} else {
			if scale := x.scaleText(f); scale != "" {
				text = scale + " × (" + text + ")"
			}
			text += ", a second"
		}
		if f.Approximates != "" {
			text += ". Approximated: " + strings.TrimSuffix(f.Approximates, ".")
		}
		out = append(out, text)
	}
	if x.Traced != "" {
		return append(out, x.tracedFormula())
	}
	if x.Access != nil {
		return append(out, x.accessFormula())
	}
	if x.Remote && x.Kind == Share {
		out = append(out, "samples with the memory on another node ÷ samples whose memory's node is known")
	} else if x.Remote {
		out = append(out, "samples with the memory on another node, each times its weight, a second")
	}
	return out
}

func (x Metric) accessFormula() string {
	what := map[export.SampleKind]string{export.MemoryLoad: "loads", export.MemoryStore: "stores"}[x.Kinds]
	switch {
	case x.Access.Latency:
		return "latency × weight of the samples that tell it ÷ their weight"
	case x.divides():
		text := "samples that " + servedText(x.Access.Numerator) + " served"
		if x.Access.Modified {
			text = "samples of lines that another cache had modified"
		}
		return text + " ÷ samples that " + servedText(x.Access.Denominator) + " served"
	}
	return "weight of the sampled " + what + ", a second"
}

func servedText(list []served) string {
	words := map[served]string{servedNear: "another cache of the node", servedLocal: "the node's memory", servedFarCache: "another node's cache", servedFarMemory: "another node's memory"}
	var out []string
	for _, s := range list {
		out = append(out, words[s])
	}
	return strings.Join(out, " or ")
}

func (x Metric) tracedFormula() string {
	of := fmt.Sprintf("of the rows of `%s` of kind `%s`", x.Table, x.Traced)
	if x.Remote {
		return fmt.Sprintf("`%s` %s, those with the node given another than the CPU's ÷ those with both nodes known", x.Summed, of)
	}
	return fmt.Sprintf("`%s` %s, a second", x.Summed, of)
}

func (x Metric) scaleText(f Formula) string {
	switch {
	case f.Scale == 64.0/9:
		return "64 ÷ 9"
	case f.Scale != 0:
		return fmt.Sprint(f.Scale)
	case f.Costs != nil || x.scale() == 1:
		return ""
	}
	return fmt.Sprint(x.scale())
}

func sumText(list []numa.Meaning, priced bool) string {
	var out []string
	for _, m := range list {
		text := "`" + string(m) + "`"
		if priced {
			text = "price × " + text
		}
		out = append(out, text)
	}
	return strings.Join(out, " + ")
}

func asMeanings(list []string) []numa.Meaning {
	var out []numa.Meaning
	for _, s := range list {
		out = append(out, numa.Meaning(s))
	}
	return out
}

// TestNamedMetricsAreWhole: what a reader relies on.
func TestNamedMetricsAreWhole(t *testing.T) {
	known := numa.Meanings()
	names := map[string]bool{}
	for _, x := range named {
		if names[x.Name] {
			t.Errorf("%s is there twice", x.Name)
		}
		names[x.Name] = true
		if x.Help == "" || x.Unit == "" || x.Title == "" || len(x.By) == 0 || x.divides() != (x.DenominatorText != "") {
			t.Errorf("%s lacks its help, unit, title, groupings or denominator", x.Name)
		}
		if x.Kind == Share && x.Rung == numa.NoRung {
			t.Errorf("%s is about locality and has no rung", x.Name)
		}
		for _, f := range x.Formulas {
			if x.divides() != (f.Denominator != nil) || f.Numerator == nil {
				t.Errorf("%s: a formula that does not fit a %s", x.Name, x.Kind)
			}
			for _, w := range f.meanings() {
				if !slices.ContainsFunc(known, func(m numa.MeaningText) bool { return m.Meaning == w }) {
					t.Errorf("%s is made of %q, which is in no vocabulary", x.Name, w)
				}
			}
			if f.Costs != nil && len(f.Costs("SPR")) != len(f.Numerator) {
				t.Errorf("%s: %d prices of %d counts", x.Name, len(f.Costs("SPR")), len(f.Numerator))
			}
		}
	}
}

// TestPricesAreIntels: the constants of intel/perfmon's formulas, as they were
// noted down apart from the code: L3 hit, local HITM, remote HITM, remote DRAM.
func TestPricesAreIntels(t *testing.T) {
	for model, want := range map[string][4]float64{"SKX": {20.5, 47.5, 110, 147.5}, "ICX": {23, 48, 120, 131}, "SPR": {37, 81, 170, 190}} {
		p, ok := pricesOf(model)
		if got := [4]float64{p.llc, p.localHITM, p.remoteHITM, p.remoteDRAM}; !ok || got != want {
			t.Errorf("%s: %v, want %v", model, got, want)
		}
	}
	for _, model := range []string{"", "ZEN4", "V2"} {
		if falseSharingCosts(model) != nil || contestedCosts(model) != nil || remoteMemoryCosts(model) != nil {
			t.Errorf("%q has Intel's prices", model)
		}
	}
	if remoteMemoryCosts("GNR") != nil {
		t.Error("GNR measures each load, and has no price of one")
	}
}
