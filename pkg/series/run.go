package series

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// DefaultInterval is the time between two ticks unless told otherwise.
const DefaultInterval = 10 * time.Second

// settleTime is how long after a tick the rows of it are waited for:
// collectors are drained once a second.
const settleTime = 500 * time.Millisecond

// Options say what becomes a series.
type Options struct {
	Interval time.Duration // 0 is DefaultInterval
	// Columns are patterns of the columns of the table of nodes; nil is
	// DefaultColumns.
	Columns []string
}

// Check refuses what New would not understand.
func (o Options) Check() error {
	if o.Interval != 0 && (o.Interval < time.Second || o.Interval%time.Second != 0) {
		return fmt.Errorf("interval: %v is not a whole number of seconds", o.Interval)
	}
	for _, p := range o.Columns {
		if _, err := path.Match(p, ""); err != nil {
			return fmt.Errorf("columns: %q is not a pattern: %w", p, err)
		}
	}
	return nil
}

// Run gathers the rows of one run. It is used from one goroutine.
type Run struct {
	m        *export.Manifest
	interval int64
	tick     int64      // the end of the tick that is being gathered, ns
	newest   int64      // reading of the tick
	later    int64      // newest reading of the next one
	groups   [][]*group // by their index in the manifest, then one a scope
	order    []*group
	columns  []string // of the table of nodes
	chosen   []bool
	nodes    map[int32]*nodeThread
	sampled  map[sampledKey]*sampled
	sampling map[export.SampleKind]*sampled
	resting  bool
	newestAt *Series
	infos    []Sample
	named    map[string]string // series to the event that has its name
}

// group is a group of events in one scope.
type group struct {
	scope   export.Scope
	names   []string  // of the events' series; "" is one that another scope has
	threads []*thread // by instance; nil was not read
	places  map[placeKey]*place
	placed  []placeKey
}

// placeKey is a node of a socket; -1 is none, or not known.
type placeKey struct{ node, socket int }

type sampledKey struct {
	kind         export.SampleKind
	node, memory int32
}

// sampled is what samples stand for, or the time for which was sampled.
type sampled struct {
	total, now, next int64
	series           *Series
}

// New begins a run. nodeColumns are the columns of its table of nodes.
func New(m *export.Manifest, nodeColumns []string, o Options) *Run {
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Columns == nil {
		o.Columns = DefaultColumns()
	}
	r := &Run{
		m: m, interval: int64(o.Interval), columns: nodeColumns, chosen: make([]bool, len(nodeColumns)),
		groups: make([][]*group, len(m.Groups)), nodes: map[int32]*nodeThread{}, sampled: map[sampledKey]*sampled{}, sampling: map[export.SampleKind]*sampled{}, named: map[string]string{},
	}
	r.tick = (m.StartNS/r.interval + 1) * r.interval
	for i, c := range nodeColumns {
		r.chosen[i] = slices.ContainsFunc(o.Columns, func(p string) bool { ok, _ := path.Match(p, c); return ok })
	}
	r.newestAt = r.series(NewestTime, State, "seconds", "When the newest reading was taken, in seconds since the epoch.")
	r.describe()
	for _, t := range m.Tables {
		if t.Name == export.TableSamples {
			for _, kind := range t.Scopes {
				r.sampling[export.SampleKind(kind)] = &sampled{series: r.time(CountedTime, GroupOfSamples(export.SampleKind(kind)), placeKey{-1, -1})}
			}
		}
	}
	return r
}

// Counter takes one reading of a group.
func (r *Run) Counter(row *export.CounterRow) {
	if row.Group < 0 || row.Group >= len(r.m.Groups) || len(row.Values) != len(r.m.Groups[row.Group].Events) {
		return
	}
	if row.Instance < 0 || row.Instance > mostInstances {
		return
	}
	g := r.group(row.Scope, row.Group)
	if int(row.Instance) >= len(g.threads) || g.threads[row.Instance] == nil {
		r.newThread(g, row)
	}
	g.threads[row.Instance].take(row, row.TS > r.tick)
	r.see(row.TS)
}

