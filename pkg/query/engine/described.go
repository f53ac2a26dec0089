package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
	"github.com/numalens/numalens/pkg/series"
)

// described is a run as its series describe it.
type described struct {
	manifest *export.Manifest
	interval int64 // ns
	columns  map[columnKey]column
}

type columnKey struct{ table, column string }

// column is the series that has a column.
type column struct{ series, group, unit string }

// described reads what describes a run, or recalls it.
func (s *Source) described(ctx context.Context, k runKey) (*described, error) {
	now := s.now()
	x, err := s.Index(ctx)
	if err != nil {
		return nil, err
	}
	listed, err := find(x, k)
	if err != nil {
		return nil, err
	}
	if d := s.knownRun(k, listed, now); d != nil {
		return d, nil
	}
	s.describing.Lock()
	defer s.describing.Unlock()
	if d := s.knownRun(k, listed, now); d != nil {
		return d, nil
	}
	if listed.EndNS == 0 {
		if err := s.describeRecording(ctx, x, now); err != nil {
			return nil, err
		}
		if d := s.knownRun(k, listed, now); d != nil {
			return d, nil
		}
	}
	until := now.UnixMilli()
	if listed.EndNS != 0 {
		until = listed.EndNS/1e6 + 1
	}
	found, err := s.client.series(ctx, s.of(infos, k, ""), listed.StartNS/1e6, until)
	if err != nil {
		return nil, err
	}
	return s.keepRun(k, listed, found, now), nil
}

// infos are the series that describe a run.
var infos = strings.Join([]string{series.RunInfo, series.NodeInfo, series.ColumnInfo, series.UnavailableInfo}, "|")

// recent is how far back the descriptions of what is recording are looked for:
// they are sent each minute.
const recent = 5 * time.Minute

// describeRecording describes all runs that are recording, in one request: a
// fleet's overview asks for each of them.
func (s *Source) describeRecording(ctx context.Context, x *export.Index, now time.Time) error {
	found, err := s.client.series(ctx, fmt.Sprintf("{__name__=~%q%s}", infos, s.selector), now.Add(-recent).UnixMilli(), now.UnixMilli())
	if err != nil {
		return err
	}
	byRun := map[runKey][]labels{}
	for _, l := range found {
		k := runKey{l[series.LabelHost], l[series.LabelRun]}
		byRun[k] = append(byRun[k], l)
	}
	for _, h := range x.Hosts {
		for _, r := range h.Runs {
			if k := (runKey{h.Host, r.Run}); r.EndNS == 0 && len(byRun[k]) > 0 {
				s.keepRun(k, r, byRun[k], now)
			}
		}
	}
	return nil
}

// knownRun recalls a run, unless it has ended since.
func (s *Source) knownRun(k runKey, listed export.IndexRun, now time.Time) *described {
	s.mu.Lock()
	defer s.mu.Unlock()
	have := s.runs[k]
	age := manifestAge
	if have.of != nil && now.UnixNano()-have.of.manifest.StartNS < int64(young) {
		age = youngAge
	}
	if have.fresh(now, age) && have.of.manifest.EndNS == listed.EndNS {
		return have.of
	}
	return nil
}

func (s *Source) keepRun(k runKey, listed export.IndexRun, found []labels, now time.Time) *described {
	d := describe(k, listed, found)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs[k] = aged[*described]{of: d, at: now, ever: listed.EndNS != 0 && now.UnixNano()-listed.EndNS > int64(silence)}
	return d
}

func find(x *export.Index, k runKey) (export.IndexRun, error) {
	for _, h := range x.Hosts {
		if h.Host != k.host {
			continue
		}
		for _, r := range h.Runs {
			if r.Run == k.run {
				return r, nil
			}
		}
	}
	return export.IndexRun{}, fmt.Errorf("the engine has no run %s of host %s", k.run, k.host)
}

func newIndex(runs map[runKey]export.IndexRun) *export.Index {
	byHost := map[string][]export.IndexRun{}
	for k, r := range runs {
		byHost[k.host] = append(byHost[k.host], r)
	}
	x := &export.Index{Format: "numalens-index", Version: export.Version}
	for _, host := range slices.Sorted(maps.Keys(byHost)) {
		list := byHost[host]
		slices.SortFunc(list, func(a, b export.IndexRun) int {
			return cmp.Or(cmp.Compare(a.StartNS, b.StartNS), cmp.Compare(a.Run, b.Run))
		})
		x.Hosts = append(x.Hosts, export.IndexHost{Host: host, Runs: list})
	}
	return x
}

func userLabels(l labels) map[string]string {
	var out map[string]string
	for name, value := range l {
		if key, ok := strings.CutPrefix(name, "label_"); ok {
			if out == nil {
				out = map[string]string{}
			}
			out[key] = value
		}
	}
	return out
}

