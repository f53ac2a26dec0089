package bcc

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"github.com/numalens/numalens/pkg/imports"
)

// cpuTable is llcstat's: a line for each process (or thread) on each CPU.
type cpuTable struct{ threads bool }

var (
	cpuHeadForm = regexp.MustCompile(`^PID +(TID +)?(?:NAME|COMM) +CPU +REFERENCE +MISS +HIT%$`)
	cpuRowForm  = regexp.MustCompile(`^(\d+)\s+(\S.*?)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+(?:\.\d+)?)%$`)
	threadForm  = regexp.MustCompile(`^(\d+)\s+(\S.*)$`)
	totalsForm  = regexp.MustCompile(`^Total References: (\d+) Total Misses: (\d+) Hit Rate: (\d+(?:\.\d+)?)%$`)
	digitsForm  = regexp.MustCompile(`^-?\d`)
)

func cpuHead(s string) *cpuTable {
	m := cpuHeadForm.FindStringSubmatch(s)
	if m == nil {
		return nil
	}
	return &cpuTable{threads: m[1] != ""}
}

func (c *cpuTable) line(t *text, s string) (bool, error) {
	if ok, err := t.totals(s); ok || err != nil {
		t.cpus = nil
		return ok, err
	}
	m := cpuRowForm.FindStringSubmatch(s)
	switch {
	case m != nil:
		return true, c.row(t, m)
	case cutForm.MatchString(s):
		return false, nil // and the table goes on
	case !digitsForm.MatchString(s):
		t.cpus = nil
		return false, nil
	case t.lines.Cut():
		t.sink.Warn(t.lines.Number(), "the file ends within this row: it is left out")
		return true, nil
	}
	return true, t.lines.Wrong("PID, NAME, CPU, REFERENCE, MISS and HIT%")
}

func (c *cpuTable) row(t *text, m []string) error {
	pid, comm, tid := m[1], m[2], ""
	if c.threads {
		x := threadForm.FindStringSubmatch(comm)
		if x == nil {
			return t.lines.Wrong("PID, TID and NAME")
		}
		tid, comm = x[1], x[2]
	}
	return t.hits([3]string{"REFERENCE", "MISS", "HIT%"}, m[4:7], func(f *imports.Figure) {
		f.Scope, f.Instance, f.Part = imports.ScopeProcess, pid, true
		f.Labels["cpu"], f.Labels["comm"] = m[3], comm
		if c.threads {
			f.Scope, f.Instance = imports.ScopeThread, comm+"-"+tid
			f.Labels["pid"], f.Labels["tid"] = pid, tid
		}
	})
}

func (t *text) totals(s string) (bool, error) {
	m := totalsForm.FindStringSubmatch(s)
	if m == nil {
		return false, nil
	}
	return true, t.hits([3]string{"Total References", "Total Misses", "Hit Rate"}, m[1:], func(*imports.Figure) {})
}

// hits tells references, misses and the share that hit. The share is held
// against the two: columns that were cut or moved show.
func (t *text) hits(names [3]string, digits []string, of func(*imports.Figure)) error {
	var told [3]imports.Figure
	for i, name := range names {
		var err error
		if told[i], err = t.number(name, "1", digits[i], imports.KindCount); err != nil {
			return err
		}
	}
	hit := &told[2]
	if want := hitShare(told[0].Value, told[1].Value); math.Abs(want-hit.Value) > 0.0101 {
		return t.lines.Wrong(fmt.Sprintf("a share of hits that agrees with references and misses: %.2f%%", want))
	}
	hit.Kind, hit.Value = imports.KindMetric, share(digits[2])
	for _, f := range told {
		of(&f)
		t.clock.Place(&f)
		t.sink.Figure(f)
	}
	return nil
}

// hitShare is what llcstat makes of them, in percent.
func hitShare(references, misses float64) float64 {
	if references <= 0 || misses >= references {
		return 0
	}
	return (references - misses) / references * 100
}

// share is a percentage as a share of one; its digits are moved, so that
// 81.79 is 0.8179 exactly as it can be.
func share(percent string) float64 {
	x, _ := strconv.ParseFloat(percent+"e-2", 64) // digits, by the form of the row
	return x
}
