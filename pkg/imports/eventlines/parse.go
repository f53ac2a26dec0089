package eventlines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/numalens/numalens/pkg/export"
)

// maxText is the longest name of anything.
const maxText = 4096

// parse reads one line. An unknown member is an error: it may be a known one
// that is misspelled, and an event without its weight counts as one.
func parse(line []byte) (export.Event, error) {
	e := export.Event{Size: -1, Bytes: -1, GFP: -1, CPUNode: -1, AskedNode: -1, GivenNode: -1, Lines: -1, Weight: 1, CPU: -1}
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if tok, err := d.Token(); err != nil || tok != json.Delim('{') {
		return e, errors.New("a JSON object")
	}
	var seen []string
	for d.More() {
		name, value, err := member(d)
		if err != nil {
			return e, err
		}
		for _, s := range seen {
			if s == name {
				return e, fmt.Errorf("each member once, not %q twice", name)
			}
		}
		seen = append(seen, name)
		set, ok := members[name]
		if !ok {
			return e, fmt.Errorf("only members that the form has, not %.60q", name)
		}
		if value == nil {
			continue
		}
		if err := set(&e, value); err != nil {
			return e, fmt.Errorf("as %q %w", name, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return e, errors.New("a whole JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return e, errors.New("nothing behind the object")
	}
	if e.Kind == "" || e.TS == 0 || e.CPU < 0 {
		return e, errors.New("each of ts, kind and cpu")
	}
	return e, nil
}

func member(d *json.Decoder) (string, any, error) {
	name, err := d.Token()
	if err != nil {
		return "", nil, errors.New("a whole JSON object")
	}
	value, err := d.Token()
	if err != nil {
		return "", nil, errors.New("a whole JSON object")
	}
	text, _ := name.(string)
	if _, nested := value.(json.Delim); nested {
		return "", nil, fmt.Errorf("a number or a text as %.60q", text)
	}
	return text, value, nil
}

// members are the columns of the table events.
var members = map[string]func(*export.Event, any) error{
	"ts":         when,
	"kind":       kind,
	"cpu":        ofInt32(0, func(e *export.Event) *int32 { return &e.CPU }),
	"pid":        ofInt32(0, func(e *export.Event) *int32 { return &e.PID }),
	"tid":        ofInt32(0, func(e *export.Event) *int32 { return &e.TID }),
	"comm":       ofText(func(e *export.Event) *string { return &e.Comm }),
	"cgroup":     ofText(func(e *export.Event) *string { return &e.Cgroup }),
	"container":  ofText(func(e *export.Event) *string { return &e.Container }),
	"rule":       ofText(func(e *export.Event) *string { return &e.Rule }),
	"size":       ofInt64(0, func(e *export.Event) *int64 { return &e.Size }),
	"bytes":      ofInt64(0, func(e *export.Event) *int64 { return &e.Bytes }),
	"gfp":        ofInt64(0, func(e *export.Event) *int64 { return &e.GFP }),
	"lines":      ofInt64(0, func(e *export.Event) *int64 { return &e.Lines }),
	"stack":      ofInt64(1, func(e *export.Event) *int64 { return &e.Stack }),
	"goroutine":  ofInt64(1, func(e *export.Event) *int64 { return &e.Goroutine }),
	"weight":     ofInt64(1, func(e *export.Event) *int64 { return &e.Weight }),
	"caller":     ofAddress(func(e *export.Event) *uint64 { return &e.Caller }),
	"addr":       ofAddress(func(e *export.Event) *uint64 { return &e.Addr }),
	"cpu_node":   ofInt32(0, func(e *export.Event) *int32 { return &e.CPUNode }),
	"asked_node": ofInt32(0, func(e *export.Event) *int32 { return &e.AskedNode }),
	"given_node": ofInt32(0, func(e *export.Event) *int32 { return &e.GivenNode }),
	"failed":     failed,
}

func whole(v any, least, most int64) (int64, error) {
	if n, ok := v.(json.Number); ok {
		if x, err := strconv.ParseInt(n.String(), 10, 64); err == nil && x >= least && x <= most {
			return x, nil
		}
	}
	return 0, fmt.Errorf("a whole number from %d to %d", least, most)
}

func ofInt32(least int64, of func(*export.Event) *int32) func(*export.Event, any) error {
	return func(e *export.Event, v any) error {
		x, err := whole(v, least, math.MaxInt32)
		*of(e) = int32(x)
		return err
	}
}

func ofInt64(least int64, of func(*export.Event) *int64) func(*export.Event, any) error {
	return func(e *export.Event, v any) error {
		x, err := whole(v, least, math.MaxInt64)
		*of(e) = x
		return err
	}
}

// ofAddress reads an address: a number, or 0x and hexadecimal digits as
// programs print it.
func ofAddress(of func(*export.Event) *uint64) func(*export.Event, any) error {
	return func(e *export.Event, v any) error {
		var err error
		switch x := v.(type) {
		case json.Number:
			*of(e), err = strconv.ParseUint(x.String(), 10, 64)
		case string:
			digits, ok := strings.CutPrefix(x, "0x")
			if *of(e), err = strconv.ParseUint(digits, 16, 64); !ok {
				err = errors.ErrUnsupported
			}
		default:
			err = errors.ErrUnsupported
		}
		if err != nil {
			return errors.New("an address of 64 bits, as 18446603336221196288 or \"0xffff888000000000\"")
		}
		return nil
	}
}

func ofText(of func(*export.Event) *string) func(*export.Event, any) error {
	return func(e *export.Event, v any) error {
		s, ok := v.(string)
		if !ok || len(s) > maxText || !utf8.ValidString(s) {
			return fmt.Errorf("a text of at most %d bytes", maxText)
		}
		*of(e) = s
		return nil
	}
}

func failed(e *export.Event, v any) error {
	switch v {
	case true, json.Number("1"):
		e.Failed = true
	case false, json.Number("0"):
	default:
		return errors.New("true, false, 1 or 0")
	}
	return nil
}

// kind takes any word: other probes than ours have kinds of their own.
func kind(e *export.Event, v any) error {
	s, _ := v.(string)
	if s == "" || len(s) > 60 || strings.ContainsFunc(s, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.ContainsRune("_.:-", c))
	}) {
		return errors.New("a word of small letters, digits and _ . : -")
	}
	e.Kind = export.Traced(s)
	return nil
}

// when reads a time: ns, or a date with its zone.
func when(e *export.Event, v any) error {
	switch x := v.(type) {
	case json.Number:
		if n, err := strconv.ParseInt(x.String(), 10, 64); err == nil && n > 0 {
			e.TS = n
			return nil
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil && t.Year() >= 1980 && t.Year() < 2200 {
			e.TS = t.UnixNano()
			return nil
		}
	}
	return errors.New("ns, or a date with its zone as \"2026-11-24T16:00:00.123456789Z\"")
}
