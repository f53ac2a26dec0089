package export

import (
	"fmt"
	"slices"
)

// The tables of a run. Each has a layout page under docs/format/, and a test
// holds the pages and this file together.
const (
	TableCounters    = "counters"
	TableNodes       = "nodes"
	TablePlacement   = "placement"
	TableAllocations = "allocations"
	TableEvents      = "events"
	TableMigrations  = "migrations"
	TableSamples     = "samples"
	TableStacks      = "stacks"
	TableMappings    = "mappings"
	TableSymbols     = "symbols"
	TableNotes       = "notes"
	TableFigures     = "figures"
)

// ColumnType is how a column's values are stored.
type ColumnType int

// The column types.
const (
	TypeTime   ColumnType = iota // ns since the epoch, UTC
	TypeInt32                    // identifiers and small numbers
	TypeInt64                    // counts and times
	TypeUint64                   // addresses
	TypeName                     // text of few distinct values, dictionary-encoded
	TypeText                     // other text
	TypeFloat                    // what is not a whole number
)

func (t ColumnType) String() string {
	switch t {
	case TypeTime:
		return "timestamp[ns, UTC]"
	case TypeInt32:
		return "int32"
	case TypeInt64:
		return "int64"
	case TypeUint64:
		return "uint64"
	case TypeName:
		return "dictionary<string>"
	case TypeText:
		return "string"
	case TypeFloat:
		return "double"
	}
	return fmt.Sprintf("type(%d)", int(t))
}

// Column is one column of a table.
type Column struct {
	Name     string
	Type     ColumnType
	Nullable bool
}

// Table is the layout of one table.
type Table struct {
	Name    string
	Columns []Column
	// Sort is the order of rows within a row group of a sealed segment.
	Sort []string
	// Open tables have further nullable int64 columns, which the run names:
	// the events of its groups, or its node columns. They stand after
	// Columns.
	Open bool
}

