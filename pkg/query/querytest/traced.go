package querytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
)

// tracedRows are what an agent's probes tell, with times relative to the
// start.
type tracedRows struct {
	period      time.Duration // between two rows of an owner
	kinds       []string      // recorded, of allocations
	moves       []string      // recorded, of migrations
	allocations []export.Allocation
	migrations  []export.Migration
	marks       []export.Note
	stacks      []export.Stack
	names       names
}

// words reads the words after a row's first ones, two by two.
func words(f []string, take func(name, value string) error) error {
	for i := 0; i < len(f); i += 2 {
		if i+1 == len(f) {
			return fmt.Errorf("%q has no value", f[i])
		}
		if err := take(f[i], f[i+1]); err != nil {
			return fmt.Errorf("%s: %w", f[i], err)
		}
	}
	return nil
}

// numbers gives words that are numbers a place to go.
type numbers map[string]any

func (n numbers) take(name, value string) error {
	v, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return err
	}
	switch p := n[name].(type) {
	case *int32:
		*p = int32(v)
	case *int64:
		*p = v
	default:
		return fmt.Errorf("unknown word")
	}
	return nil
}

// owned takes the words of an owner, and leaves the others to rest.
func owned(o *export.Owner, rest numbers) func(name, value string) error {
	rest["pid"] = &o.PID
	return func(name, value string) error {
		switch name {
		case "comm":
			o.Comm = value
		case "cgroup":
			o.Cgroup = value
		case "container":
			o.Container = value
		default:
			return rest.take(name, value)
		}
		return nil
	}
}

// beginTraced reads "allocations period 1s kinds page,heap" or "migrations
// kinds pages,task".
func (p *parser) beginTraced(f []string) error {
	t := &p.s.traced
	kinds, row := &t.moves, p.migration
	if f[0] == "allocations" {
		kinds, row = &t.kinds, p.allocation
	}
	p.inside = row
	return words(f[1:], func(name, value string) (err error) {
		switch name {
		case "kinds":
			*kinds = strings.Split(value, ",")
		case "period":
			t.period, err = time.ParseDuration(value)
		default:
			err = fmt.Errorf("unknown word")
		}
		return err
	})
}

// allocation reads "1s page cpu 0 given 1 bytes 4096 count 1 weight 1 stack 1
// pid 7 comm join", or "1s page detached" or "attached", or "1s page lost 3".
func (p *parser) allocation(f []string, _ string) error {
	at, err := time.ParseDuration(f[0])
	if err != nil {
		return err
	}
	if note := (export.Note{TS: int64(at), Kind: export.NoteMark, Table: export.TableAllocations + "/" + f[1], Text: f[2] + " by a script"}); len(f) <= 4 {
		if f[2] == "lost" {
			note.Kind = export.NoteDrop
			note.Count, err = strconv.ParseInt(f[3], 10, 64)
		}
		p.s.traced.marks = append(p.s.traced.marks, note)
		return err
	}
	r := export.Allocation{TS: int64(at), Kind: export.Traced(f[1]), CPUNode: -1, GivenNode: -1, Count: 1}
	err = words(f[2:], owned(&r.Owner, numbers{"cpu": &r.CPUNode, "given": &r.GivenNode, "bytes": &r.Bytes, "count": &r.Count, "weight": &r.Weight, "stack": &r.Stack}))
	r.Weight = max(r.Weight, r.Count)
	p.s.traced.allocations = append(p.s.traced.allocations, r)
	return err
}

// migration reads "1s pages from 0 to 1 moved 5 failed 1".
func (p *parser) migration(f []string, _ string) error {
	at, err := time.ParseDuration(f[0])
	if err != nil {
		return err
	}
	r := export.Migration{TS: int64(at), Kind: export.Traced(f[1]), CPU: -1, Reason: "numa_misplaced", FromNode: -1, ToNode: -1}
	err = words(f[2:], owned(&r.Owner, numbers{"cpu": &r.CPU, "from": &r.FromNode, "to": &r.ToNode, "moved": &r.Moved, "failed": &r.Failed}))
	p.s.traced.migrations = append(p.s.traced.migrations, r)
	return err
}

