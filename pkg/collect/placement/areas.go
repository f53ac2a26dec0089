package placement

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// area is a mapping's range of addresses, which may have pages or not.
type area struct {
	start, end uint64
	kind       export.PlacementKind
}

// readAreas lists what a process has mapped. The kernel formats it from the
// mappings alone and touches no page table.
func readAreas(roots collect.Roots, pid int) ([]area, error) {
	f, err := os.Open(filepath.Join(roots.Proc, strconv.Itoa(pid), "maps"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	areas, err := parseAreas(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return areas, nil
}

func parseAreas(r io.Reader) ([]area, error) {
	var areas []area
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<10) // a path has 4096 bytes, each perhaps written as \123
	for lines.Scan() {
		a, ok, err := parseArea(lines.Text())
		if err != nil {
			return nil, err
		}
		if ok {
			areas = append(areas, a)
		}
	}
	return areas, lines.Err()
}

// parseArea reads "7f52…-7f53… rw-p 00000000 00:00 0   [heap]". What may not
// be touched at all has no pages that matter: address space set aside. ok is
// false for that, and for what is the kernel's.
func parseArea(line string) (a area, ok bool, err error) {
	fields := strings.Fields(line)
	if len(fields) < 5 {
		return a, false, fmt.Errorf("%q is no mapping", line)
	}
	low, high, _ := strings.Cut(fields[0], "-")
	start, err := strconv.ParseUint(low, 16, 64)
	end, eerr := strconv.ParseUint(high, 16, 64)
	if err != nil || eerr != nil || end <= start {
		return a, false, fmt.Errorf("%q is no range of addresses", fields[0])
	}
	a = area{start: start, end: end, kind: export.PlacedAnonymous}
	if len(fields) > 5 {
		switch name := fields[5]; {
		case name == "[heap]":
			a.kind = export.PlacedHeap
		case name == "[stack]":
			a.kind = export.PlacedStack
		case strings.HasPrefix(name, "[anon"):
			// named by the program, anonymous all the same
		case strings.HasPrefix(name, "["):
			return a, false, nil // vdso, vvar, vsyscall
		default:
			a.kind = kindOfFile(name)
		}
	}
	return a, !strings.HasPrefix(fields[1], "---"), nil
}
