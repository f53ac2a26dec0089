package querytest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/export/exporttest"
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
	files       []*exporttest.Code
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

// stack reads "1 pid 7 kernel alloc_pages do_fault user inner|outer main": the
// frames, innermost first; inner was inlined in outer.
func (p *parser) stack(f []string, _ string) error {
	number, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil || len(f) < 3 || f[1] != "pid" {
		return fmt.Errorf("want NUMBER pid PID kernel FUNCTIONS user FUNCTIONS")
	}
	pid, err := strconv.ParseInt(f[2], 10, 32)
	if err != nil {
		return err
	}
	frames := map[string][]string{}
	part := ""
	for _, w := range f[3:] {
		if w == "kernel" || w == "user" {
			part = w
		} else {
			frames[part] = append(frames[part], w)
		}
	}
	if len(frames[""]) > 0 {
		return fmt.Errorf("%q are neither of the kernel nor of the process", frames[""])
	}
	t := &p.s.traced
	s := exporttest.Stack(number, 0, t.kernel(), frames["kernel"], t.process(int32(pid)), frames["user"])
	t.stacks = append(t.stacks, s)
	return nil
}

// kernel is the kernel's code.
func (t *tracedRows) kernel() *exporttest.Code {
	return t.code(exporttest.Code{File: "[kernel]", BuildID: "aa", Start: 0xffffffff81000000})
}

// process is a process's code, and addresses outside of every file: `??:x`.
func (t *tracedRows) process(pid int32) []*exporttest.Code {
	return []*exporttest.Code{
		t.code(exporttest.Code{File: fmt.Sprintf("/bin/script%d", pid), BuildID: "bb", Start: 0x400000, PID: pid}),
		{File: "??", Start: 0xdead0000, PID: pid},
	}
}

func (t *tracedRows) code(c exporttest.Code) *exporttest.Code {
	i := slices.IndexFunc(t.files, func(x *exporttest.Code) bool { return x.PID == c.PID })
	if i < 0 {
		i = len(t.files)
		t.files = append(t.files, &c)
	}
	return t.files[i]
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
	for _, s := range t.stacks {
		s.TS = base
		w.Stack(s)
	}
	for _, c := range t.files {
		w.Mapping(c.Mapping(base))
		for _, s := range c.Symbols(base) {
			w.Symbol(s)
		}
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