// stack reads "1 pid 7 kernel alloc_pages do_fault user inner/outer main": the
// frames, innermost first; inner was inlined in outer.
func (p *parser) stack(f []string, _ string) error {
	number, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || len(f) < 3 || f[1] != "pid" {
		return fmt.Errorf("want NUMBER pid PID kernel FUNCTIONS user FUNCTIONS")
	}
	s := export.Stack{Number: number}
	if s.PID, err = asPID(f[2]); err != nil {
		return err
	}
	into, user := (*[]uint64)(nil), false
	for _, w := range f[3:] {
		switch {
		case w == "kernel":
			into, user = &s.Kernel, false
		case w == "user":
			into, user = &s.User, true
		case into == nil:
			return fmt.Errorf("%q is neither of the kernel nor of the process", w)
		default:
			exact := len(*into) == 0 && (user || len(s.User) == 0)
			*into = append(*into, p.s.traced.names.address(w, user, exact))
		}
	}
	p.s.traced.stacks = append(p.s.traced.stacks, s)
	return nil
}

func asPID(s string) (int32, error) {
	v, err := strconv.ParseInt(s, 10, 32)
	return int32(v), err
}

// names give the functions of a script addresses: sixteen bytes each, in one
// file for all processes and in the kernel.
type names struct{ kernel, user []string }

const (
	kernelText = 0xffffffff81000000
	userText   = 0x400000
	userFile   = "/bin/script"
)

// address is where a function is, or behind a call in it. `?` is code that
// has no symbol, `??` an address outside of every file.
func (n *names) address(function string, user, exact bool) uint64 {
	if function == "??" {
		return 0xdead0000
	}
	list, text := &n.kernel, uint64(kernelText)
	if user {
		list, text = &n.user, userText
	}
	at := slices.Index(*list, function)
	if at < 0 {
		at = len(*list)
		*list = append(*list, function)
	}
	// The byte after the function is another's: an address to return to that
	// is looked up as it is gets a wrong name.
	addr := text + uint64(at)*16
	if !exact {
		addr += 16
	}
	return addr
}

func (n *names) symbols(list []string, file string) []export.Symbol {
	var out []export.Symbol
	for i, f := range list {
		if f == "?" {
			continue
		}
		for depth, name := range strings.Split(f, "/") {
			out = append(out, export.Symbol{File: file, BuildID: "aa", Start: uint64(i) * 16, End: uint64(i+1) * 16, Depth: int32(depth), Symbol: name})
		}
	}
	return out
}

// write gives the writer what lies in a span.
func (t *tracedRows) write(w *export.Writer, from, to time.Duration) {
	in := func(ts int64) bool { return time.Duration(ts) >= from && time.Duration(ts) < to }
	base := start.UnixNano()
	if from == 0 {
		t.writeNames(w, base)
	}
	for _, r := range t.allocations {
		if in(r.TS) {
			r.TS += base
			w.Allocation(r)
		}
	}
	for _, r := range t.migrations {
		if in(r.TS) {
			r.TS += base
			w.Migration(r)
		}
	}
	for _, n := range t.marks {
		if in(n.TS) {
			n.TS += base
			w.Note(n)
		}
	}
}

func (t *tracedRows) writeNames(w *export.Writer, base int64) {
	pids := map[int32]bool{0: true}
	for _, s := range t.stacks {
		s.TS = base
		w.Stack(s)
		if pids[s.PID] {
			continue
		}
		pids[s.PID] = true
		w.Mapping(export.Mapping{TS: base, PID: s.PID, Start: userText, End: userText + 1<<20, File: userFile, BuildID: "aa"})
	}
	if len(t.stacks) == 0 {
		return
	}
	w.Mapping(export.Mapping{TS: base, Start: kernelText, End: kernelText + 1<<20, File: "[kernel]", BuildID: "aa"})
	for _, s := range append(t.names.symbols(t.names.kernel, "[kernel]"), t.names.symbols(t.names.user, userFile)...) {
		s.TS = base
		w.Symbol(s)
	}
}

func (t *tracedRows) tables() []export.TableInfo {
	var out []export.TableInfo
	if t.kinds != nil {
		out = append(out, export.TableInfo{Name: export.TableAllocations, PeriodNS: int64(t.period), Scopes: t.kinds})
	}
	if t.moves != nil {
		out = append(out, export.TableInfo{Name: export.TableMigrations, Scopes: t.moves})
	}
	return out
}

func (t *tracedRows) length() time.Duration {
	var out time.Duration
	for _, r := range t.allocations {
		out = max(out, time.Duration(r.TS))
	}
	for _, r := range t.migrations {
		out = max(out, time.Duration(r.TS))
	}
	for _, n := range t.marks {
		out = max(out, time.Duration(n.TS))
	}
	return out
}
