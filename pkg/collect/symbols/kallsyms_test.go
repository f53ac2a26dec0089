package symbols

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// drawn is a kernel as kallsyms shows it, loaded at a distance from where it
// was linked to.
func drawn(slide, module uint64) string {
	var b strings.Builder
	for _, l := range []struct {
		at   uint64
		rest string
	}{
		{0, "A fixed_percpu_data"},
		{slide + 0x1000, "T _stext"}, {slide + 0x1000, "T _text"}, {slide + 0x1000, "t start_kernel_early"},
		{slide + 0x1100, "T __pfx_vfs_read"}, {slide + 0x1110, "T vfs_read"}, {slide + 0x1110, "t __vfs_read"},
		{slide + 0x1200, "t do_alloc.isra.0"}, {slide + 0x1200, "T $x"},
		{slide + 0x1300, "W arch_hook"}, {slide + 0x2000, "T _etext"}, {slide + 0x2100, "D jiffies"}, {slide + 0x3000, "T init_only"},
		{module + 0x10, "t nf_hook\t[nf_tables]"}, {module + 0x80, "T nf_done\t[nf_tables]"}, {module + 0x8000, "d nf_data\t[nf_tables]"},
		{module + 0x20000, "t bpf_prog_6deef7357e7b4530_count\t[bpf]"}, {module + 0x20100, "t bpf_prog_0123456789abcdef\t[bpf]"},
	} {
		fmt.Fprintf(&b, "%016x %s\n", l.at, l.rest)
	}
	return b.String()
}

func TestParseKallsyms(t *testing.T) {
	k, err := parseKallsyms(strings.NewReader(drawn(0xffffffff81000000, 0xffffffffc0000000)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, at := range k.at {
		got = append(got, fmt.Sprintf("%x %s %s", at&0xfffffff, k.candidate(i).name, k.modules[k.owner[i]]))
	}
	want := []string{
		"1001000 start_kernel_early ", "1001110 vfs_read ", "1001200 do_alloc.isra.0 ", "1001300 arch_hook ", "1002000 _etext ", "1003000 init_only ",
		"0000010 nf_hook nf_tables", "0000080 nf_done nf_tables", "0020000 bpf_prog_6deef7357e7b4530_count bpf", "0020100 bpf_prog_0123456789abcdef bpf",
	}
	for i, w := range want {
		if i >= len(got) || got[i] != strings.TrimLeft(w, "0") {
			t.Errorf("%q, want %q", got, want)
			break
		}
	}
	for _, bad := range []string{"x", "ffffffff81000000", "ffffffff81000000 T", "ffffffff81000000T a", "fffffffff81000000 T a", "\n"} {
		if _, err := parseKallsyms(strings.NewReader(bad)); err == nil || !strings.Contains(err.Error(), "kallsyms") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParseKallsyms(f *testing.F) {
	f.Add(drawn(0xffffffff81000000, 0xffffffffc0000000))
	f.Add("ffffffff81000000 T b\nffffffff80000000 T a\nffffffff81000000 t c\t[m]\n")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := parseKallsyms(strings.NewReader(text))
		if err != nil {
			return
		}
		if held := cap(k.text) + 14*cap(k.at); held > 64*len(text)+4096 {
			t.Errorf("%d bytes held of %d", held, len(text))
		}
		for i := range k.at {
			if i > 0 && k.at[i] <= k.at[i-1] || k.candidate(i).name == "" {
				t.Errorf("function %d: %#x %+v", i, k.at[i], k.candidate(i))
			}
		}
		images := imagesOf(k, map[string]loaded{"m": {0xffffffff80000000, 1 << 20}})
		for i, m := range images {
			if m.end < m.start || i > 0 && m.start < images[i-1].end {
				t.Errorf("%+v after %+v", m, images[max(i-1, 0)])
			}
		}
	})
}

func BenchmarkKallsyms(b *testing.B) {
	text, err := os.ReadFile("/proc/kallsyms")
	if err != nil {
		b.Skipf("[kallsyms] %v", err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		f, err := os.Open("/proc/kallsyms")
		if err != nil {
			b.Fatal(err)
		}
		k, err := parseKallsyms(f)
		f.Close()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(cap(k.text)+8*cap(k.at)+4*cap(k.names)+2*cap(k.owner)), "B-held")
		b.ReportMetric(float64(len(k.at)), "functions")
	}
}