func describe(k runKey, listed export.IndexRun, found []labels) *described {
	m := &export.Manifest{
		Format: "numalens-run", Version: export.Version, Host: k.host, Run: k.run, Name: listed.Name, Labels: listed.Labels,
		State: listed.State, StartNS: listed.StartNS, EndNS: listed.EndNS, SumsOfNodes: true,
		Tables: []export.TableInfo{}, Segments: []export.Segment{},
	}
	d := &described{manifest: m, interval: int64(series.DefaultInterval), columns: map[columnKey]column{}}
	slices.SortFunc(found, func(a, b labels) int {
		return cmp.Or(cmp.Compare(a["group"], b["group"]), cmp.Compare(a["column"], b["column"]), cmp.Compare(numberOf(a, "node"), numberOf(b, "node")), cmp.Compare(a["feature"], b["feature"]))
	})
	units := ""
	for _, l := range found {
		if l["__name__"] == series.RunInfo {
			d.run(l)
			units = l["units"]
		}
	}
	for _, l := range found {
		switch l["__name__"] {
		case series.NodeInfo:
			d.node(l)
		case series.ColumnInfo:
			d.column(l)
		case series.UnavailableInfo:
			m.Unavailable = append(m.Unavailable, numa.Unavailable{Feature: l["feature"], Why: l["why"], Remedy: l["remedy"]})
		}
	}
	d.units(units)
	return d
}

func numberOf(l labels, name string) int64 {
	n, _ := strconv.ParseInt(l[name], 10, 64)
	return n
}

func (d *described) run(l labels) {
	m := d.manifest
	m.Emulated, m.Kernel, m.Arch, m.CPUModel, m.ProcessorModel = l["emulated"], l["kernel"], l["arch"], l["cpu_model"], l["processor_model"]
	m.ReferenceHz, m.Rung, m.Agent.Version = numberOf(l, "reference_hz"), numa.Rung(numberOf(l, "rung")), l["agent_version"]
	m.Topology.PageBytes, m.Topology.CacheLineBytes = int(numberOf(l, "page_bytes")), int(numberOf(l, "line_bytes"))
	if n := numberOf(l, "interval_ns"); n > 0 {
		d.interval = n
	}
	if kinds := l["samples"]; kinds != "" {
		m.Tables = append(m.Tables, export.TableInfo{Name: export.TableSamples, PeriodNS: d.interval, Scopes: strings.Split(kinds, ",")})
	}
}

func (d *described) node(l labels) {
	t := &d.manifest.Topology
	n := numa.Node{ID: int(numberOf(l, "node")), CPUs: parseList(l["cpus"]), MemoryBytes: numberOf(l, "memory_bytes")}
	if slices.ContainsFunc(t.Nodes, func(x numa.Node) bool { return x.ID == n.ID }) {
		return // it was described anew
	}
	for _, x := range strings.Split(l["distances"], ",") {
		if v, err := strconv.Atoi(x); err == nil {
			n.Distances = append(n.Distances, v)
		}
	}
	t.Nodes = append(t.Nodes, n)
	for _, id := range n.CPUs {
		t.CPUs = append(t.CPUs, numa.CPU{ID: id, Core: id, Socket: int(numberOf(l, "socket")), Node: n.ID})
	}
}

func (d *described) column(l labels) {
	key := columnKey{l["table"], l["column"]}
	if _, known := d.columns[key]; known || l["series"] == "" {
		return
	}
	d.columns[key] = column{l["series"], l["group"], l["unit"]}
	t := d.table(key.table)
	if key.table == export.TableNodes {
		t.Columns = append(t.Columns, key.column)
		return
	}
	scope := export.Scope(l["scope"])
	if !slices.Contains(t.Scopes, string(scope)) {
		t.Scopes = append(t.Scopes, string(scope))
	}
	groups := &d.manifest.Groups
	i := slices.IndexFunc(*groups, func(g export.Group) bool { return g.Name == l["group"] && g.Scope == scope })
	if i < 0 {
		i = len(*groups)
		*groups = append(*groups, export.Group{Name: l["group"], Scope: scope})
	}
	(*groups)[i].Events = append((*groups)[i].Events, export.GroupEvent{
		Name: key.column, Spec: key.column, Unit: l["unit"], Help: l["text"], Proven: l["proven"] == "true", Untrusted: l["untrusted"], Meaning: numa.Meaning(l["meaning"]), Caveat: l["caveat"],
	})
}

func (d *described) table(name string) *export.TableInfo {
	m := d.manifest
	i := slices.IndexFunc(m.Tables, func(t export.TableInfo) bool { return t.Name == name })
	if i < 0 {
		i = len(m.Tables)
		m.Tables = append(m.Tables, export.TableInfo{Name: name, PeriodNS: d.interval})
	}
	return &m.Tables[i]
}

// units stand for all units beside the cores that a node has, or a socket.
func (d *described) units(by string) {
	m := d.manifest
	var sockets []int
	for _, n := range m.Topology.Nodes {
		socket, ok := m.Topology.SocketOfNode(n.ID)
		if !ok {
			socket = -1
		}
		switch {
		case by == series.LabelNode:
			m.Units = append(m.Units, export.Unit{PMU: "uncore", CPU: -1, Socket: socket, Node: n.ID})
		case by == series.LabelSocket && ok && !slices.Contains(sockets, socket):
			sockets = append(sockets, socket)
			m.Units = append(m.Units, export.Unit{PMU: "uncore", CPU: -1, Socket: socket, Node: -1})
		}
	}
}

// mostCPUs bounds what a label can make of itself.
const mostCPUs = 1 << 14

// parseList reads CPUs in the kernel's list format; what is not one is left
// out.
func parseList(text string) []int {
	out := []int{}
	for _, part := range strings.Split(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		a, err := strconv.Atoi(first)
		z := a
		if err == nil && ranged {
			z, err = strconv.Atoi(last)
		}
		for ; err == nil && a >= 0 && a <= z && len(out) < mostCPUs; a++ {
			out = append(out, a)
		}
	}
	return out
}
