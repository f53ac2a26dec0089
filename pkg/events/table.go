package events

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/numalens/numalens/pkg/numa"
)

// CorePMU stands in the table for the PMU of a host's cores, whose name
// differs: cpu on x86, armv8_pmuv3_0 and others on arm64.
const CorePMU = "core"

// Definition is a line of the table: an event of some processor models as the
// vendor names and encodes it, and what it says.
type Definition struct {
	Models  []string
	Meaning numa.Meaning
	// Names are the vendor's, in lower case as perf writes them; the first is
	// the column, the others are older names of the same event.
	Names []string
	PMU   string // CorePMU, or the kernel's name of the unit without its number
	Code  uint64
	Umask uint64 // its extension included, above the lowest byte
	// Extra are further terms in perf's syntax, "offcore_rsp=0x10003c0002".
	Extra string
	// Counters are those of a core that can count it, "0-3"; "" is any.
	Counters string
	// Group is the group that counts it by default; "" is none. Events of a
	// group with the same Set stay together where the group has to be split.
	Group, Set string
	Counts     string // which accesses it counts
	Caveat     string // how its meaning differs from the vocabulary's; "" is not at all
	Source     string
}

//go:embed table/*.csv
var tableFiles embed.FS

var tables = sync.OnceValues(readTables)

// Table gives every definition. Its error is that of a broken build.
func Table() ([]Definition, error) { return tables() }

func readTables() ([]Definition, error) {
	var all []Definition
	for _, vendor := range []string{"intel", "amd", "arm"} {
		file := "table/" + vendor + ".csv"
		b, err := tableFiles.ReadFile(file)
		if err != nil {
			return nil, err
		}
		list, err := ParseTable(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, list...)
	}
	return all, checkUnique(all)
}

var tableColumns = []string{"models", "meaning", "event", "pmu", "code", "umask", "extra", "counters", "group", "set", "counts", "caveat", "source"}

// ParseTable reads a table of definitions: comma-separated with a header
// line, lines that begin with # left out.
func ParseTable(r io.Reader) ([]Definition, error) {
	in := csv.NewReader(bufio.NewReader(r))
	in.Comment, in.FieldsPerRecord = '#', len(tableColumns)
	head, err := in.Read()
	if err != nil {
		return nil, err
	}
	if !slices.Equal(head, tableColumns) {
		return nil, fmt.Errorf("the columns are %q, want %q", head, tableColumns)
	}
	var all []Definition
	for {
		f, err := in.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		d, err := parseDefinition(f)
		if err != nil {
			line, _ := in.FieldPos(0)
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		all = append(all, d)
	}
}

func parseDefinition(f []string) (Definition, error) {
	d := Definition{
		Models: strings.Fields(f[0]), Meaning: numa.Meaning(f[1]), Names: strings.Fields(f[2]), PMU: f[3],
		Extra: f[6], Counters: f[7], Group: f[8], Set: f[9], Counts: f[10], Caveat: f[11], Source: f[12],
	}
	var err error
	if d.Code, err = strconv.ParseUint(f[4], 0, 64); err != nil {
		return d, fmt.Errorf("code %q is no number", f[4])
	}
	if f[5] != "" {
		if d.Umask, err = strconv.ParseUint(f[5], 0, 64); err != nil {
			return d, fmt.Errorf("umask %q is no number", f[5])
		}
	}
	return d, d.check()
}

func (d *Definition) check() error {
	switch {
	case len(d.Models) == 0 || len(d.Names) == 0 || d.PMU == "":
		return errors.New("models, event or pmu is empty")
	case d.Counts == "" || d.Source == "":
		return fmt.Errorf("%s: what it counts or its source is not said", d.Names[0])
	}
	for _, name := range d.Models {
		if _, ok := modelByName(name); !ok {
			return fmt.Errorf("%s: there is no model %q", d.Names[0], name)
		}
	}
	if !slices.ContainsFunc(numa.Meanings(), func(m numa.MeaningText) bool { return m.Meaning == d.Meaning }) {
		return fmt.Errorf("%s: the meaning %q is not in the vocabulary", d.Names[0], d.Meaning)
	}
	_, err := Parse(d.Spec("cpu"))
	return err
}

// checkUnique refuses two definitions of a model with one encoding: one of
// them says what it does not count.
func checkUnique(all []Definition) error {
	seen := map[string]string{}
	for _, d := range all {
		for _, m := range d.Models {
			key := m + " " + d.Spec(d.PMU)
			if other, ok := seen[key]; ok {
				return fmt.Errorf("%s: %s and %s are both %s", m, other, d.Names[0], d.Spec(d.PMU))
			}
			seen[key] = d.Names[0]
		}
	}
	return nil
}

// Spec is the event in perf's syntax, for a PMU of this name.
func (d *Definition) Spec(pmu string) string {
	code := "event"
	if d.PMU == "arm_cmn" {
		code = "eventid"
	}
	terms := fmt.Sprintf("%s=%#x", code, d.Code)
	if d.Umask != 0 {
		terms += fmt.Sprintf(",umask=%#x", d.Umask)
	}
	if d.Extra != "" {
		terms += "," + d.Extra
	}
	return pmu + "/" + terms + "/"
}

// Label names the event and its meaning.
func (d *Definition) Label() string { return label(d.Names[0], d.Meaning) }

// Countable says that it is an event, and not a value of a sample.
func (d *Definition) Countable() bool { return d.PMU != "arm_spe" }

// Of gives a model's definitions, in the order of the table.
func Of(model string) ([]Definition, error) {
	all, err := Table()
	if err != nil {
		return nil, err
	}
	var out []Definition
	for _, d := range all {
		if slices.Contains(d.Models, model) {
			out = append(out, d)
		}
	}
	return out, nil
}

// Named finds a model's definition by a name that the vendor gives it, in
// any case.
func Named(model, name string) (Definition, bool) {
	list, err := Of(model)
	if err != nil {
		return Definition{}, false
	}
	name = strings.ToLower(name)
	i := slices.IndexFunc(list, func(d Definition) bool { return d.Countable() && slices.Contains(d.Names, name) })
	if i < 0 {
		return Definition{}, false
	}
	return list[i], true
}