// mostInstances bounds what a wrong row can make of memory.
const mostInstances = 1 << 16

func (r *Run) group(scope export.Scope, index int) *group {
	for _, g := range r.groups[index] {
		if g.scope == scope {
			return g
		}
	}
	return r.newGroup(scope, index)
}

func (r *Run) newGroup(scope export.Scope, index int) *group {
	of := r.m.Groups[index]
	g := &group{scope: scope, places: map[placeKey]*place{}}
	for _, e := range of.Events {
		name := r.nameOf(eventName(e), e.Name)
		g.names = append(g.names, name)
		if name != "" {
			r.infos = append(r.infos, r.columnInfo(name, export.TableCounters, scopeOfPlace(scope), of.Name, e))
		}
	}
	r.groups[index] = append(r.groups[index], g)
	r.order = append(r.order, g)
	return g
}

// nameOf keeps the names of a run apart: of two events that differ only in
// what a series' name cannot have, the second gets a number. An event that is
// counted in two scopes or groups is a series of the first of them; "" is the
// second.
func (r *Run) nameOf(name, event string) string {
	base := name
	for n := 2; ; n++ {
		has, taken := r.named[name]
		if !taken {
			r.named[name] = event
			return name
		}
		if has == event {
			return ""
		}
		name = fmt.Sprintf("%s_%d_total", strings.TrimSuffix(base, "_total"), n)
	}
}

func (r *Run) newThread(g *group, row *export.CounterRow) {
	var period int64
	for _, t := range r.m.Tables {
		if t.Name == export.TableCounters {
			period = t.Period(row.Scope)
		}
	}
	for len(g.threads) <= int(row.Instance) {
		g.threads = append(g.threads, nil)
	}
	g.threads[row.Instance] = newThread(len(row.Values), period)
	k := r.placeOf(row.Scope, row.Instance)
	if g.places[k] == nil {
		g.places[k] = r.newPlace(g, row.Group, k)
		g.placed = append(g.placed, k)
	}
}

func (r *Run) newPlace(g *group, index int, k placeKey) *place {
	of := r.m.Groups[index]
	p := &place{totals: make([]count, len(of.Events)), series: make([]*Series, len(of.Events)), scale: make([]float64, len(of.Events))}
	for i, e := range of.Events {
		p.scale[i] = 1
		unit := ""
		if e.Unit == "ns" {
			p.scale[i], unit = 1e-9, "seconds"
		}
		if g.names[i] != "" {
			p.series[i] = r.series(g.names[i], Counter, unit, e.Help, k.labels()...)
		}
	}
	p.times = [3]*Series{r.time(CountedTime, of.Name, k), r.time(EnabledTime, of.Name, k), r.time(RunningTime, of.Name, k)}
	return p
}

var timeHelp = map[string]string{
	CountedTime: "Time in which a group of events was counted: what a rate divides by.",
	EnabledTime: "Time for which a group was to be counted, summed over CPUs or units.",
	RunningTime: "Time for which it was counted, summed likewise; less where the kernel multiplexed it.",
}

func (r *Run) time(name, group string, k placeKey) *Series {
	return r.series(name, Counter, "seconds", timeHelp[name], append(k.labels(), Label{LabelGroup, group})...)
}

func (k placeKey) labels() []Label {
	var out []Label
	if k.node >= 0 {
		out = append(out, Label{LabelNode, strconv.Itoa(k.node)})
	}
	if k.socket >= 0 {
		out = append(out, Label{LabelSocket, strconv.Itoa(k.socket)})
	}
	return out
}

// placeOf is where an instance's counts are summed.
func (r *Run) placeOf(scope export.Scope, instance int32) placeKey {
	switch scope {
	case export.ScopeCPU, export.ScopeProcessCPU:
		if c, ok := r.m.Topology.CPUByID(int(instance)); ok {
			return placeKey{c.Node, c.Socket}
		}
	case export.ScopeNode:
		return r.placeOfNode(instance)
	case export.ScopeSocket:
		return placeKey{-1, int(instance)}
	case export.ScopeUncore:
		if int(instance) < len(r.m.Units) && instance >= 0 {
			u := r.m.Units[instance]
			if r.unitsOfSockets() {
				return placeKey{-1, u.Socket}
			}
			return placeKey{u.Node, u.Socket}
		}
	}
	return placeKey{-1, -1}
}

