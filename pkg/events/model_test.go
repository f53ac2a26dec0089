package events

import (
	"archive/tar"
	"compress/bzip2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	intel := func(model, stepping int) Processor { return Processor{"GenuineIntel", 6, model, stepping} }
	amd := func(family, model int) Processor { return Processor{"AuthenticAMD", family, model, 1} }
	for _, c := range []struct {
		list []Processor
		want string // "" is unknown
	}{
		{[]Processor{intel(0x55, 4)}, "SKX"},
		{[]Processor{intel(0x55, 7)}, "CLX"},
		{[]Processor{intel(0x6a, 6)}, "ICX"},
		{[]Processor{intel(0x8f, 8)}, "SPR"},
		{[]Processor{intel(0xcf, 2)}, "EMR"},
		{[]Processor{intel(0xad, 1)}, "GNR"},
		{[]Processor{amd(0x17, 0x31)}, "ZEN2"},
		{[]Processor{amd(0x17, 0x01)}, ""}, // Zen 1
		{[]Processor{amd(0x19, 0x01)}, "ZEN3"},
		{[]Processor{amd(0x19, 0x11)}, "ZEN4"},
		{[]Processor{amd(0x19, 0xa0)}, "ZEN4"},
		{[]Processor{amd(0x1a, 0x02)}, "ZEN5"},
		{[]Processor{amd(0x1a, 0x50)}, ""}, // Zen 6
		{[]Processor{FromMIDR(0x413fd0c1)}, "N1"},
		{[]Processor{FromMIDR(0x411fd401)}, "V1"},
		{[]Processor{FromMIDR(0x410fd490)}, "N2"},
		{[]Processor{FromMIDR(0x6d0fd490)}, "N2"},
		{[]Processor{FromMIDR(0x410fd4f1)}, "V2"},
		{[]Processor{FromMIDR(0x410fd034)}, ""}, // Cortex-A53
		{[]Processor{intel(0x97, 2)}, ""},       // Alder Lake
		{[]Processor{FromMIDR(0x410fd4f1), FromMIDR(0x410fd491)}, ""},
		{[]Processor{intel(0x8f, 8), intel(0x8f, 6)}, "SPR"}, // two steppings
		{nil, ""},
	} {
		m, u := Identify(c.list)
		if m.Name != c.want || (u == nil) != (c.want != "") {
			t.Errorf("%v is %q, %v; want %q", c.list, m.Name, u, c.want)
		}
		if u != nil && (u.Why == "" || u.Remedy == "") {
			t.Errorf("%v: no reason or remedy: %+v", c.list, u)
		}
	}
}

func TestParseCPUInfo(t *testing.T) {
	x86 := "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: Intel(R) Xeon(R)\nstepping\t: 8\n\nprocessor\t: 1\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nstepping\t: 8\n\n"
	arm := "processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: 0xd0c\nCPU revision\t: 1\n"
	for _, c := range []struct {
		in   string
		want []Processor
	}{
		{x86, []Processor{{"GenuineIntel", 6, 143, 8}}},
		{arm, []Processor{{"0x41", 0, 0xd0c, 1}}},
		{strings.TrimSuffix(arm, "\n"), []Processor{{"0x41", 0, 0xd0c, 1}}},
		{arm + "\n" + strings.Replace(arm, "0xd0c", "0xd03", 1), []Processor{{"0x41", 0, 0xd0c, 1}, {"0x41", 0, 0xd03, 1}}},
		{"", nil},
		{"cpu\t\t: POWER9\nrevision\t: 2.2\n", nil},
		{"vendor_id\t: GenuineIntel\n", nil},
	} {
		got, err := ParseCPUInfo(strings.NewReader(c.in))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%q: %v, %v; want %v", c.in, got, err, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%q: %v, want %v", c.in, got[i], c.want[i])
			}
		}
	}
}

func FuzzParseCPUInfo(f *testing.F) {
	f.Add("vendor_id : AuthenticAMD\ncpu family : 25\nmodel : 17\nstepping : 1\n")
	f.Add("CPU implementer : 0x41\nCPU part : 0xd4f\n")
	f.Fuzz(func(t *testing.T, in string) {
		list, err := ParseCPUInfo(strings.NewReader(in))
		if err == nil {
			Identify(list)
		}
	})
}

// TestSampleHosts: processors of real hosts, all older than the table, are
// read and said to be unknown.
func TestSampleHosts(t *testing.T) {
	dir := os.Getenv("NUMALENS_SAMPLES")
	if dir == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the folder of captured hosts")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "sysfs_tree", "hwloc_*.tar.bz2"))
	found := 0
	for _, file := range files {
		list := sampleProcessors(t, file)
		if list == nil {
			continue
		}
		found++
		m, u := Identify(list)
		t.Logf("%s: %v: %q %v", filepath.Base(file), list, m.Name, u)
		if len(list) != 1 {
			t.Errorf("%s: %v", file, list)
		}
	}
	if found == 0 {
		t.Errorf("none of %d trees holds a cpuinfo", len(files))
	}
}

func sampleProcessors(t *testing.T, file string) []Processor {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := tar.NewReader(bzip2.NewReader(f)); ; {
		h, err := r.Next()
		if err != nil {
			return nil
		}
		if !strings.HasSuffix(h.Name, "proc/cpuinfo") {
			continue
		}
		list, err := ParseCPUInfo(r)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
}
