package sysfstree

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// list reads the kernel's list format, "0-27,56-83".
func list(text string) ([]int, error) {
	out := []int{}
	if text == "" {
		return out, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.ParseUint(from, 10, 31)
		b, errB := strconv.ParseUint(to, 10, 31)
		if errA != nil || errB != nil || a > b || b >= maxCPU || len(out) > 0 && int(a) <= out[len(out)-1] {
			return nil, fmt.Errorf("%q is no list", text)
		}
		for ; a <= b; a++ {
			out = append(out, int(a))
		}
	}
	return out, nil
}

// mask reads the kernel's bitmaps, "00000000,000000ff": words of 32 bits, the
// highest first.
func mask(text string) ([]int, error) {
	out := []int{}
	words := strings.Split(text, ",")
	slices.Reverse(words)
	if len(words) > maxCPU/32 {
		return nil, fmt.Errorf("%d words are too many", len(words))
	}
	for i, word := range words {
		word = strings.TrimPrefix(strings.TrimSpace(word), "0x")
		bits, err := strconv.ParseUint(word, 16, 64)
		if err != nil || len(words) > 1 && bits>>32 != 0 {
			return nil, fmt.Errorf("%q is no map", text)
		}
		for bit := range 64 {
			if bits>>bit&1 == 1 {
				out = append(out, 32*i+bit)
			}
		}
	}
	return out, nil
}

// distances reads a row of the SLIT.
func distances(text string) ([]int, error) {
	var out []int
	for word := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(word, 10, 31)
		if err != nil || n > 255 || len(out) >= maxNode {
			return nil, fmt.Errorf("%q are no distances", text)
		}
		out = append(out, int(n))
	}
	return out, nil
}
