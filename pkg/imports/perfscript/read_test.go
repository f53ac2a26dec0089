package perfscript

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/metrics"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

// truth is what the perf.data had that perf 6.1 printed the texts of testdata
// from, each with another choice of columns.
func truth(t *testing.T) []export.Sample {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "truth.txt"))
	if err != nil {
		t.Fatal(err)
	}
	var all []export.Sample
	for s := bufio.NewScanner(bytes.NewReader(b)); s.Scan(); {
		x := export.Sample{Kind: export.MemoryLoad, CPUNode: -1, MemNode: -1}
		var seconds, ns int64
		if _, err := fmt.Sscanf(s.Text(), "%d/%d [%d] %d.%d %d %x %x %d %x %x", &x.PID, &x.TID, &x.CPU, &seconds, &ns, &x.Weight, &x.Addr, &x.DataSrc, &x.Latency, &x.IP, &x.Phys); err != nil {
			t.Fatal(err)
		}
		x.TS = seconds*1e9 + ns
		if x.DataSrc&4 != 0 {
			x.Kind = export.MemoryStore
		}
		all = append(all, x)
	}
	return all
}

// TestColumns reads the same samples printed in several ways. What a text
// doesn't print, or doesn't tell apart, is null.
func TestColumns(t *testing.T) {
	noWho := func(s *export.Sample) { s.PID, s.TID, s.CPU = 0, 0, -1 }
	for name, c := range map[string]struct {
		without func(*export.Sample)
		warns   string
	}{
		"all":     {func(*export.Sample) {}, ""},
		"numbers": {func(*export.Sample) {}, ""},
		"default": {func(s *export.Sample) { s.PID = 0 }, "40 samples have one number for process and thread"},
		"header":  {func(s *export.Sample) { s.PID, s.Phys, s.Weight = 0, 0, 1 }, "40 samples have no period"},
		"bare":    {func(s *export.Sample) { noWho(s); s.TS, s.IP, s.Weight = 0, 0, 1 }, "40 samples have no time"},
		"weight":  {func(s *export.Sample) { noWho(s); s.TS, s.IP, s.Weight, s.Addr, s.Phys = 0, 0, 1, 0, 0 }, "40 samples have no CPU"},
		"phys":    {func(s *export.Sample) { noWho(s); s.IP, s.Weight, s.Addr, s.Latency = 0, 1, 0, 0 }, ""},
		"ip":      {func(s *export.Sample) { s.PID, s.CPU, s.Weight, s.Addr, s.Latency, s.Phys = 0, -1, 1, 0, 0, 0 }, "40 samples have no CPU"},
	} {
		b, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		f := readText(t, string(b))
		want := truth(t)
		if len(f.samples) != len(want) {
			t.Errorf("%s: %d samples, want %d", name, len(f.samples), len(want))
			continue
		}
		for i, w := range want {
			c.without(&w)
			if f.samples[i] != w {
				t.Errorf("%s: line %d is %+v, want %+v", name, f.lines[i], f.samples[i], w)
				break
			}
		}
		if c.warns == "" && len(f.warnings) > 0 && name != "phys" || !f.warned(c.warns) && c.warns != "" {
			t.Errorf("%s: warnings %q, want %q", name, f.warnings, c.warns)
		}
		if name == "header" && (f.facts[imports.FactHost] != "two-nodes" || f.facts[imports.FactKernel] != "6.1.0") {
			t.Errorf("header: facts %v", f.facts)
		}
	}
}

const decoded = "|OP LOAD|LVL L3 or L3 hit|SNP None|TLB L1 or L2 hit|LCK No|BLK  N/A"

