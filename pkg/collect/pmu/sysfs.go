package pmu

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/events"
)

// devices is where the kernel lists its PMUs.
func devices(roots collect.Roots) string {
	return filepath.Join(roots.Sys, "bus/event_source/devices")
}

// Names lists the host's PMUs, in the order of their names; none where there
// is no such list.
func Names(roots collect.Roots) []string {
	entries, err := os.ReadDir(devices(roots))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	slices.SortFunc(out, byNumber)
	return out
}

// byNumber puts uncore_imc_2 before uncore_imc_10.
func byNumber(a, b string) int {
	fa, na := family(a)
	fb, nb := family(b)
	if fa != fb {
		return strings.Compare(fa, fb)
	}
	return na - nb
}

// family splits a unit's name from its number: uncore_imc_3 is unit 3 of
// uncore_imc. A name without one is -1 of itself.
func family(name string) (string, int) {
	i := strings.LastIndexByte(name, '_')
	if i < 0 {
		return name, -1
	}
	n, err := strconv.Atoi(name[i+1:])
	if err != nil || n < 0 {
		return name, -1
	}
	return name[:i], n
}

// Read describes one PMU.
func Read(roots collect.Roots, name string) (*events.PMU, error) {
	dir := filepath.Join(devices(roots), name)
	typ, err := number(filepath.Join(dir, "type"))
	if err != nil {
		return nil, fmt.Errorf("PMU %s: %w", name, err)
	}
	p := &events.PMU{Name: name, Type: uint32(typ), Formats: map[string]events.Format{}, Events: map[string]string{}}
	if err := eachFile(filepath.Join(dir, "format"), func(term, text string) error {
		f, err := events.ParseFormat(text)
		if err == nil {
			p.Formats[term] = f
		}
		// A word that is not known here makes the term unknown, no more: the
		// kernel may have more words than we have.
		return nil
	}); err != nil {
		return nil, fmt.Errorf("PMU %s: %w", name, err)
	}
	if err := eachFile(filepath.Join(dir, "events"), func(event, text string) error {
		// Beside them lie the files EVENT.scale, .unit and .snapshot. Names
		// with a dot that are events of their own have no such ending.
		if !slices.ContainsFunc([]string{".scale", ".unit", ".snapshot", ".per-pkg"}, func(end string) bool { return strings.HasSuffix(event, end) }) {
			p.Events[event] = strings.TrimSpace(text)
		}
		return nil
	}); err != nil {
		return nil, fmt.Errorf("PMU %s: %w", name, err)
	}
	p.CPUs, err = cpumask(dir)
	if err != nil {
		return nil, fmt.Errorf("PMU %s: %w", name, err)
	}
	return p, nil
}

// cpumask lists the CPUs on which a unit's events are opened. A core's PMU has
// no such file, or one of another name that lists the CPUs which have it.
func cpumask(dir string) ([]int, error) {
	b, err := os.ReadFile(filepath.Join(dir, "cpumask"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	cpus, err := hostinfo.ParseList(string(b))
	if err != nil {
		return nil, fmt.Errorf("cpumask: %w", err)
	}
	if len(cpus) == 0 {
		return nil, errors.New("its cpumask names no CPU that is online")
	}
	return cpus, nil
}

func number(file string) (uint64, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 0, 32)
	if err != nil {
		return 0, fmt.Errorf("%s: %q is no number", file, strings.TrimSpace(string(b)))
	}
	return n, nil
}

// eachFile calls f with the name and content of each file of a directory that
// may be absent.
func eachFile(dir string, f func(name, text string) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		if err := f(e.Name(), string(b)); err != nil {
			return err
		}
	}
	return nil
}
