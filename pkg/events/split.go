package events

import (
	"fmt"
	"slices"
)

// Split divides a group whose events cannot be counted at once. fits tells
// whether a list can be. Events of one Set stay together as long as a group
// has room for the set alone; a set that has not is divided too, and its
// ratios are then not of the same moments. An event that does not even fit by
// itself gets a group of its own: why it cannot be counted is for the caller
// to find out.
func (g Group) Split(fits func([]Event) bool) []Group {
	var out []Group
	var now []Event
	end := func() {
		if len(now) > 0 {
			out = append(out, Group{Name: g.Name, Events: now})
		}
		now = nil
	}
	add := func(part []Event) bool {
		if both := append(now[:len(now):len(now)], part...); fits(both) {
			now = both
			return true
		}
		return false
	}
	for _, part := range g.sets() {
		if add(part) {
			continue
		}
		if end(); add(part) {
			continue
		}
		for _, e := range part {
			if !add([]Event{e}) {
				end()
				now = []Event{e}
			}
		}
	}
	end()
	for i := range out[min(1, len(out)):] {
		out[i+1].Name = fmt.Sprintf("%s-%d", g.Name, i+2)
	}
	return out
}

// Pack joins groups that can be counted at once: each is one more interrupt on
// each CPU whenever it is read. What is joined keeps its sets, and comes apart
// again where the kernel refuses it.
func Pack(groups []Group, fits func([]Event) bool) []Group {
	var out []Group
next:
	for _, g := range groups {
		for i := range out {
			if both := slices.Concat(out[i].Events, g.Events); fits(both) {
				out[i] = Group{Name: out[i].Name + "+" + g.Name, Events: both}
				continue next
			}
		}
		out = append(out, g)
	}
	return out
}

// sets gives the group's events, those of one set together, in the order of
// their first.
func (g Group) sets() [][]Event {
	var out [][]Event
	at := map[string]int{}
	for _, e := range g.Events {
		if i, ok := at[e.Set]; ok && e.Set != "" {
			out[i] = append(out[i], e)
			continue
		}
		at[e.Set] = len(out)
		out = append(out, []Event{e})
	}
	return out
}

// Room is how many events a core can count at once.
type Room struct {
	Counters int // general counters
	// Fixed says that cycles and instructions do not take one of them.
	Fixed bool
	// Watchdog says that the kernel's NMI watchdog holds a counter: the one of
	// cycles where that is a counter of its own, else a general one.
	Watchdog bool
}

// Fits tells whether a list of events can be counted at once.
func (r Room) Fits(list []Event) bool {
	general, offcore, free := 0, 0, r.Counters
	if r.Watchdog && !r.Fixed {
		free--
	}
	limited := map[int]int{}
	for _, e := range list {
		if e.Software() || r.Fixed && r.fixed(e) {
			continue
		}
		general++
		if e.Offcore {
			offcore++
		}
		if e.Counters > 0 {
			limited[e.Counters]++
		}
	}
	for counters, n := range limited {
		if n > counters {
			return false
		}
	}
	return general <= free && offcore <= offcoreRegisters
}

const offcoreRegisters = 2

// fixed tells the events that have a counter of their own.
func (r Room) fixed(e Event) bool {
	if e.Type != typeHardware {
		return false
	}
	return e.Config == 1 || e.Config == 9 || e.Config == 0 && !r.Watchdog
}