// TestLines reads lines as several versions and uses of perf print them.
func TestLines(t *testing.T) {
	load := func(set func(*export.Sample)) export.Sample {
		s := export.Sample{Kind: export.MemoryLoad, CPU: -1, CPUNode: -1, MemNode: -1, Weight: 1, DataSrc: 0x10668100842}
		set(&s)
		return s
	}
	for line, want := range map[string]export.Sample{
		// Three latencies, as hybrid processors have them.
		"  chrome (a b)  46572 [002] 544966.882384:      10000 \tcpu_core/MEM_UOPS_RETIRED.LOAD_LATENCY/: 7ffdf1391b0c     10668100842 " + decoded + "    5   7    0   7fad7c47425d [unknown] (/usr/lib64/libglib-2.0.so.0.8000.3)": load(func(s *export.Sample) {
			s.TS, s.CPU, s.TID, s.Weight, s.Addr, s.Latency, s.IP = 544966882384000, 2, 46572, 10000, 0x7ffdf1391b0c, 5, 0x7fad7c47425d
		}),
		// No comm, as --no-comm has it, and a symbol with blanks and colons.
		"1/2 [000] 1.000000001: cpu/mem-loads,ldlat=30/P: ffff9 [unknown] ([unknown]) 10668100842 " + decoded + " 225 ffffffff81000000 ns::f(int, char)+0x1 (a.out) 33397a030": load(func(s *export.Sample) {
			s.TS, s.PID, s.TID, s.CPU, s.Addr, s.Latency, s.IP, s.Phys = 1000000001, 1, 2, 0, 0xffff9, 225, 0xffffffff81000000, 0x33397a030
		}),
		// A decoding that was cut off at its label, as perf before 6.7 does it.
		"55550000 10668100842 |OP LOAD|LVL Remote Remote Cache (1 hop) or RAM hit|SNP HitM|TLB L1 hit|LCK N/A|BL   326": load(func(s *export.Sample) { s.Latency = 326 }),
		"10668100842 |OP LOAD|LVL Remote Remote Cache (1 hop) or RAM hit|SNP HitM|TLB L1 hit|LCK N/A|   326":            load(func(s *export.Sample) { s.Latency = 326 }),
		// perf before 5.12 has no BLK, perf of Arm's AFF.
		"10668100842 |OP LOAD|LVL L3 hit|SNP None|TLB L1 or L2 hit|LCK No 12":                           load(func(s *export.Sample) { s.Latency = 12 }),
		"10668100842 |OP LOAD SIMD|LVL L3 hit|SNP None|TLB Walker hit|LCK No|BLK  N/A|AFF PRED SG   12": load(func(s *export.Sample) { s.Latency = 12 }),
		// What may be a weight or an address is neither.
		"10668100842 " + decoded + " 401136": load(func(*export.Sample) {}),
		// A thread is no address.
		"1234567 10668100842 " + decoded + " 30": load(func(s *export.Sample) { s.Latency = 30 }),
	} {
		f := readText(t, line+"\n")
		if len(f.samples) != 1 || f.samples[0] != want {
			t.Errorf("%s\n is %+v\nwant  %+v", line, f.samples, want)
		}
	}
}

func TestCutAndWrapped(t *testing.T) {
	whole := "10668100842 " + decoded + " 30\n"
	for name, c := range map[string]struct {
		text  string
		n     int
		warns string
		err   string
	}{
		"in the number":     {whole + strings.TrimSuffix(whole, "\n"), 1, "2: the text ends within this line", ""},
		"in the decoding":   {whole + "10668100842 |OP LOAD|LVL L3", 1, "2: the text ends within this line", ""},
		"goes on":           {"10668100842 \\\n " + decoded + " 30\n", 1, "", ""},
		"goes on, then cut": {whole + "10668100842 \\\n", 1, "the text ends where a line goes on", ""},
		"wrapped":           {whole + "10668100842\n" + decoded + " 30\n", 1, "", "input:3: expected a data source in hexadecimal"},
		"wrapped later":     {whole + "10668100842 |OP LOAD\n|LVL L3 hit|SNP None 30\n", 2, "", "input:3: expected a whole line"},
		"two operations":    {"10668100842 |OP STORE|LVL L3 hit|LCK No 30\n", 0, "", "say the same operation"},
		"nothing":           {"perf: nothing to do\n", 0, "", "found \"none\""},
		"other samples":     {whole + "  ls 1 [000]  1.5: 1 cycles: ffff8 x (y)\n\tffff8 caller (y)\n\n5080021 |OP N/A|LVL N/A|SNP N/A|TLB N/A|LCK N/A|BLK  N/A 0\n", 1, "1 lines have no data source", ""},
	} {
		f := &found{}
		err := Read(strings.NewReader(c.text), f)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want %q", name, err, c.err)
		}
		if len(f.samples) != c.n || c.warns != "" && !f.warned(c.warns) {
			t.Errorf("%s: %d samples, want %d; warnings %q, want %q", name, len(f.samples), c.n, f.warnings, c.warns)
		}
	}
}

