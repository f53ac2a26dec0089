package export

// The tables of a run. Their columns are in schema.go, their pages under
// docs/format/.
const (
	TableCounters    = "counters"
	TableNodes       = "nodes"
	TableSamples     = "samples"
	TableNotes       = "notes"
	TablePlacement   = "placement"
	TableAllocations = "allocations"
	TableMigrations  = "migrations"
	TableStacks      = "stacks"
	TableMappings    = "mappings"
	TableSymbols     = "symbols"
)
