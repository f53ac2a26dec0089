package datasource

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/query"
)

// run is one row of the view `runs`, and one object of the resource `runs`.
type run struct {
	Host     string            `json:"host"`
	Run      string            `json:"run"`
	Name     string            `json:"name"`
	State    export.State      `json:"state"`
	StartMS  float64           `json:"startMs"`
	EndMS    *float64          `json:"endMs"`
	Command  []string          `json:"command"`
	Labels   map[string]string `json:"labels"`
	Rung     int               `json:"rung"`
	RungName string            `json:"rungName"`
	Emulated string            `json:"emulated"`
	Missing  []string          `json:"missing"`
	Kernel   string            `json:"kernel"`
	CPUModel string            `json:"cpuModel"`
	Source   string            `json:"source"`
}

func runOf(l query.RunListing) run {
	r := run{
		Host: l.Host, Run: l.Run, Name: l.Name, State: l.State, StartMS: ms(l.StartNS), Command: l.Command, Labels: l.Labels,
		Rung: int(l.Rung), RungName: l.Rung.String(), Emulated: l.Emulated, Kernel: l.Kernel, CPUModel: l.CPUModel, Source: l.Source,
		Missing: []string{},
	}
	if r.Labels == nil {
		r.Labels = map[string]string{}
	}
	if l.EndNS > 0 {
		end := ms(l.EndNS)
		r.EndMS = &end
	}
	for _, u := range l.Unavailable {
		r.Missing = append(r.Missing, u.Error())
	}
	return r
}

func runsFrames(runs []query.RunListing, words []string) data.Frames {
	n := len(runs)
	host, id, name, state := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	start, end := make([]time.Time, n), make([]*time.Time, n)
	command, labels, rungName, emulated, missing := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	rung := make([]int8, n)
	for i, l := range runs {
		r := runOf(l)
		host[i], id[i], name[i], state[i] = r.Host, r.Run, r.Name, string(r.State)
		start[i] = timeOf(l.StartNS)
		if l.EndNS > 0 {
			t := timeOf(l.EndNS)
			end[i] = &t
		}
		command[i], labels[i], missing[i] = strings.Join(r.Command, " "), asJSON(r.Labels), asJSON(r.Missing)
		rung[i], rungName[i], emulated[i] = int8(r.Rung), r.RungName, r.Emulated
	}
	f := data.NewFrame("runs",
		data.NewField("host", nil, host), data.NewField("run", nil, id), data.NewField("name", nil, name), data.NewField("state", nil, state),
		data.NewField("start", nil, start), data.NewField("end", nil, end), data.NewField("command", nil, command), data.NewField("labels", nil, labels),
		data.NewField("rung", nil, rung), data.NewField("rung_name", nil, rungName), data.NewField("emulated", nil, emulated), data.NewField("missing", nil, missing))
	f.Meta = table(words, nil)
	return data.Frames{f}
}

func incompleteNotice(err error) []string {
	if err == nil {
		return nil
	}
	return []string{"Not all sources answered: " + err.Error()}
}

// metric is one object of the resource `metrics`.
type metric struct {
	metricMeta
	By        []query.By `json:"by"`
	Available bool       `json:"available"`
	Why       string     `json:"why"`
	Remedy    string     `json:"remedy"`
}

func metricOf(l query.MetricListing) metric {
	m := metric{metricMeta: metaOf(l.Metric), By: l.By, Available: l.Unavailable == nil}
	if l.Unavailable != nil {
		m.Why, m.Remedy = l.Unavailable.Why, l.Unavailable.Remedy
	}
	return m
}

func metricsFrames(list []query.MetricListing) data.Frames {
	n := len(list)
	name, title, unit, kind, help, den := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	rung, rungName, by := make([]int8, n), make([]string, n), make([]string, n)
	available, why, remedy := make([]bool, n), make([]string, n), make([]string, n)
	for i, l := range list {
		m := metricOf(l)
		name[i], title[i], unit[i], kind[i], help[i], den[i] = m.Name, m.Title, m.Unit, string(m.Kind), m.Help, m.Denominator
		rung[i], rungName[i], by[i] = int8(m.Rung), m.RungName, asJSON(m.By)
		available[i], why[i], remedy[i] = m.Available, m.Why, m.Remedy
	}
	f := data.NewFrame("metrics",
		data.NewField("name", nil, name), data.NewField("title", nil, title), data.NewField("unit", nil, unit), data.NewField("kind", nil, kind),
		data.NewField("help", nil, help), data.NewField("denominator", nil, den), data.NewField("rung", nil, rung), data.NewField("rung_name", nil, rungName),
		data.NewField("by", nil, by), data.NewField("available", nil, available), data.NewField("why", nil, why), data.NewField("remedy", nil, remedy))
	f.Meta = table(nil, nil)
	return data.Frames{f}
}

// topologyFrames gives the CPUs and the nodes, or only those asked for: a
// table shows one frame.
func topologyFrames(m *export.Manifest, by query.By) data.Frames {
	switch by {
	case query.ByCPU:
		return data.Frames{cpusFrame(m)}
	case query.ByNode:
		return data.Frames{nodesFrame(m)}
	}
	return data.Frames{cpusFrame(m), nodesFrame(m)}
}

func cpusFrame(m *export.Manifest) *data.Frame {
	t := m.Topology
	cpu, core, socket, node := make([]int32, len(t.CPUs)), make([]*int32, len(t.CPUs)), make([]*int32, len(t.CPUs)), make([]int32, len(t.CPUs))
	for i, c := range t.CPUs {
		cpu[i], core[i], socket[i], node[i] = int32(c.ID), unless(int32(c.Core), numa.NotTold), unless(int32(c.Socket), numa.NotTold), int32(c.Node)
	}
	cpus := data.NewFrame("cpus", data.NewField("cpu", nil, cpu), data.NewField("core", nil, core), data.NewField("socket", nil, socket), data.NewField("node", nil, node))
	cpus.Meta = table(nil, nil)
	return cpus
}

func nodesFrame(m *export.Manifest) *data.Frame {
	t := m.Topology
	n := len(t.Nodes)
	id, sock, memory := make([]int32, n), make([]*int32, n), make([]int64, n)
	list, distances := make([]string, n), make([]string, n)
	for i, x := range t.Nodes {
		id[i], memory[i], list[i], distances[i] = int32(x.ID), x.MemoryBytes, cpuList(x.CPUs), asJSON(x.Distances)
		if s, ok := t.SocketOfNode(x.ID); ok {
			v := int32(s)
			sock[i] = &v
		}
	}
	bytes := data.NewField("memory_bytes", nil, memory)
	bytes.Config = &data.FieldConfig{Unit: "bytes"}
	nodes := data.NewFrame("nodes", data.NewField("node", nil, id), data.NewField("socket", nil, sock), data.NewField("cpus", nil, list), bytes, data.NewField("distances", nil, distances))
	nodes.Meta = table(nil, nil)
	return nodes
}

// cpuList writes CPU numbers in the kernel's list format: 0-3,8.
func cpuList(cpus []int) string {
	in := slices.Sorted(slices.Values(cpus))
	var parts []string
	for i := 0; i < len(in); {
		j := i
		for j+1 < len(in) && in[j+1] == in[j]+1 {
			j++
		}
		part := strconv.Itoa(in[i])
		if j > i {
			part += "-" + strconv.Itoa(in[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return "null" // strings, numbers and lists of them always marshal
	}
	return string(b)
}
