package probes

import (
	"math/bits"
	"os"
	"runtime"
	"slices"
	"strings"
)

// tableLevels finds out how many levels of page tables a process has, with
// pages of 4 KiB and 512 entries a table; 0 is not known.
func tableLevels() uint32 {
	switch runtime.GOARCH {
	case "amd64":
		// The flag is there where the kernel uses the fifth level
		// (Documentation/arch/x86/x86_64/5level-paging.rst).
		b, err := os.ReadFile("/proc/cpuinfo")
		if err != nil {
			return 0
		}
		for line := range strings.Lines(string(b)) {
			if flags, ok := strings.CutPrefix(line, "flags"); ok {
				if slices.Contains(strings.Fields(flags), "la57") {
					return 5
				}
				return 4
			}
		}
	case "arm64":
		return levelsFor(highest())
	}
	return 0
}

// levelsFor tells the levels from the highest address in use: with 48 bits of
// addresses stacks lie above the 39 that three levels reach. 52 bits are only
// used by who asks for them.
func levelsFor(address uint64) uint32 {
	switch n := bits.Len64(address); {
	case n == 0 || n > 48:
		return 0
	case n > 39:
		return 4
	}
	return 3
}

// highest is the end of this process's highest mapping.
func highest() uint64 {
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0
	}
	var top uint64
	for line := range strings.Lines(string(b)) {
		_, rest, _ := strings.Cut(line, "-")
		end, _, _ := strings.Cut(rest, " ")
		var n uint64
		for _, c := range end {
			d := strings.IndexRune("0123456789abcdef", c)
			if d < 0 {
				return 0
			}
			n = n<<4 | uint64(d)
		}
		if n>>56 == 0 {
			top = max(top, n)
		}
	}
	return top
}
