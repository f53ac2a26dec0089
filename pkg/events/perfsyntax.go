package events

import (
	"fmt"
	"strconv"
	"strings"
)

// Spec is an event in perf's syntax, taken apart but not yet looked up: it
// means the same on any host that has its PMU.
type Spec struct {
	Text string
	// Column is what the count is called: the term name=, or the text.
	Column string
	// PMU and its Terms, of pmu/term=1,term/.
	PMU   string
	Terms []Term
	// Raw is the number of r04d3; IsRaw tells it from none.
	Raw   uint64
	IsRaw bool
	// Name is that of an event without a PMU: the kernel's generic ones, or a
	// vendor's.
	Name string
	// User, Kernel and Hypervisor are the modifiers u, k, h: only these modes
	// are counted. None is all.
	User, Kernel, Hypervisor bool
}

// Term is one of a PMU's terms.
type Term struct {
	Key   string
	Value uint64
	// Bare is a term without a value: a flag, or the name of an event that the
	// kernel describes.
	Bare bool
}

// SyntaxError is an event that is not in perf's syntax, or not one that can
// be counted.
type SyntaxError struct {
	Text  string // the event
	Token string // the part of it that is wrong
	Want  string // what was expected
}

func (e *SyntaxError) Error() string {
	if e.Token == e.Text {
		return fmt.Sprintf("event %q: %s", e.Text, e.Want)
	}
	return fmt.Sprintf("event %q: at %q: %s", e.Text, e.Token, e.Want)
}

const longestEvent = 500

// Parse reads an event in perf's syntax:
//
//	cpu/event=0xd3,umask=0x4/u       a PMU with terms, or the name of an event
//	cpu/mem-loads,ldlat=30/          that sysfs describes, and modifiers
//	r04d3  r04d3:u                   a core's raw event
//	LLC-load-misses:u                a generic event
//	mem_load_l3_miss_retired.remote_dram   a vendor's, from the event table
func Parse(text string) (Spec, error) {
	s := Spec{Text: text, Column: text}
	bad := func(token, want string) (Spec, error) { return Spec{}, &SyntaxError{text, token, want} }
	switch {
	case text == "":
		return bad(text, "it is empty")
	case len(text) > longestEvent:
		return bad(text[:20]+"…", fmt.Sprintf("it is longer than %d characters", longestEvent))
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return bad(text, "want printable ASCII without spaces")
	case strings.HasPrefix(text, "{") || strings.Contains(text, "}"):
		return bad(text, "groups in braces are not taken: the agent makes the groups; name each event by itself")
	}
	if pmu, rest, ok := strings.Cut(text, "/"); ok {
		terms, modifiers, ok := strings.Cut(rest, "/")
		if !ok {
			return bad(text, "want a second / after the terms, as in cpu/event=0xd3,umask=0x4/")
		}
		s.PMU = pmu
		if !isName(pmu) {
			return bad(pmu+"/", "want the name of a PMU as /sys/bus/event_source/devices lists it, as cpu or uncore_imc_0")
		}
		if err := s.terms(terms); err != nil {
			return Spec{}, err
		}
		return s, s.modifiers(strings.TrimPrefix(modifiers, ":"))
	}
	// A vendor's name may hold a colon (ocr.demand_rfo.l3_miss:ocr_msr_val=…),
	// and only what follows the last one can be modifiers.
	name, modifiers := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 && !strings.Contains(text[i:], "=") {
		name, modifiers = text[:i], text[i+1:]
		if modifiers == "" {
			return bad(":", "want modifiers after it, of u, k and h")
		}
		if !isModifiers(modifiers) && isName(modifiers) && isName(name) {
			return bad(text, "tracepoints are not counted; only events of a PMU and the kernel's own counts are")
		}
	}
	if digits, ok := strings.CutPrefix(name, "r"); ok && isHex(digits) {
		raw, err := strconv.ParseUint(digits, 16, 64)
		if err != nil {
			return bad(name, "want at most 16 hexadecimal digits after r")
		}
		s.Raw, s.IsRaw = raw, true
	} else {
		if !isName(strings.NewReplacer(":", "", "=", "").Replace(name)) {
			return bad(name, "want an event's name, r and hexadecimal digits, or pmu/terms/")
		}
		s.Name = name
	}
	return s, s.modifiers(modifiers)
}

func (s *Spec) terms(text string) error {
	if text == "" {
		return &SyntaxError{s.Text, "//", "want terms between the slashes, as event=0xd3,umask=0x4"}
	}
	for _, token := range strings.Split(text, ",") {
		key, value, hasValue := strings.Cut(token, "=")
		if !isName(key) {
			return &SyntaxError{s.Text, token, "want a term, as umask=0x4"}
		}
		switch key {
		case "name":
			if value == "" {
				return &SyntaxError{s.Text, token, "want what the count is to be called, as name=remote_hitm"}
			}
			s.Column = value
			continue
		case "period", "freq", "call-graph", "time", "precise", "percore":
			return &SyntaxError{s.Text, token, "it says how to sample, and this event is counted"}
		}
		t := Term{Key: key, Bare: !hasValue}
		if hasValue {
			n, err := termValue(value)
			if err != nil {
				return &SyntaxError{s.Text, token, err.Error()}
			}
			t.Value = n
		}
		s.Terms = append(s.Terms, t)
	}
	return nil
}

func termValue(value string) (uint64, error) {
	if value == "?" {
		return 0, fmt.Errorf("it stands for a value that has to be given: write a number in place of ?")
	}
	// As perf reads them: 010 is ten, and 0b1 nothing.
	digits, base := value, 10
	if hex, ok := strings.CutPrefix(strings.ToLower(value), "0x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("want a number of at most 64 bits, as 0x4 or 4")
	}
	return n, nil
}

func (s *Spec) modifiers(text string) error {
	for _, m := range text {
		switch m {
		case 'u':
			s.User = true
		case 'k':
			s.Kernel = true
		case 'h':
			s.Hypervisor = true
		case 'p', 'P':
			return &SyntaxError{s.Text, string(m), "it asks for precise samples, and this event is counted"}
		default:
			return &SyntaxError{s.Text, string(m), "want modifiers of u (user), k (kernel) and h (hypervisor)"}
		}
	}
	return nil
}

// isName tells names of PMUs, terms and events: letters, digits and _ . -
func isName(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '.' || r == '-')
	})
}

func isHex(s string) bool {
	return s != "" && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

func isModifiers(s string) bool { return strings.Trim(s, "ukhpPGHSDWIeb") == "" }
