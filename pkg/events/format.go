package events

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Format says where in an event's configuration a PMU wants a term's value:
// the content of a file of sysfs' format directory, "config:0-7,32-35".
type Format struct {
	Word int // 0 is config, 1 config1, 2 config2
	bits []bitRange
}

// bitRange is a run of bits, both ends included.
type bitRange struct{ low, high int }

// ParseFormat reads a format file.
func ParseFormat(text string) (Format, error) {
	word, ranges, ok := strings.Cut(strings.TrimSpace(text), ":")
	var f Format
	switch {
	case !ok:
		return f, fmt.Errorf("format %q: want a word and its bits, as config:0-7", text)
	case word == "config":
	case word == "config1":
		f.Word = 1
	case word == "config2":
		f.Word = 2
	default:
		return f, fmt.Errorf("format %q: the word is config, config1 or config2", text)
	}
	used := uint64(0)
	for _, part := range strings.Split(ranges, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		a, errA := strconv.Atoi(low)
		b, errB := strconv.Atoi(high)
		if errA != nil || errB != nil || a < 0 || b > 63 || a > b {
			return f, fmt.Errorf("format %q: %q is no range of bits from 0 to 63", text, part)
		}
		r := bitRange{a, b}
		if used&r.mask() != 0 {
			return f, fmt.Errorf("format %q: bits of %q are named twice", text, part)
		}
		used |= r.mask()
		f.bits = append(f.bits, r)
	}
	return f, nil
}

func (r bitRange) width() int { return r.high - r.low + 1 }

func (r bitRange) mask() uint64 { return (^uint64(0) >> (64 - r.width())) << r.low }

// width is the number of bits that a value may have.
func (f Format) width() int {
	n := 0
	for _, r := range f.bits {
		n += r.width()
	}
	return n
}

// put writes a value into the words, lowest bits into the range that is named
// first, and takes out what was there.
func (f Format) put(words *[3]uint64, value uint64) error {
	if n := f.width(); bits.Len64(value) > n {
		return fmt.Errorf("%#x has more than the %d bits that there are for it", value, n)
	}
	w := &words[f.Word]
	for _, r := range f.bits {
		*w = *w&^r.mask() | value<<r.low&r.mask()
		value >>= r.width()
	}
	return nil
}
