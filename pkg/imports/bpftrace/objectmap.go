package bpftrace

import (
	"encoding/json"
	"math/big"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// mapOf reads one map of an object. A value that is an object holds the
// values of keys; JSON does not tell a struct from that.
func (t *text) mapOf(o *object, kind string, m member) error {
	p := place{line: o.at(m.at), name: m.name}
	if len(m.name) == 0 || m.name[0] != '@' {
		return o.wrong(p.line, "a map's name, as @reads", m.name)
	}
	keys, ok := m.value.(record)
	if !ok || kind == "stats" && isStats(keys) {
		return t.valueOf(o, kind, p, m.value)
	}
	for _, k := range keys {
		p.line, p.key, p.keyed = o.at(k.at), (&longKey{parts: strings.Split(k.name, "\n")}).text(), true
		if err := t.valueOf(o, kind, p, k.value); err != nil {
			return err
		}
	}
	return nil
}

func isStats(r record) bool {
	return len(r) == len(stats) && r[0].name == stats[0] && r[1].name == stats[1] && r[2].name == stats[2]
}

func (t *text) valueOf(o *object, kind string, p place, v any) error {
	switch kind {
	case "hist":
		return t.histOf(o, p, v)
	case "tseries":
		return t.seriesOf(o, p, v)
	case "stats":
		if r, ok := v.(record); ok {
			return t.statsOf(o, p, r)
		}
		return t.numbersOf(o, p, "", v, imports.KindMetric) // avg()
	}
	return t.numbersOf(o, p, "", v, imports.KindLevel)
}

func (t *text) statsOf(o *object, p place, r record) error {
	if !isStats(r) {
		return t.numbersOf(o, p, "", r, imports.KindMetric)
	}
	for i, kind := range []imports.Kind{imports.KindTotal, imports.KindMetric, imports.KindTotal} {
		if err := t.numbersOf(o, p, " "+stats[i], r[i].value, kind); err != nil {
			return err
		}
	}
	return nil
}

// numbersOf tells a value's numbers, each with its place in a tuple.
func (t *text) numbersOf(o *object, p place, part string, v any, kind imports.Kind) error {
	switch x := v.(type) {
	case json.Number:
		return t.numberOf(o, p, part, x.String(), kind)
	case string:
		if beyondFloat(x) { // bpftrace writes such a number as a string
			return t.numberOf(o, p, part, x, kind)
		}
		t.wordy.add(p.line, p.name+": "+x)
	case array:
		for i, e := range x {
			p.line = o.at(e.at)
			if err := t.numbersOf(o, p, part+dotted([]int{i}), e.value, kind); err != nil {
				return err
			}
		}
	case record:
		for _, m := range x {
			p.line = o.at(m.at)
			if err := t.numbersOf(o, p, part+"."+m.name, m.value, kind); err != nil {
				return err
			}
		}
	default:
		t.wordy.add(p.line, p.name+": "+plainText(v))
	}
	return nil
}

// beyondFloat tells an integer of 64 bits that a float64 has not.
func beyondFloat(s string) bool {
	if !whole(s) || len(s) > 20 {
		return false
	}
	n, _ := new(big.Int).SetString(s, 10)
	_, accuracy := new(big.Float).SetInt(n).Float64()
	return accuracy != big.Exact
}

func (t *text) numberOf(o *object, p place, part, digits string, kind imports.Kind) error {
	f, ok := figure(p, part, digits, kind)
	if !ok {
		return o.wrong(p.line, "a number of 64 bits", digits)
	}
	t.clock.Place(&f)
	t.sink.Figure(f)
	return nil
}

// histOf reads buckets; in JSON both of their ends belong to them.
func (t *text) histOf(o *object, p place, v any) error {
	all, ok := v.(array)
	if !ok {
		return o.wrong(p.line, "buckets", v)
	}
	for _, e := range all {
		p.line = o.at(e.at)
		r, _ := e.value.(record)
		n, ok := r.get("count").(json.Number)
		b := bucket{ends: "[]"}
		if !ok || !edge(r, "min", &b.lo) || !edge(r, "max", &b.hi) || b.lo == nil && b.hi == nil || b.lo != nil && b.hi != nil && b.lo.Cmp(b.hi) > 0 {
			return o.wrong(p.line, "a bucket of min, max and count", e.value)
		}
		f, ok := figure(p, "", n.String(), imports.KindTotal)
		if !ok || !whole(n.String()) {
			return o.wrong(p.line, "a bucket's count", n)
		}
		f.Part = true
		b.label(&f)
		t.clock.Place(&f)
		t.sink.Figure(f)
	}
	return nil
}

// edge reads one end of a bucket, which may not be there.
func edge(r record, name string, to **big.Int) bool {
	v := r.get(name)
	if v == nil {
		return true
	}
	s := ""
	switch x := v.(type) {
	case json.Number:
		s = x.String()
	case string:
		s = x
	}
	if !whole(s) || len(s) > 21 {
		return false
	}
	*to, _ = new(big.Int).SetString(s, 10)
	return true
}

// seriesOf reads a time series: its times are dates.
func (t *text) seriesOf(o *object, p place, v any) error {
	all, ok := v.(array)
	if !ok {
		return o.wrong(p.line, "the intervals of a time series", v)
	}
	for _, e := range all {
		p.line = o.at(e.at)
		r, _ := e.value.(record)
		begin, _ := r.get("interval_start").(string)
		n, ok := r.get("value").(json.Number)
		if begin == "" || !ok {
			return o.wrong(p.line, "an interval_start and a value", e.value)
		}
		f, ok := figure(p, "", n.String(), imports.KindLevel)
		if !ok {
			return o.wrong(p.line, "a number of 64 bits", n)
		}
		f.Labels["time"] = begin
		if ns, zoned, ok := imports.ParseDate(begin); ok {
			f.Timed, f.TimeNS = true, ns
			if !zoned && !t.zoneless {
				t.zoneless = true
				t.sink.Warn(p.line, "the dates of time series do not tell their zone: they are read as UTC")
			}
		}
		t.sink.Figure(f)
	}
	return nil
}