// Tables gives every table of the format, in the order of DESIGN.
func Tables() []Table {
	return []Table{
		{Name: TableCounters, Open: true, Sort: []string{"scope", "group", "instance", "ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"scope", TypeName, false}, {"instance", TypeInt32, false}, {"group", TypeName, false},
			{"enabled", TypeInt64, false}, {"running", TypeInt64, false}, {"epoch", TypeInt32, false}}},
		{Name: TableNodes, Open: true, Sort: []string{"node", "ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"node", TypeInt32, false}}},
		{Name: TablePlacement, Sort: []string{"pid", "node", "ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"pid", TypeInt32, false}, {"comm", TypeName, true}, {"node", TypeInt32, true},
			{"kind", TypeName, false}, {"policy", TypeName, true}, {"page_bytes", TypeInt64, false}, {"pages", TypeInt64, false},
			{"anon", TypeInt64, true}, {"dirty", TypeInt64, true}, {"samples", TypeInt64, true}}},
		{Name: TableAllocations, Sort: []string{"ts"}, Columns: slices.Concat([]Column{
			{"ts", TypeTime, false}, {"kind", TypeName, false}, {"stack", TypeInt64, true}}, owner(), []Column{
			{"cpu_node", TypeInt32, true}, {"given_node", TypeInt32, true},
			{"bytes", TypeInt64, false}, {"count", TypeInt64, false}, {"weight", TypeInt64, false}})},
		{Name: TableEvents, Sort: []string{"ts"}, Columns: slices.Concat([]Column{
			{"ts", TypeTime, false}, {"kind", TypeName, false}, {"cpu", TypeInt32, false}}, owner(), []Column{
			{"tid", TypeInt32, true}, {"size", TypeInt64, true}, {"bytes", TypeInt64, true}, {"gfp", TypeInt64, true},
			{"caller", TypeUint64, true}, {"stack", TypeInt64, true}, {"addr", TypeUint64, true},
			{"cpu_node", TypeInt32, true}, {"asked_node", TypeInt32, true}, {"given_node", TypeInt32, true},
			{"goroutine", TypeInt64, true}, {"lines", TypeInt64, true}, {"failed", TypeInt32, false},
			{"rule", TypeName, true}, {"weight", TypeInt64, false}})},
		{Name: TableMigrations, Sort: []string{"ts"}, Columns: slices.Concat([]Column{
			{"ts", TypeTime, false}, {"kind", TypeName, false}, {"cpu", TypeInt32, true}}, owner(), []Column{
			{"reason", TypeName, false}, {"from_node", TypeInt32, true}, {"to_node", TypeInt32, true},
			{"moved", TypeInt64, false}, {"failed", TypeInt64, false}})},
		{Name: TableSamples, Sort: []string{"ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"kind", TypeName, false}, {"cpu", TypeInt32, false}, {"pid", TypeInt32, false}, {"tid", TypeInt32, false},
			{"ip", TypeUint64, true}, {"stack", TypeInt64, true}, {"addr", TypeUint64, false}, {"phys", TypeUint64, true},
			{"cpu_node", TypeInt32, true}, {"mem_node", TypeInt32, true}, {"data_src", TypeUint64, true},
			{"latency", TypeInt32, true}, {"weight", TypeInt64, false}}},
		{Name: TableStacks, Sort: []string{"stack", "depth"}, Columns: []Column{
			{"ts", TypeTime, false}, {"stack", TypeInt64, false}, {"depth", TypeInt32, false}, {"pid", TypeInt32, true}, {"addr", TypeUint64, false}}},
		{Name: TableMappings, Sort: []string{"pid", "ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"pid", TypeInt32, true}, {"start", TypeUint64, false}, {"end", TypeUint64, false},
			{"offset", TypeUint64, false}, {"file", TypeName, false}, {"build_id", TypeName, true}}},
		{Name: TableSymbols, Sort: []string{"file", "start", "depth"}, Columns: []Column{
			{"ts", TypeTime, false}, {"file", TypeName, false}, {"build_id", TypeName, true}, {"start", TypeUint64, false}, {"end", TypeUint64, false},
			{"depth", TypeInt32, false}, {"symbol", TypeText, false}, {"source", TypeName, true}, {"line", TypeInt32, true}}},
		{Name: TableNotes, Sort: []string{"ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"kind", TypeName, false}, {"table", TypeName, true}, {"count", TypeInt64, false}, {"text", TypeText, false}}},
		{Name: TableFigures, Sort: []string{"name", "scope", "instance", "ts"}, Columns: []Column{
			{"ts", TypeTime, false}, {"time", TypeName, false}, {"elapsed", TypeInt64, true}, {"file", TypeName, false}, {"line", TypeInt64, false},
			{"format", TypeName, false}, {"scope", TypeName, false}, {"instance", TypeName, true}, {"device", TypeName, true},
			{"kind", TypeName, false}, {"name", TypeName, false}, {"unit", TypeName, false}, {"value", TypeFloat, true}, {"why", TypeName, true},
			{"running_ns", TypeInt64, true}, {"running", TypeFloat, true}, {"variance", TypeFloat, true}, {"labels", TypeName, true}}},
	}
}

// owner are the columns that say to whom something is attributed.
func owner() []Column {
	return []Column{{"pid", TypeInt32, true}, {"comm", TypeName, true}, {"cgroup", TypeName, true}, {"container", TypeName, true}}
}

// TableByName finds a table of the format.
func TableByName(name string) (Table, bool) {
	ts := append(Tables(), LevelTables()...)
	i := slices.IndexFunc(ts, func(t Table) bool { return t.Name == name })
	if i < 0 {
		return Table{}, false
	}
	return ts[i], true
}

// With adds the columns that a run names to an open table.
func (t Table) With(names []string) (Table, error) {
	if len(names) > 0 && !t.Open {
		return t, fmt.Errorf("table %s takes no further columns, got %q", t.Name, names)
	}
	t.Columns = slices.Clone(t.Columns)
	for _, n := range names {
		if n == "" {
			return t, fmt.Errorf("table %s: a column without a name", t.Name)
		}
		if t.column(n) >= 0 {
			return t, fmt.Errorf("table %s: column %q is there already; give the event another name", t.Name, n)
		}
		t.Columns = append(t.Columns, Column{n, TypeInt64, true})
	}
	return t, nil
}

// column gives a column's index, -1 if there is none.
func (t Table) column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

// eventColumns lists the events of a run's groups, each once: two groups may
// hold the same event, and share its column.
func eventColumns(groups []Group) []string {
	var names []string
	for _, g := range groups {
		for _, e := range g.Events {
			if !slices.Contains(names, e.Name) {
				names = append(names, e.Name)
			}
		}
	}
	return names
}