// unitsOfSockets tells whether of some units only the socket is known: then all
// are summed by socket.
func (r *Run) unitsOfSockets() bool {
	return slices.ContainsFunc(r.m.Units, func(u export.Unit) bool { return u.Node < 0 })
}

func (r *Run) placeOfNode(node int32) placeKey {
	if s, ok := r.m.Topology.SocketOfNode(int(node)); ok {
		return placeKey{int(node), s}
	}
	return placeKey{int(node), -1}
}

// scopeOfPlace is the scope that a reader of the series sees: CPUs are summed.
func scopeOfPlace(s export.Scope) export.Scope {
	if s == export.ScopeCPU || s == export.ScopeProcessCPU {
		return export.ScopeNode
	}
	return s
}

// Node takes one reading of a node.
func (r *Run) Node(row *export.NodeRow) {
	t := r.nodes[row.Node]
	if t == nil {
		t = r.newNode(row.Node)
	}
	t.take(row, row.TS > r.tick, r.nodePeriod()*5/2)
	r.see(row.TS)
}

func (r *Run) nodePeriod() int64 {
	for _, t := range r.m.Tables {
		if t.Name == export.TableNodes {
			return t.PeriodNS
		}
	}
	return 0
}

func (r *Run) newNode(node int32) *nodeThread {
	t, k := newNodeThread(len(r.columns)), r.placeOfNode(node)
	for i, c := range r.columns {
		if !r.chosen[i] {
			continue
		}
		name := nodeColumnName(c)
		kind, unit, help := Counter, "", "The kernel's count for the node: "+c+"."
		if Gauge(c) {
			kind = State
		}
		switch {
		case strings.HasSuffix(name, "_bytes"):
			unit, help = "bytes", "Bytes of the node's memory: "+c+"."
		case strings.HasSuffix(name, "_pages"):
			unit, help = "pages", "Huge pages of the node: "+c+"."
		case strings.HasSuffix(name, "_pages_total"):
			unit, help = "pages", "The kernel's numastat: pages allocated, "+c+"."
		}
		t.series[i] = r.series(name, kind, unit, help, k.labels()...)
		if len(r.nodes) == 0 {
			r.infos = append(r.infos, r.columnInfo(name, export.TableNodes, "", GroupNodes, export.GroupEvent{Name: c}))
		}
	}
	t.time = r.time(CountedTime, GroupNodes, k)
	r.nodes[node] = t
	return t
}

// Sample takes one sample.
func (r *Run) Sample(s *export.Sample) {
	node := s.CPUNode
	if c, ok := r.m.Topology.CPUByID(int(s.CPU)); ok {
		node = int32(c.Node)
	}
	k := sampledKey{s.Kind, node, s.MemNode}
	x := r.sampled[k]
	if x == nil {
		place := placeKey{-1, -1}
		if node >= 0 {
			place = r.placeOfNode(node)
		}
		labels := place.labels()
		if s.MemNode >= 0 {
			labels = append(labels, Label{LabelMemoryNode, strconv.Itoa(int(s.MemNode))})
		}
		x = &sampled{series: r.series(SamplesName(s.Kind), Counter, "", "Events that the samples stand for, by the CPU's node and the memory's.", labels...)}
		r.sampled[k] = x
	}
	if s.TS > r.tick {
		x.next += max(s.Weight, 1)
	} else {
		x.now += max(s.Weight, 1)
	}
	r.see(s.TS)
}

// Rest says whether the sampling of faults rests.
func (r *Run) Rest(resting bool) { r.resting = resting }

// Due gives the tick that is over, if one is: call it after the collectors
// have been drained, until there is none. A host that slept has one tick for
// all that time.
func (r *Run) Due(now int64) (Tick, bool) {
	if now < r.tick+int64(settleTime) {
		return Tick{}, false
	}
	if late := (now - int64(settleTime) - r.tick) / r.interval; late > 0 {
		r.tick += late * r.interval
		r.joinNext()
	}
	t := r.close(r.tick)
	r.tick += r.interval
	r.newest = max(r.newest, r.later)
	return t, true
}

