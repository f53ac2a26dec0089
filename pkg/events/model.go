package events

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// Model is a processor model that the table knows.
type Model struct {
	Name  string // as the table has it: "SPR", "ZEN4", "N1"
	Title string
	// Counters is the number of general counters of a logical CPU while its
	// sibling thread is in use; Fixed says that cycles and instructions have
	// counters of their own.
	Counters int
	Fixed    bool

	vendor   string // of /proc/cpuinfo: vendor_id, or the implementer
	family   int
	models   [][2]int // ranges, both ends included; of arm64 the parts
	stepping [2]int
}

// intel is the vendor of Intel's processors.
const intel = "GenuineIntel"

var anyStepping = [2]int{0, 1 << 30}

// models lists what is identified. Intel's numbers are those of intel/perfmon
// mapfile.csv; AMD's those by which Linux tells Zen generations apart
// (arch/x86/kernel/cpu/amd.c); Arm's parts are of arch/arm64/include/asm/cputype.h,
// where Microsoft's Cobalt 100 is an N2 of another implementer. Numbers of
// counters: Intel's manual, volume 3, of each architecture; AMD's manuals since
// family 15h; Arm's technical reference manuals of each core.
var models = []Model{
	{Name: "SKX", Title: "Intel Xeon, Skylake", Counters: 4, Fixed: true, vendor: intel, family: 6, models: [][2]int{{0x55, 0x55}}, stepping: [2]int{0, 4}},
	{Name: "CLX", Title: "Intel Xeon, Cascade Lake and Cooper Lake", Counters: 4, Fixed: true, vendor: intel, family: 6, models: [][2]int{{0x55, 0x55}}, stepping: [2]int{5, 15}},
	{Name: "ICX", Title: "Intel Xeon, Ice Lake", Counters: 8, Fixed: true, vendor: intel, family: 6, models: [][2]int{{0x6a, 0x6a}, {0x6c, 0x6c}}, stepping: anyStepping},
	{Name: "SPR", Title: "Intel Xeon, Sapphire Rapids", Counters: 8, Fixed: true, vendor: intel, family: 6, models: [][2]int{{0x8f, 0x8f}}, stepping: anyStepping},
	{Name: "EMR", Title: "Intel Xeon, Emerald Rapids", Counters: 8, Fixed: true, vendor: intel, family: 6, models: [][2]int{{0xcf, 0xcf}}, stepping: anyStepping},
	{Name: "GNR", Title: "Intel Xeon, Granite Rapids", Counters: 8, Fixed: true, vendor: intel, family: 6, models: [][2]int{{0xad, 0xae}}, stepping: anyStepping},
	{Name: "ZEN2", Title: "AMD Zen 2", Counters: 6, vendor: "AuthenticAMD", family: 0x17, models: [][2]int{{0x30, 0x4f}, {0x60, 0x7f}, {0x90, 0x91}, {0xa0, 0xaf}}, stepping: anyStepping},
	{Name: "ZEN3", Title: "AMD Zen 3", Counters: 6, vendor: "AuthenticAMD", family: 0x19, models: [][2]int{{0x00, 0x0f}, {0x20, 0x5f}}, stepping: anyStepping},
	{Name: "ZEN4", Title: "AMD Zen 4", Counters: 6, vendor: "AuthenticAMD", family: 0x19, models: [][2]int{{0x10, 0x1f}, {0x60, 0xaf}}, stepping: anyStepping},
	{Name: "ZEN5", Title: "AMD Zen 5", Counters: 6, vendor: "AuthenticAMD", family: 0x1a, models: [][2]int{{0x00, 0x2f}, {0x40, 0x4f}, {0x60, 0x7f}}, stepping: anyStepping},
	{Name: "N1", Title: "Arm Neoverse N1", Counters: 6, Fixed: false, vendor: "0x41", models: [][2]int{{0xd0c, 0xd0c}}, stepping: anyStepping},
	{Name: "V1", Title: "Arm Neoverse V1", Counters: 6, Fixed: false, vendor: "0x41", models: [][2]int{{0xd40, 0xd40}}, stepping: anyStepping},
	{Name: "N2", Title: "Arm Neoverse N2", Counters: 6, Fixed: false, vendor: "0x41", models: [][2]int{{0xd49, 0xd49}}, stepping: anyStepping},
	{Name: "N2", Title: "Microsoft Cobalt 100 (Neoverse N2)", Counters: 6, Fixed: false, vendor: "0x6d", models: [][2]int{{0xd49, 0xd49}}, stepping: anyStepping},
	{Name: "V2", Title: "Arm Neoverse V2", Counters: 6, Fixed: false, vendor: "0x41", models: [][2]int{{0xd4f, 0xd4f}}, stepping: anyStepping},
}