// TestArmOperations tells operations of one moment apart, also where the text
// has no events.
func TestArmOperations(t *testing.T) {
	line := func(event, source string) string {
		return "  memstress  3603 [020]   122.463754:          1            " + event + "       " + source + " |OP LOAD|LVL L3 or L3 hit|SNP N/A|TLB Walker hit|LCK No|BLK  N/A               aaaac17c3e88 [unknown] (/home/x)\n"
	}
	var b strings.Builder
	for range 3 {
		for _, e := range operationEvents[:6] {
			b.WriteString(line(e+":", "8688000842"))
		}
	}
	b.WriteString(line("memory:", "8688000842") + line("memory:", "8688000142") + line("mem-loads:", "8688000842") + line("mem-loads:", "8688000842"))
	if f := readText(t, b.String()); len(f.samples) != 7-1+0 || !f.warned("16 samples tell of the same operation") {
		t.Errorf("%d samples, warnings %q", len(f.samples), f.warnings)
	}
	bare := "  sve-test 6516696.714341:        288100144 |OP STORE|LVL L1 hit|SNP None|TLB Walker hit|LCK No|BLK  N/A|AFF N/A\n"
	other := "  sve-test 6516696.714344:        288800142 |OP LOAD|LVL L1 hit|SNP HitM|TLB Walker hit|LCK No|BLK  N/A|AFF N/A\n"
	if f := readText(t, bare+bare+bare+other+other); len(f.samples) != 2 || !f.warned("3 samples are the same as the one before") {
		t.Errorf("%d samples, warnings %q", len(f.samples), f.warnings)
	}
}

// TestAuxiliaryEvent: of a group that is sampled together perf prints every
// sample for each of its events.
func TestAuxiliaryEvent(t *testing.T) {
	one := "  taskset  182628 247517.778385:          1  cpu_core/%s/: ffffb33a850078a0     40268100142 |OP LOAD|LVL L1 hit|SNP None|TLB L1 or L2 hit|LCK No|BLK  Addr               5              33               0 ffffffff8cc2ba08 [unknown] ([unknown])\n"
	f := readText(t, fmt.Sprintf(one, "mem-loads-aux")+fmt.Sprintf(one, "mem-loads,ldlat=30"))
	want := export.Sample{TS: 247517778385000, Kind: export.MemoryLoad, CPU: -1, TID: 182628, IP: 0xffffffff8cc2ba08, Addr: 0xffffb33a850078a0, CPUNode: -1, MemNode: -1, DataSrc: 0x40268100142, Latency: 5, Weight: 1}
	if len(f.samples) != 1 || f.samples[0] != want || !f.warned("1: 1 samples are of mem-loads-aux") {
		t.Errorf("%+v, warnings %q", f.samples, f.warnings)
	}
}

func TestDetect(t *testing.T) {
	for text, want := range map[string]int{"10668100842 " + decoded: 90, "# Samples: 656 of event": 0, "": 0} {
		if got := detect([]byte(text)); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.txt")
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 1500)])
	}
	f.Add([]byte("10668100842 \\\n " + decoded + " 30\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var wrong *imports.SyntaxError
		if err := Read(bytes.NewReader(b), &found{}); err != nil && !errors.As(err, &wrong) {
			t.Fatal(err)
		}
	})
}

// TestMutations reads ten thousand broken texts: no panic, no hang, no memory
// beyond 64 MB.
func TestMutations(t *testing.T) {
	names, _ := filepath.Glob("testdata/*.txt")
	var texts [][]byte
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, b[:min(len(b), 3000)])
	}
	rng := rand.New(rand.NewPCG(1, 2))
	allocated := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	for i := range 10_000 {
		b := bytes.Clone(texts[i%len(texts)])
		for range 1 + rng.IntN(10) {
			at := rng.IntN(len(b))
			switch rng.IntN(4) {
			case 0:
				b[at] = byte(rng.Uint32())
			case 1:
				b[at] = "|:.[]()/ \t\n\\0fF"[rng.IntN(15)]
			case 2:
				b = append(b[:at], b[min(len(b), at+rng.IntN(40)):]...)
			default:
				b = append(b[:at:at], b[rng.IntN(len(b)):]...)
			}
			if len(b) == 0 {
				b = []byte("|OP ")
			}
		}
		metrics.Read(allocated)
		before := allocated[0].Value.Uint64()
		var wrong *imports.SyntaxError
		if err := Read(bytes.NewReader(b), &found{}); err != nil && !errors.As(err, &wrong) {
			t.Fatal(err)
		}
		metrics.Read(allocated)
		if took := allocated[0].Value.Uint64() - before; took > 64<<20+16*uint64(len(b)) {
			t.Fatalf("mutation %d took %d MB", i, took>>20)
		}
	}
}