// close ends the tick that is being gathered at a moment.
func (r *Run) close(at int64) Tick {
	var out []Sample
	for _, g := range r.order {
		out = g.samples(out, r)
	}
	for _, id := range slices.Sorted(maps.Keys(r.nodes)) {
		out = r.nodes[id].samples(out)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.sampling)) {
		x := r.sampling[kind]
		if began := max(r.m.StartNS, r.tick-r.interval); !r.resting && at > began {
			x.total += at - began
		}
		out = append(out, Sample{x.series, float64(x.total) / 1e9})
	}
	for _, k := range slices.SortedFunc(maps.Keys(r.sampled), compareSampled) {
		x := r.sampled[k]
		x.total, x.now, x.next = x.total+x.now, x.next, 0
		out = append(out, Sample{x.series, float64(x.total)})
	}
	if r.newest > 0 {
		out = append(out, Sample{r.newestAt, float64(r.newest) / 1e9})
	}
	return Tick{MS: at / 1e6, Samples: out}
}

func (g *group) samples(out []Sample, r *Run) []Sample {
	for id, t := range g.threads {
		if t != nil {
			g.places[r.placeOf(g.scope, int32(id))].add(&t.now)
			t.turn()
		}
	}
	for _, k := range g.placed {
		out = g.places[k].samples(out)
	}
	return out
}

func compareSampled(a, b sampledKey) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.node, b.node), cmp.Compare(a.memory, b.memory))
}

// End gives the last tick, which is not a whole one, and the markers by which
// an engine knows that the series ended, and when.
func (r *Run) End(endNS int64) (last, markers Tick) {
	r.joinNext()
	endMS := (endNS + 1e6 - 1) / 1e6
	if least := (r.tick-r.interval)/1e6 + 1; endMS < least {
		endMS = least
	}
	last = r.close(endNS)
	last.MS = endMS
	ended := r.series(EndInfo, State, "", "When the run ended, in ns since the epoch.", Label{"end_ns", strconv.FormatInt(endNS, 10)})
	last.Samples = append(last.Samples, Sample{ended, 1})
	markers.MS = endMS + 1
	for _, s := range slices.Concat(last.Samples, r.infos) {
		markers.Samples = append(markers.Samples, Sample{s.Series, stale})
	}
	return last, markers
}

// see keeps the time of the newest reading of each tick.
func (r *Run) see(ts int64) {
	if ts > r.tick {
		r.later = max(r.later, ts)
	} else {
		r.newest = max(r.newest, ts)
	}
}

// joinNext takes what was gathered for the next tick into this one.
func (r *Run) joinNext() {
	r.newest = max(r.newest, r.later)
	for _, g := range r.order {
		for _, t := range g.threads {
			if t != nil {
				t.now.join(&t.next)
			}
		}
	}
	for _, t := range r.nodes {
		t.joinNext()
	}
	for _, x := range r.sampled {
		x.now, x.next = x.now+x.next, 0
	}
}

// join takes back what was gathered for a tick that will not be.
func (g *grown) join(next *grown) {
	for i, v := range next.values {
		g.values[i] += v
	}
	g.time += next.time
	g.enabled += next.enabled
	g.running += next.running
	next.clear()
}

// Infos are the series that describe the run. They need not be sent at every
// tick, and those of what was not yet read are missing.
func (r *Run) Infos() []Sample { return r.infos }

func (r *Run) series(name string, kind Kind, unit, help string, labels ...Label) *Series {
	labels = append(labels, Label{LabelHost, r.m.Host}, Label{LabelRun, r.m.Run})
	return &Series{Name: name, Labels: sortLabels(labels), Kind: kind, Unit: unit, Help: help}
}

// rungOf is empty where a run reached none.
func rungOf(rung numa.Rung) string {
	if rung == numa.NoRung {
		return ""
	}
	return strconv.Itoa(int(rung))
}
