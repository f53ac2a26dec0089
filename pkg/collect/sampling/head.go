package sampling

import (
	"fmt"
	"math"

	"github.com/numalens/numalens/pkg/export"
)

// MaxRules is how many rules the kernel's programs have slots for.
const MaxRules = 16

// Flags say what a slot needs besides kind and size. Their values are the
// kernel programs' too.
type Flags uint32

// The flags.
const (
	NeedRemote Flags = 1 << iota
	NeedFailed
	NeedComm   // the bit in CommMask
	NeedCaller // the bit in CallerMask
)

// Slot is a rule as the kernel's programs hold it.
type Slot struct {
	Kinds            uint32 // bit KindIndex
	Flags            Flags
	MinSize, MaxSize uint64 // both still match
}

// Head is rules made ready for the kernel. It is used from one goroutine.
type Head struct {
	rules       []Rule
	notes       []string
	unnameable  map[string]bool
	unsaid      int // of those, in no note yet
	firstUnsaid string
}

// maxUnnameable bounds what is remembered so that a caller is noted once.
const maxUnnameable = 4096

// Compile makes rules ready. Of several that match an event the first is the
// one that kept it.
func Compile(rules []Rule) (*Head, error) {
	if len(rules) > MaxRules {
		return nil, fmt.Errorf("%d rules: at most %d are allowed; join some by kind=a|b or a regular expression", len(rules), MaxRules)
	}
	h := &Head{rules: append([]Rule(nil), rules...), unnameable: map[string]bool{}}
	names := map[string]bool{}
	for _, r := range rules {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("rule %q: %w", r.Name, err)
		}
		if names[r.Name] {
			return nil, fmt.Errorf("two rules are named %q; give one another name=, so that events tell which kept them", r.Name)
		}
		names[r.Name] = true
		if why := r.impossible(); why != "" {
			h.notes = append(h.notes, fmt.Sprintf("rule %q keeps nothing: %s", r.Name, why))
		}
	}
	return h, nil
}

// Rules are what was compiled, in order.
func (h *Head) Rules() []Rule { return append([]Rule(nil), h.rules...) }

// Slots are the rules in the kernel's form, in order.
func (h *Head) Slots() []Slot {
	slots := make([]Slot, len(h.rules))
	for i, r := range h.rules {
		slots[i] = r.slot()
	}
	return slots
}

func (r Rule) slot() Slot {
	s := Slot{Kinds: uint32(r.Kinds), MinSize: r.AtLeast, MaxSize: math.MaxUint64}
	if r.Below > 0 {
		s.MaxSize = r.Below - 1
	}
	for _, need := range []struct {
		is   bool
		flag Flags
	}{{r.Remote, NeedRemote}, {r.Failed, NeedFailed}, {r.Comm != nil, NeedComm}, {r.Caller != nil, NeedCaller}} {
		if need.is {
			s.Flags |= need.flag
		}
	}
	return s
}

// CommMask has bit i set where rule i's regular expression matches a thread's
// name, or it has none.
func (h *Head) CommMask(comm string) uint32 {
	var mask uint32
	for i, r := range h.rules {
		if r.commMatches(comm) {
			mask |= 1 << i
		}
	}
	return mask
}

// CallerMask is CommMask for the calling function. A caller that cannot be
// named matches no rule that asks for one, and Notes tells of it once; for
// that, function is then what messages call it: its address.
func (h *Head) CallerMask(function string, known bool) uint32 {
	if !known {
		h.miss(function)
		function = ""
	}
	var mask uint32
	for i, r := range h.rules {
		if r.callerMatches(function) {
			mask |= 1 << i
		}
	}
	return mask
}

func (h *Head) miss(caller string) {
	if !h.needs(NeedCaller) || h.unnameable[caller] || len(h.unnameable) == maxUnnameable {
		return
	}
	h.unnameable[caller] = true
	if h.unsaid == 0 {
		h.firstUnsaid = caller
	}
	h.unsaid++
}

// Notes are sentences for the run which have not been given yet.
func (h *Head) Notes() []string {
	notes := h.notes
	if h.unsaid > 0 {
		notes = append(notes, fmt.Sprintf("callers that cannot be named, so that no rule with caller~ keeps them: %d (%s first)", h.unsaid, h.firstUnsaid))
	}
	h.notes, h.unsaid = nil, 0
	return notes
}

func (h *Head) needs(flag Flags) bool {
	for _, r := range h.rules {
		if r.slot().Flags&flag != 0 {
			return true
		}
	}
	return false
}

// Matches is the index of the rule that keeps an event, -1 for none. It is
// what the kernel's programs do once comm and caller are in their maps, and
// tests hold them to it. An empty callerName is a caller that has none.
func (h *Head) Matches(ev export.Event, callerName string) int {
	for i, r := range h.rules {
		if r.matches(ev, callerName) {
			return i
		}
	}
	return -1
}

func (r Rule) matches(ev export.Event, caller string) bool {
	if r.Remote && (ev.CPUNode < 0 || ev.GivenNode < 0 || ev.CPUNode == ev.GivenNode) {
		return false
	}
	if r.Failed && !ev.Failed {
		return false
	}
	return r.Kinds.Has(ev.Kind) && r.sizeMatches(ev) && r.commMatches(ev.Comm) && r.callerMatches(caller)
}

func (r Rule) sizeMatches(ev export.Event) bool {
	size := ev.Size
	if size < 0 {
		size = ev.Bytes
	}
	if size < 0 {
		return r.AtLeast == 0 && r.Below == 0
	}
	return uint64(size) >= r.AtLeast && (r.Below == 0 || uint64(size) < r.Below)
}

func (r Rule) commMatches(comm string) bool {
	return r.Comm == nil || r.Comm.MatchString(comm)
}

func (r Rule) callerMatches(function string) bool {
	return r.Caller == nil || function != "" && r.Caller.MatchString(function)
}
