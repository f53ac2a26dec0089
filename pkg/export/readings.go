package export

import "slices"

// Decoding a segment for a question about columns goes in two steps. The
// readings of a scope, who was read when, are decoded once and shared by all
// events; an event then costs its own values only. Both grow chunk by chunk:
// a chunk is a row group of a sealed segment or a batch of a tail.

// series names who is read: a group of events on a CPU, or a node (whose
// group is "").
type series struct {
	group    string
	instance int32
}

// line is one series' readings, ascending by time. Slices only grow, so a
// header that was handed out stays valid.
type line struct {
	series           series
	ts               []int64
	enabled, running []int64 // nil for tables without them
	known            []int64 // of a level: the time that is known; nil: it is the time
	epochs           []epochStart
}

// epochStart is the reading that begins an epoch; the first reading does.
type epochStart struct {
	at    int32
	epoch int64
}

// rowRun says that n rows of a chunk, from row on, are the next readings of
// a line.
type rowRun struct{ row, n, line int32 }

// readings holds one scope of one segment.
type readings struct {
	scope  Scope
	level  bool
	lines  []line
	byName map[series]int32
	chunks [][]rowRun
	bytes  int64
	named  []series // of the lines
}

// names are the series of the lines.
func (d *readings) names() []series {
	for len(d.named) < len(d.lines) {
		d.named = append(d.named, d.lines[len(d.named)].series)
	}
	return d.named
}

func newReadings(table string, scope Scope) *readings {
	return &readings{scope: scope, level: isLevel(table), byName: map[series]int32{}}
}

// Columns that readings are made from, by table.
var (
	counterKeys = []string{"ts", "scope", "instance", "group", "enabled", "running", "epoch"}
	levelKeys   = []string{"ts", "scope", "instance", "group", "enabled", "running", "unknown"}
	nodeKeys    = []string{"ts", "node"}
)

func keysOf(table string) []string {
	switch {
	case table == TableNodes:
		return nodeKeys
	case isLevel(table):
		return levelKeys
	}
	return counterKeys
}

// take adds a chunk, whose columns are those of keysOf. A row that is not
// newer than the one before it in its series is left out: what cannot be
// searched cannot be answered from.
func (d *readings) take(rows int, cols []vector) {
	k := keysIn(cols, d.scope, d.level)
	var runs []rowRun
	for r := 0; r < rows; {
		end := k.sameUntil(r, rows)
		if k.wanted(r) {
			i := d.line(k.series(r))
			runs = d.lines[i].add(&k, r, end, i, runs)
		}
		r = end
	}
	d.chunks = append(d.chunks, runs)
	d.bytes += int64(len(runs))*12 + int64(rows)*8
	if k.counters {
		d.bytes += int64(rows) * 16
	}
}

// keys are the key columns of a chunk.
type keys struct {
	counters                   bool
	ts, scope, instance, group []int64
	enabled, running           []int64
	epoch, unknown             []int64 // one of the two
	groups                     []string
	scopeIndex                 int64
}

func keysIn(cols []vector, scope Scope, level bool) keys {
	if len(cols) != len(counterKeys) {
		return keys{ts: cols[0].values, instance: cols[1].values}
	}
	k := keys{counters: true, ts: cols[0].values, scope: cols[1].values, instance: cols[2].values, group: cols[3].values,
		enabled: cols[4].values, running: cols[5].values,
		groups: cols[3].words.list, scopeIndex: int64(slices.Index(cols[1].words.list, string(scope)))}
	if level {
		k.unknown = cols[6].values
	} else {
		k.epoch = cols[6].values
	}
	return k
}

func (k *keys) wanted(r int) bool { return !k.counters || k.scope[r] == k.scopeIndex }

func (k *keys) series(r int) series {
	if !k.counters {
		return series{"", int32(k.instance[r])}
	}
	return series{k.groups[k.group[r]], int32(k.instance[r])}
}

// sameUntil gives the end of the rows from r on that are of one series and
// ascend.
func (k *keys) sameUntil(r, rows int) int {
	end := r + 1
	for end < rows && k.instance[end] == k.instance[r] && k.ts[end] > k.ts[end-1] &&
		(!k.counters || k.group[end] == k.group[r] && k.scope[end] == k.scope[r]) {
		end++
	}
	return end
}

func (d *readings) line(s series) int32 {
	if i, ok := d.byName[s]; ok {
		return i
	}
	i := int32(len(d.lines))
	d.lines = append(d.lines, line{series: s})
	d.byName[s] = i
	return i
}

// add appends the rows [r, end), which ascend, and enters them as a run.
func (l *line) add(k *keys, r, end int, index int32, runs []rowRun) []rowRun {
	n := len(l.ts)
	for n > 0 && r < end && k.ts[r] <= l.ts[n-1] {
		r++
	}
	if r == end {
		return runs
	}
	l.ts = append(l.ts, k.ts[r:end]...)
	if k.counters {
		l.enabled = append(l.enabled, k.enabled[r:end]...)
		l.running = append(l.running, k.running[r:end]...)
		if k.unknown != nil {
			l.known = slices.Grow(l.known, end-r)
			for i := r; i < end; i++ {
				l.known = append(l.known, k.ts[i]-k.unknown[i])
			}
		}
		for i := r; i < end && k.epoch != nil; i++ {
			if e := len(l.epochs); e == 0 || l.epochs[e-1].epoch != k.epoch[i] {
				l.epochs = append(l.epochs, epochStart{int32(n + i - r), k.epoch[i]})
			}
		}
	}
	return append(runs, rowRun{row: int32(r), n: int32(end - r), line: index})
}
