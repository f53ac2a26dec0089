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
	lines  []line
	byName map[series]int32
	chunks [][]rowRun
	bytes  int64
}

func newReadings(scope Scope) *readings {
	return &readings{scope: scope, byName: map[series]int32{}}
}

// Columns that readings are made from, by table.
var (
	counterKeys = []string{"ts", "scope", "instance", "group", "enabled", "running", "epoch"}
	nodeKeys    = []string{"ts", "node"}
)

func keysOf(table string) []string {
	if table == TableNodes {
		return nodeKeys
	}
	return counterKeys
}

// take adds a chunk, whose columns are those of keysOf. A row that is not
// newer than the one before it in its series is left out: what cannot be
// searched cannot be answered from.
func (d *readings) take(rows int, cols []vector) {
	counters := len(cols) == len(counterKeys)
	instance, groups := &cols[1], []string{""}
	var group []int64
	wanted := int64(-1)
	if counters {
		instance, group, groups = &cols[2], cols[3].values, cols[3].words.list
		wanted = int64(slices.Index(cols[1].words.list, string(d.scope)))
	}
	var runs []rowRun
	cur, curGroup, curInstance := int32(-1), int64(-1), int64(-1)
	for r := range rows {
		if counters && cols[1].values[r] != wanted {
			cur = -1
			continue
		}
		g, in := int64(0), instance.values[r]
		if counters {
			g = group[r]
		}
		fresh := cur < 0 || g != curGroup || in != curInstance
		if fresh {
			cur, curGroup, curInstance = d.line(series{groups[g], int32(in)}), g, in
		}
		if !d.lines[cur].add(cols, r, counters) {
			cur = -1 // the next row begins a run of its own
			continue
		}
		if fresh {
			runs = append(runs, rowRun{row: int32(r), line: cur})
		}
		runs[len(runs)-1].n++
	}
	d.chunks = append(d.chunks, runs)
	d.bytes += int64(len(runs))*12 + int64(rows)*8
	if counters {
		d.bytes += int64(rows) * 16
	}
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

func (l *line) add(cols []vector, r int, counters bool) bool {
	ts := cols[0].values[r]
	n := len(l.ts)
	if n > 0 && ts <= l.ts[n-1] {
		return false
	}
	l.ts = append(l.ts, ts)
	if !counters {
		return true
	}
	l.enabled = append(l.enabled, cols[4].values[r])
	l.running = append(l.running, cols[5].values[r])
	epoch := cols[6].values[r]
	if k := len(l.epochs); k == 0 || l.epochs[k-1].epoch != epoch {
		l.epochs = append(l.epochs, epochStart{int32(n), epoch})
	}
	return true
}
