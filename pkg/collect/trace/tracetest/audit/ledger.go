package audit

import "fmt"

// Ledger is what does not agree, a few of each kind, and what is worth
// telling of what does.
type Ledger struct {
	Wrong []string
	Told  []string
	more  map[string]int
}

// enough is how many of one kind are told in full.
const enough = 3

func (l *Ledger) wrong(format string, a ...any) {
	if l.more == nil {
		l.more = map[string]int{}
	}
	if l.more[format]++; l.more[format] <= enough {
		l.Wrong = append(l.Wrong, fmt.Sprintf(format, a...))
	}
}

func (l *Ledger) tell(format string, a ...any) { l.Told = append(l.Told, fmt.Sprintf(format, a...)) }

// want notes a difference.
func want[T comparable](l *Ledger, what string, got, want T) {
	if got != want {
		l.wrong("%s is %v, want %v", what, got, want)
	}
}

// end says how many more there were.
func (l *Ledger) end() *Ledger {
	for format, n := range l.more {
		if n > enough {
			l.Wrong = append(l.Wrong, fmt.Sprintf("… and %d more of %q", n-enough, format))
		}
	}
	l.more = nil
	return l
}
