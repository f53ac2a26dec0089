package bpftrace

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// maxObject is the longest object that is kept while it is read.
const maxObject = 16 << 20

// object is the text of JSON that is open: from a brace to the one that
// closes it.
type object struct {
	line   int // of its begin
	text   []byte
	starts []int // offsets of its lines
	depth  int
	quoted bool // the text ends within a string
	sure   bool // its first member was seen to be one of bpftrace's
}

// Tools that sort members put others before the type.
var typeForm = regexp.MustCompile(`^\s*\{\s*"(?:type|data|count)"\s*:`)

// opens begins an object, if this line can begin one.
func (t *text) opens(s string) (bool, error) {
	if s[0] != '{' || s != "{" && !typeForm.MatchString(s) {
		return false, nil
	}
	t.head, t.bars, t.key = nil, false, nil
	t.object = &object{line: t.lines.Number()}
	return t.grow(imports.Blanks(t.lines.Text()))
}

// grow adds a line to the object that is open; open is false where the line
// is not of it.
func (t *text) grow(line string) (open bool, err error) {
	o := t.object
	o.starts = append(o.starts, len(o.text))
	for i := 0; i < len(line); i++ {
		c := line[i]
		o.text = append(o.text, c)
		switch {
		case o.quoted && c == '\\' && i+1 < len(line):
			i++
			o.text = append(o.text, line[i])
		case c == '"':
			o.quoted = !o.quoted
		case o.quoted:
		case c == '{' || c == '[':
			o.depth++
		case c == '}' || c == ']':
			if o.depth--; o.depth == 0 {
				return true, t.closed(line[i+1:])
			}
		}
	}
	o.text = append(o.text, '\n')
	if !o.sure {
		if rest := bytes.TrimSpace(o.text); len(rest) > 1 {
			if !typeForm.Match(o.text) {
				t.object = nil
				t.skipped.add(o.line, string(rest))
				return false, nil
			}
			o.sure = true
		}
	}
	if len(o.text) > maxObject {
		return true, &imports.SyntaxError{Line: o.line, Expected: "an object of less than 16 MiB", Found: "a longer one"}
	}
	return true, nil
}

// closed reads the object, which is whole, and what stands behind it.
func (t *text) closed(rest string) error {
	o := t.object
	t.object, t.objects = nil, true
	if err := t.read(o); err != nil {
		return err
	}
	switch rest = strings.TrimSpace(rest); {
	case rest == "" || rest == "," || rest == "]":
		return nil
	case typeForm.MatchString(rest):
		t.object = &object{line: t.lines.Number()}
		_, err := t.grow(rest)
		return err
	}
	t.trouble("this is no JSON: " + rest)
	return nil
}

// unclosed is an object that the file ends within.
func (t *text) unclosed() error {
	if !t.object.sure && !typeForm.Match(t.object.text) {
		t.skipped.add(t.object.line, string(t.object.text))
		return nil
	}
	t.sink.Warn(t.object.line, "the file ends within the object that begins here: it is left out")
	return nil
}

// at is the line of an offset.
func (o *object) at(offset int64) int {
	i := sort.SearchInts(o.starts, int(offset))
	return o.line + max(i-1, 0)
}

func (t *text) read(o *object) error {
	d := decoder{Decoder: json.NewDecoder(bytes.NewReader(o.text))}
	d.UseNumber()
	v, err := d.decode(0)
	r, ok := v.(record)
	if err != nil || !ok {
		return &imports.SyntaxError{Line: o.at(d.InputOffset()), Expected: fmt.Sprintf("an object of bpftrace -f json, not one where %v", unexpected(err)), Found: fmt.Sprintf("%.200s", bytes.TrimSpace(o.text))}
	}
	kind, ok := r.get("type").(string)
	if !ok {
		t.skipped.add(o.line, string(o.text))
		return nil
	}
	return t.message(o, kind, r)
}

// message reads one object of bpftrace's.
func (t *text) message(o *object, kind string, r record) error {
	data := r.get("data")
	switch kind {
	case "map", "hist", "stats", "tseries":
		maps, ok := data.(record)
		if !ok {
			return o.wrong(o.line, "an object of maps as its data", data)
		}
		for _, m := range maps {
			if err := t.mapOf(o, kind, m); err != nil {
				return err
			}
		}
	case "attached_probes":
		if n, ok := counted(data, "probes").(json.Number); ok {
			t.clock.Forget()
			t.sink.Fact("probes", n.String())
		}
	case "lost_events":
		n, ok := counted(data, "events").(json.Number)
		if !ok {
			return o.wrong(o.line, "a count of lost events", data)
		}
		return t.lost(n.String())
	case "time":
		return t.time(o, data)
	case "benchmark_result":
		return t.benchmarks(o, data)
	case "helper_error", "runtime_error", "errorf", "warnf":
		t.trouble(kind + ": " + plainText(r.get("msg")))
	case "printf", "value", "cat", "join", "syscall", "strftime":
		t.skipped.add(o.line, plainText(data))
	default:
		t.trouble(fmt.Sprintf("an object of type %.40q is not known: it is left out", kind))
	}
	return nil
}

// counted is a count that is the data's member.
func counted(data any, name string) any {
	if r, ok := data.(record); ok {
		return r.get(name)
	}
	return nil
}

func plainText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return fmt.Sprint(v)
}

func (t *text) time(o *object, data any) error {
	s, _ := data.(string)
	warning, ok := t.clock.Line(s)
	if !ok {
		t.clock.Forget()
		t.skipped.add(o.line, s)
	}
	if warning != "" {
		t.sink.Warn(o.line, warning)
	}
	return nil
}

func (o *object) wrong(line int, expected string, found any) error {
	return &imports.SyntaxError{Line: line, Expected: expected, Found: fmt.Sprintf("%.200s", fmt.Sprint(found))}
}

// benchmarks reads the result of a bench probe.
func (t *text) benchmarks(o *object, data any) error {
	all, _ := data.(record)
	for _, b := range all {
		r, _ := b.value.(record)
		for _, x := range []struct {
			name, unit string
			kind       imports.Kind
		}{{"average", "ns", imports.KindMetric}, {"iters", "1", imports.KindCount}} {
			n, ok := r.get(x.name).(json.Number)
			if !ok {
				return o.wrong(o.at(b.at), "a number named "+x.name, b.value)
			}
			f, ok := figure(place{o.at(b.at), b.name, "", false}, "", n.String(), x.kind)
			if !ok {
				return o.wrong(o.at(b.at), "a number of 64 bits", n)
			}
			f.Scope, f.Name, f.Unit = imports.ScopeBenchmark, x.name, x.unit
			t.sink.Figure(f)
		}
	}
	return nil
}
