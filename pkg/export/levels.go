package export

import (
	"slices"
	"time"
)

// A level is a decimated counter: of each series the newest reading at or
// before each tick, a multiple of the level's step since the epoch. Its
// counts are the accumulators that a reader makes of the raw rows (edges.go),
// since the run began: steps that cannot be known are left out of them, and
// unknown tells how long those took. So what was counted between
// any two rows of a level is what the raw rows between them say, however many
// those are, and whether they are still there. Layout: docs/format/levels.md.

// level is one of the steps at which counters are decimated.
type level struct {
	table string
	step  int64
	// wait is how long its rows may wait to be written together: a batch with
	// one row a series is slow to read. Until then, and after a crash, finer
	// rows tell of the time.
	wait int64
	// covers is the time after which its tail is sealed.
	covers int64
}

// levels are finest first. A table's name has no digits: readers older than
// levels would refuse the run.
var levels = []level{
	{"counters_second", int64(time.Second), int64(10 * time.Second), int64(time.Hour)},
	{"counters_ten_seconds", int64(10 * time.Second), int64(100 * time.Second), int64(6 * time.Hour)},
	{"counters_minute", int64(time.Minute), int64(10 * time.Minute), int64(24 * time.Hour)},
	{"counters_ten_minutes", int64(10 * time.Minute), int64(time.Hour), int64(7 * 24 * time.Hour)},
}

// levelBegins is how many steps a run must last for a level of it to be
// written: a short one is read as fast without.
const levelBegins = 5

// Level tells whether a table is a level, and its step.
func Level(table string) (step time.Duration, ok bool) {
	i := levelIndex(table)
	if i < 0 {
		return 0, false
	}
	return time.Duration(levels[i].step), true
}

func levelIndex(table string) int {
	return slices.IndexFunc(levels, func(l level) bool { return l.table == table })
}

func isLevel(table string) bool { return levelIndex(table) >= 0 }

// layout is the same for all levels.
func (l level) layout() Table {
	return Table{Name: l.table, Open: true, Sort: []string{"scope", "group", "instance", "ts"}, Columns: []Column{
		{"ts", TypeTime, false}, {"scope", TypeName, false}, {"instance", TypeInt32, false}, {"group", TypeName, false},
		{"enabled", TypeInt64, false}, {"running", TypeInt64, false}, {"unknown", TypeInt64, false}}}
}

// fits tells whether a series of a period has fewer rows in the level.
func (l level) fits(period int64) bool { return l.step >= 2*period }

// tableInfo is what the manifest says of a table that began without a word in
// it.
func tableInfo(table string) TableInfo {
	info := TableInfo{Name: table}
	if i := levelIndex(table); i >= 0 {
		info.PeriodNS = levels[i].step
	}
	return info
}

// tickAfter is the first tick of a step that is not before ts.
func tickAfter(ts, step int64) int64 {
	q := ts / step
	if ts%step > 0 {
		q++
	}
	return q * step
}

// LevelTables are the layouts of the levels, finest first.
func LevelTables() []Table {
	out := make([]Table, len(levels))
	for i, l := range levels {
		out[i] = l.layout()
	}
	return out
}
