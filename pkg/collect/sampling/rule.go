package sampling

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Rule says which events are kept whatever the rate. All of its conditions
// must hold.
type Rule struct {
	Name  string // stands beside each event that the rule has kept
	Kinds Kinds
	// AtLeast and Below bound the size: bytes asked for; of a flush, bytes
	// flushed. A Below of 0 is no bound.
	AtLeast, Below uint64
	Comm           *regexp.Regexp // thread's name, of which the kernel has 15 bytes; nil is any
	Caller         *regexp.Regexp // name of the calling function; nil is any
	Remote         bool           // the node given is another than the CPU's
	Failed         bool           // nothing was given; without it, both
}

// Bounds on what a user may write.
const (
	maxName  = 60      // runes
	maxRegex = 1024    // bytes
	maxSize  = 1 << 62 // bytes
)

// String is the rule as ParseRule takes it, every condition spelled out.
func (r Rule) String() string {
	conditions := []string{"name=" + quote(r.Name), "kind=" + r.Kinds.String()}
	if r.AtLeast > 0 {
		conditions = append(conditions, "size>="+formatSize(r.AtLeast))
	}
	if r.Below > 0 {
		conditions = append(conditions, "size<"+formatSize(r.Below))
	}
	if r.Comm != nil {
		conditions = append(conditions, "comm~"+quote(r.Comm.String()))
	}
	if r.Caller != nil {
		conditions = append(conditions, "caller~"+quote(r.Caller.String()))
	}
	if r.Remote {
		conditions = append(conditions, "remote")
	}
	if r.Failed {
		conditions = append(conditions, "failed")
	}
	return strings.Join(conditions, ",")
}

// check holds of every rule, parsed or made by hand.
func (r Rule) check() error {
	switch {
	case r.Name == "" || utf8.RuneCountInString(r.Name) > maxName:
		return fmt.Errorf("name=: a name has 1 to %d characters", maxName)
	case r.Kinds == 0 || r.Kinds&^allKinds != 0:
		return fmt.Errorf("kind=: allowed are %s, several by |", allKinds.join(", "))
	case r.Below > 0 && r.AtLeast >= r.Below:
		return fmt.Errorf("size>=%s and size<%s leave no size", formatSize(r.AtLeast), formatSize(r.Below))
	}
	if not := r.Kinds &^ remoteKinds; r.Remote && not != 0 {
		return fmt.Errorf("remote cannot be decided of %s, because the memory's page may not exist yet; it can of %s",
			not.join(" and "), remoteKinds.join(", "))
	}
	if not := r.Kinds &^ failedKinds; r.Failed && not != 0 {
		return fmt.Errorf("failed is never true of %s; it can be of %s", not.join(" and "), failedKinds.join(", "))
	}
	return nil
}

// impossible says why no event can match; "" where one can.
func (r Rule) impossible() string {
	if r.Remote && r.Failed {
		return "what failed was given no node, so it is never remote"
	}
	return ""
}

// quote puts a value in quotes where ParseRule would else cut it.
func quote(value string) string {
	if strings.ContainsRune(value, ',') || strings.HasPrefix(value, `"`) || strings.TrimSpace(value) != value {
		return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
	}
	return value
}

func formatSize(n uint64) string {
	for _, unit := range []struct {
		shift int
		name  string
	}{{30, "G"}, {20, "M"}, {10, "K"}} {
		if n > 0 && n%(1<<unit.shift) == 0 {
			return strconv.FormatUint(n>>unit.shift, 10) + unit.name
		}
	}
	return strconv.FormatUint(n, 10)
}

var errSize = errors.New("a size is a whole number of bytes above 0, with K, M or G for binary thousands: 64K")

func parseSize(text string) (uint64, error) {
	shift := 0
	if i := strings.IndexAny(text, "KMG"); i >= 0 && i == len(text)-1 {
		shift = map[byte]int{'K': 10, 'M': 20, 'G': 30}[text[i]]
		text = text[:i]
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 || n > maxSize>>shift {
		return 0, errSize
	}
	return n << shift, nil
}
