package audit

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/parquet-go/parquet-go"

	"github.com/numalens/numalens/pkg/export"
)

type ownerRow struct {
	PID       *int32  `parquet:"pid,optional"`
	Comm      *string `parquet:"comm,optional"`
	Cgroup    *string `parquet:"cgroup,optional"`
	Container *string `parquet:"container,optional"`
}

func (o ownerRow) owner() export.Owner {
	return export.Owner{PID: or(o.PID, 0), Comm: or(o.Comm, ""), Cgroup: or(o.Cgroup, ""), Container: or(o.Container, "")}
}

type allocationRow struct {
	TS        int64  `parquet:"ts"`
	Kind      string `parquet:"kind"`
	Stack     *int64 `parquet:"stack,optional"`
	CPUNode   *int32 `parquet:"cpu_node,optional"`
	GivenNode *int32 `parquet:"given_node,optional"`
	Bytes     int64  `parquet:"bytes"`
	Count     int64  `parquet:"count"`
	Weight    int64  `parquet:"weight"`
	ownerRow
}

type eventRow struct {
	TS        int64   `parquet:"ts"`
	Kind      string  `parquet:"kind"`
	CPU       int32   `parquet:"cpu"`
	TID       *int32  `parquet:"tid,optional"`
	Size      *int64  `parquet:"size,optional"`
	Bytes     *int64  `parquet:"bytes,optional"`
	GFP       *int64  `parquet:"gfp,optional"`
	Caller    *uint64 `parquet:"caller,optional"`
	Stack     *int64  `parquet:"stack,optional"`
	Addr      *uint64 `parquet:"addr,optional"`
	CPUNode   *int32  `parquet:"cpu_node,optional"`
	AskedNode *int32  `parquet:"asked_node,optional"`
	GivenNode *int32  `parquet:"given_node,optional"`
	Goroutine *int64  `parquet:"goroutine,optional"`
	Lines     *int64  `parquet:"lines,optional"`
	Failed    int32   `parquet:"failed"`
	Rule      *string `parquet:"rule,optional"`
	Weight    int64   `parquet:"weight"`
	ownerRow
}

type migrationRow struct {
	TS       int64  `parquet:"ts"`
	Kind     string `parquet:"kind"`
	CPU      *int32 `parquet:"cpu,optional"`
	Reason   string `parquet:"reason"`
	FromNode *int32 `parquet:"from_node,optional"`
	ToNode   *int32 `parquet:"to_node,optional"`
	Moved    int64  `parquet:"moved"`
	Failed   int64  `parquet:"failed"`
	ownerRow
}

type frameRow struct {
	Stack int64  `parquet:"stack"`
	Depth int32  `parquet:"depth"`
	PID   *int32 `parquet:"pid,optional"`
	Addr  uint64 `parquet:"addr"`
}

type mappingRow struct {
	PID     *int32  `parquet:"pid,optional"`
	Start   uint64  `parquet:"start"`
	End     uint64  `parquet:"end"`
	Offset  uint64  `parquet:"offset"`
	File    string  `parquet:"file"`
	BuildID *string `parquet:"build_id,optional"`
}

type symbolRow struct {
	File    string  `parquet:"file"`
	BuildID *string `parquet:"build_id,optional"`
	Start   uint64  `parquet:"start"`
	End     uint64  `parquet:"end"`
	Depth   int32   `parquet:"depth"`
	Symbol  string  `parquet:"symbol"`
	Source  *string `parquet:"source,optional"`
	Line    *int32  `parquet:"line,optional"`
}

// or is a value, or what stands for null.
func or[T any](p *T, null T) T {
	if p == nil {
		return null
	}
	return *p
}

func (r *Run) readTables(dir string) error {
	frames := map[int64]*export.Stack{}
	err := errors.Join(
		eachRow(dir, export.TableAllocations, func(a allocationRow) {
			r.Allocations = append(r.Allocations, export.Allocation{TS: a.TS, Owner: a.owner(), Kind: export.Traced(a.Kind), Stack: or(a.Stack, 0),
				CPUNode: or(a.CPUNode, -1), GivenNode: or(a.GivenNode, -1), Bytes: a.Bytes, Count: a.Count, Weight: a.Weight})
		}),
		eachRow(dir, export.TableEvents, func(e eventRow) { r.Events = append(r.Events, e.event()) }),
		eachRow(dir, export.TableMigrations, func(m migrationRow) {
			r.Migrations = append(r.Migrations, export.Migration{TS: m.TS, Owner: m.owner(), Kind: export.Traced(m.Kind), CPU: or(m.CPU, -1), Reason: m.Reason,
				FromNode: or(m.FromNode, -1), ToNode: or(m.ToNode, -1), Moved: m.Moved, Failed: m.Failed})
		}),
		eachRow(dir, export.TableCounters, func(c countRow) { c.addTo(r.Counts) }),
		eachRow(dir, export.TableStacks, func(f frameRow) { f.addTo(frames) }), // in the order of depth
		eachRow(dir, export.TableMappings, func(m mappingRow) {
			r.Mappings = append(r.Mappings, export.Mapping{PID: or(m.PID, 0), Start: m.Start, End: m.End, Offset: m.Offset, File: m.File, BuildID: or(m.BuildID, "")})
		}),
		eachRow(dir, export.TableSymbols, func(s symbolRow) {
			r.Symbols = append(r.Symbols, export.Symbol{File: s.File, BuildID: or(s.BuildID, ""), Start: s.Start, End: s.End, Depth: s.Depth, Symbol: s.Symbol,
				Source: or(s.Source, ""), Line: or(s.Line, 0)})
		}))
	for _, s := range frames {
		r.Stacks = append(r.Stacks, *s)
	}
	return err
}

func (e *eventRow) event() export.Event {
	return export.Event{TS: e.TS, Owner: e.owner(), Kind: export.Traced(e.Kind), CPU: e.CPU, TID: or(e.TID, 0), Size: or(e.Size, -1), Bytes: or(e.Bytes, -1),
		GFP: or(e.GFP, -1), Caller: or(e.Caller, 0), Stack: or(e.Stack, 0), Addr: or(e.Addr, 0), CPUNode: or(e.CPUNode, -1), AskedNode: or(e.AskedNode, -1),
		GivenNode: or(e.GivenNode, -1), Goroutine: or(e.Goroutine, 0), Lines: or(e.Lines, -1), Failed: e.Failed != 0, Rule: or(e.Rule, ""), Weight: e.Weight}
}

func (f *frameRow) addTo(stacks map[int64]*export.Stack) {
	s := stacks[f.Stack]
	if s == nil {
		s = &export.Stack{Number: f.Stack}
		stacks[f.Stack] = s
	}
	if f.PID == nil {
		s.Kernel = append(s.Kernel, f.Addr)
		return
	}
	s.PID, s.User = *f.PID, append(s.User, f.Addr)
}

// eachRow reads a table's sealed segments; there need be none.
func eachRow[T any](dir, table string, take func(T)) error {
	files, err := filepath.Glob(filepath.Join(dir, table+".*.parquet"))
	if err != nil {
		return err
	}
	for _, f := range files {
		rows, err := parquet.ReadFile[T](f)
		if err != nil {
			return fmt.Errorf("%s: %w", f, err)
		}
		for _, row := range rows {
			take(row)
		}
	}
	return nil
}
