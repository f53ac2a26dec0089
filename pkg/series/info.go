package series

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// longestText is what an engine takes for a label's value by its own defaults
// (Mimir: 2048 bytes); a sentence of ours that is longer is cut.
const longestText = 1000

// describe makes the series of what is known of a run as it begins.
func (r *Run) describe() {
	m := r.m
	labels := []Label{
		{"name", m.Name}, {"start_ns", strconv.FormatInt(m.StartNS, 10)}, {"interval_ns", strconv.FormatInt(r.interval, 10)},
		{"emulated", m.Emulated}, {"kernel", m.Kernel}, {"arch", m.Arch}, {"cpu_model", m.CPUModel}, {"processor_model", m.ProcessorModel},
		{"rung", rungOf(m.Rung)}, {"agent_version", m.Agent.Version}, {"page_bytes", strconv.Itoa(m.Topology.PageBytes)}, {"line_bytes", strconv.Itoa(m.Topology.CacheLineBytes)},
	}
	if m.ReferenceHz > 0 {
		labels = append(labels, Label{"reference_hz", strconv.FormatInt(m.ReferenceHz, 10)})
	}
	for k, v := range m.Labels {
		if name := "label_" + snake(k); !slices.ContainsFunc(labels, func(l Label) bool { return l.Name == name }) {
			labels = append(labels, Label{name, v})
		}
	}
	var sampled []string
	for _, t := range m.Tables {
		if t.Name == export.TableSamples {
			sampled = t.Scopes
		}
	}
	if len(m.Units) > 0 {
		by := LabelNode
		if r.unitsOfSockets() {
			by = LabelSocket
		}
		labels = append(labels, Label{"units", by})
	}
	labels = append(labels, Label{"samples", strings.Join(sampled, ",")})
	r.info(RunInfo, "A run: how it was recorded, and on what.", labels...)
	for _, n := range m.Topology.Nodes {
		r.nodeInfo(n)
	}
	for _, u := range m.Unavailable {
		r.info(UnavailableInfo, "What could not be measured, and why.", Label{"feature", u.Feature}, Label{"why", u.Why}, Label{"remedy", u.Remedy})
	}
}

func (r *Run) nodeInfo(n numa.Node) {
	labels := []Label{{LabelNode, strconv.Itoa(n.ID)}, {"cpus", listOf(n.CPUs)}, {"memory_bytes", strconv.FormatInt(n.MemoryBytes, 10)}}
	if s, ok := r.m.Topology.SocketOfNode(n.ID); ok {
		labels = append(labels, Label{LabelSocket, strconv.Itoa(s)})
	}
	var distances []string
	for _, d := range n.Distances {
		distances = append(distances, strconv.Itoa(d))
	}
	r.info(NodeInfo, "A node, the socket that it is of, and its CPUs.", append(labels, Label{"distances", strings.Join(distances, ",")})...)
}

// info adds a series whose labels say something. Labels without a value are
// left out, which to an engine is the same.
func (r *Run) info(name, help string, labels ...Label) {
	r.infos = append(r.infos, r.infoSample(name, help, labels...))
}

func (r *Run) infoSample(name, help string, labels ...Label) Sample {
	var kept []Label
	for _, l := range labels {
		if l.Value != "" {
			kept = append(kept, Label{l.Name, cut(strings.ToValidUTF8(l.Value, "?"))})
		}
	}
	return Sample{r.series(name, State, "", help, kept...), 1}
}

func (r *Run) columnInfo(series, table string, scope export.Scope, group string, e export.GroupEvent) Sample {
	proven := ""
	if e.Proven {
		proven = "true"
	}
	return r.infoSample(ColumnInfo, "A column of the run's tables, and the series that has it.",
		Label{"series", series}, Label{"table", table}, Label{"column", e.Name}, Label{"scope", string(scope)}, Label{LabelGroup, group},
		Label{"unit", e.Unit}, Label{"meaning", string(e.Meaning)}, Label{"proven", proven}, Label{"untrusted", e.Untrusted}, Label{"caveat", e.Caveat}, Label{"text", e.Help})
}

func cut(text string) string {
	if len(text) <= longestText {
		return text
	}
	end := longestText - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// listOf writes CPUs in the kernel's list format.
func listOf(ids []int) string {
	sorted := slices.Sorted(slices.Values(ids))
	var parts []string
	for i := 0; i < len(sorted); {
		k := i
		for k+1 < len(sorted) && sorted[k+1] == sorted[k]+1 {
			k++
		}
		if k == i {
			parts = append(parts, strconv.Itoa(sorted[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", sorted[i], sorted[k]))
		}
		i = k + 1
	}
	return strings.Join(parts, ",")
}
