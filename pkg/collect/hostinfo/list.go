package hostinfo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxID bounds the IDs of a list, so that a damaged file cannot make it
// endless. Kernels are built for 8192 CPUs at most.
const maxID = 1 << 16

// ParseList reads the kernel's list format, "0-3,8,10-11", into ascending
// IDs. An empty list is none: a node without CPUs has one.
func ParseList(s string) ([]int, error) {
	var ids []int
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		low, high, isRange := strings.Cut(part, "-")
		first, err := parseID(low)
		if err != nil {
			return nil, fmt.Errorf("list %q: %w", s, err)
		}
		last := first
		if isRange {
			if last, err = parseID(high); err != nil {
				return nil, fmt.Errorf("list %q: %w", s, err)
			}
		}
		if last < first {
			return nil, fmt.Errorf("list %q: range %q runs backwards", s, part)
		}
		for id := first; id <= last; id++ {
			ids = append(ids, id)
		}
		if len(ids) > maxID {
			return nil, fmt.Errorf("list %q: more than %d entries", s, maxID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// FormatList writes ascending IDs in the kernel's list format.
func FormatList(ids []int) string {
	var b strings.Builder
	for i := 0; i < len(ids); {
		last := i
		for last+1 < len(ids) && ids[last+1] == ids[last]+1 {
			last++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(ids[i]))
		if last > i {
			b.WriteString("-" + strconv.Itoa(ids[last]))
		}
		i = last + 1
	}
	return b.String()
}

func parseID(s string) (int, error) {
	id, err := strconv.ParseUint(s, 10, 32)
	if err != nil || id >= maxID {
		return 0, fmt.Errorf("%q is not an ID between 0 and %d", s, maxID-1)
	}
	return int(id), nil
}

// parseMask reads the kernel's mask format, 32-bit words in hexadecimal with
// the highest first: "00000000,000000ff" is 0 to 7.
func parseMask(s string) ([]int, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	words := strings.Split(s, ",")
	if len(words) > maxID/32 {
		return nil, fmt.Errorf("mask of %d words is too long", len(words))
	}
	var ids []int
	for i := range words {
		word, err := strconv.ParseUint(words[len(words)-1-i], 16, 32)
		if err != nil {
			return nil, fmt.Errorf("mask %q: %q is not a word of 32 bits", s, words[len(words)-1-i])
		}
		for bit := range 32 {
			if word&(1<<bit) != 0 {
				ids = append(ids, 32*i+bit)
			}
		}
	}
	return ids, nil
}
