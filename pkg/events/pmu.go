package events

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// PMU is a performance monitoring unit as the kernel describes it in sysfs.
type PMU struct {
	Name    string
	Type    uint32
	Formats map[string]Format
	// Events are the kernel's names for events of the unit, with their terms.
	Events map[string]string
	// CPUs are those on which the unit's events are opened; none is every
	// CPU, as for the core's.
	CPUs []int
}

// Core says that the PMU counts for the CPU that it is opened on.
func (p *PMU) Core() bool { return len(p.CPUs) == 0 }

// Resolve encodes a parsed event with the PMU's terms.
func (p *PMU) Resolve(s Spec) (Event, error) {
	var words [3]uint64
	for _, t := range s.Terms {
		if err := p.term(s, t, &words); err != nil {
			return Event{}, err
		}
	}
	e := s.event(p.Type, words)
	e.Offcore = slices.ContainsFunc(s.Terms, func(t Term) bool { return t.Key == "offcore_rsp" })
	return e, nil
}

// event is what perf_event_open is asked, and what a reader is told of it.
func (s Spec) event(typ uint32, words [3]uint64) Event {
	e := Event{Name: s.Column, Spec: s.Text, Type: typ, Config: words[0], Config1: words[1], Config2: words[2], Unit: "1"}
	if s.User || s.Kernel || s.Hypervisor {
		e.ExcludeUser, e.ExcludeKernel, e.ExcludeHypervisor = !s.User, !s.Kernel, !s.Hypervisor
	}
	return e
}

func (p *PMU) term(s Spec, t Term, words *[3]uint64) error {
	for i, word := range []string{"config", "config1", "config2"} {
		if t.Key == word && !t.Bare {
			words[i] = t.Value
			return nil
		}
	}
	format, ok := p.Formats[t.Key]
	if !ok && t.Bare {
		return p.named(s, t.Key, words)
	}
	if !ok {
		return &SyntaxError{s.Text, t.Key, fmt.Sprintf("PMU %s has no such term; it has %s", p.Name, list(p.Formats))}
	}
	value := t.Value
	if t.Bare {
		value = 1
	}
	if err := format.put(words, value); err != nil {
		return &SyntaxError{s.Text, t.Key, err.Error()}
	}
	return nil
}

// named applies the terms of an event that the kernel describes. They are
// terms of the format, never the name of another event.
func (p *PMU) named(s Spec, name string, words *[3]uint64) error {
	terms, ok := p.Events[name]
	if !ok {
		have := list(p.Events)
		if have == "" {
			have = "none by name"
		}
		return &SyntaxError{s.Text, name, fmt.Sprintf("PMU %s has no such event and no such term; it has %s", p.Name, have)}
	}
	inner := Spec{Text: s.Text}
	if err := inner.terms(strings.TrimSpace(terms)); err != nil {
		return fmt.Errorf("event %q of sysfs is %q: %w", name, strings.TrimSpace(terms), err)
	}
	for _, t := range inner.Terms {
		if _, ok := p.Formats[t.Key]; !ok && t.Bare {
			return &SyntaxError{s.Text, name, fmt.Sprintf("sysfs describes it with %q, which is no term of PMU %s", t.Key, p.Name)}
		}
		if err := p.term(inner, t, words); err != nil {
			return err
		}
	}
	return nil
}

const mostListed = 20

// list names what there is, not more than a person reads.
func list[V any](m map[string]V) string {
	names := slices.Sorted(maps.Keys(m))
	if len(names) > mostListed {
		return strings.Join(names[:mostListed], ", ") + fmt.Sprintf(" and %d more", len(names)-mostListed)
	}
	return strings.Join(names, ", ")
}