func modelByName(name string) (Model, bool) {
	i := slices.IndexFunc(models, func(m Model) bool { return m.Name == name })
	if i < 0 {
		return Model{}, false
	}
	return models[i], true
}

// Processor is what a processor says that it is.
type Processor struct {
	// Vendor is x86's vendor_id, or arm64's implementer as "0x41".
	Vendor string
	// Family is 0 on arm64, and Model the part's number.
	Family, Model, Stepping int
}

func (p Processor) String() string {
	if p.Family == 0 {
		return fmt.Sprintf("implementer %s part %#x", p.Vendor, p.Model)
	}
	return fmt.Sprintf("%s family %d model %d stepping %d", p.Vendor, p.Family, p.Model, p.Stepping)
}

// FromMIDR reads arm64's main ID register.
func FromMIDR(midr uint64) Processor {
	return Processor{Vendor: fmt.Sprintf("%#02x", midr>>24&0xff), Model: int(midr >> 4 & 0xfff), Stepping: int(midr & 0xf)}
}

// ParseCPUInfo gives the distinct processors that /proc/cpuinfo describes.
// What it does not say is left out: none is no error.
func ParseCPUInfo(r io.Reader) ([]Processor, error) {
	var out []Processor
	fields := map[string]string{}
	end := func() {
		if p, ok := processor(fields); ok && !slices.Contains(out, p) {
			out = append(out, p)
		}
		clear(fields)
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20) // a line of flags is long
	for lines.Scan() {
		key, value, ok := strings.Cut(lines.Text(), ":")
		key = strings.TrimSpace(key)
		if !ok {
			end()
			continue
		}
		// Old kernels print what all processors have in common once, at the
		// end; a new "processor" begins another.
		if key == "processor" && len(fields) > 0 {
			end()
		}
		fields[key] = strings.TrimSpace(value)
	}
	end()
	if err := lines.Err(); err != nil {
		return out, fmt.Errorf("cpuinfo: %w", err)
	}
	return out, nil
}

func processor(f map[string]string) (Processor, bool) {
	number := func(key string) (int, bool) {
		n, err := strconv.ParseInt(f[key], 0, 32)
		return int(n), err == nil
	}
	if vendor := f["vendor_id"]; vendor != "" {
		family, okF := number("cpu family")
		model, okM := number("model")
		stepping, _ := number("stepping")
		return Processor{vendor, family, model, stepping}, okF && okM
	}
	part, ok := number("CPU part")
	revision, _ := number("CPU revision")
	return Processor{Vendor: strings.ToLower(f["CPU implementer"]), Model: part, Stepping: revision}, ok && f["CPU implementer"] != ""
}

// Identify finds the model of a host's processors. Where it is not known, or
// they are not all the same, the generic events are what there is, and the
// reason says so.
func Identify(list []Processor) (Model, *numa.Unavailable) {
	const remedy = "the kernel's generic events are counted; name others by --event in perf's syntax"
	unknown := func(why string) (Model, *numa.Unavailable) {
		return Model{}, &numa.Unavailable{Feature: "events of this processor's model", Why: why, Remedy: remedy}
	}
	if len(list) == 0 {
		return unknown("neither /proc/cpuinfo nor the main ID register says which processor it is")
	}
	var found Model
	for i, p := range list {
		at := slices.IndexFunc(models, func(m Model) bool { return m.is(p) })
		if at < 0 {
			return unknown(p.String() + " is not in the event table")
		}
		if i > 0 && models[at].Name != found.Name {
			return unknown(fmt.Sprintf("its processors differ: %s and %s", found.Title, models[at].Title))
		}
		found = models[at]
	}
	return found, nil
}

func (m Model) is(p Processor) bool {
	return m.vendor == p.Vendor && m.family == p.Family && p.Stepping >= m.stepping[0] && p.Stepping <= m.stepping[1] &&
		slices.ContainsFunc(m.models, func(r [2]int) bool { return p.Model >= r[0] && p.Model <= r[1] })
}
