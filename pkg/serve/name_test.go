package serve

import (
	"path"
	"strings"
	"testing"
)

func TestServable(t *testing.T) {
	for name, want := range map[string]kind{
		"index.json":                        document,
		"h/r/run.json":                      document,
		"h/r/counters.000001.parquet":       sealed,
		"h/r/counters.000002.arrows":        tail,
		"":                                  notServed,
		".":                                 notServed,
		"h":                                 notServed,
		"h/r/":                              notServed,
		"/index.json":                       notServed,
		"../index.json":                     notServed,
		"h/../index.json":                   notServed,
		"h//index.json":                     notServed,
		"h/./index.json":                    notServed,
		".index.json":                       notServed,
		"h/.tmp/run.json":                   notServed,
		"h/r/run.json.tmp":                  notServed,
		"h/r/counters.000001.parquet.tmp":   notServed,
		"key.pem":                           notServed,
		"token":                             notServed,
		"h\\..\\run.json":                   notServed,
		"h/run\x00.json":                    notServed,
		"h/r/\xff.json":                     notServed,
		"h/r/.json":                         notServed,
		strings.Repeat("a/", 40) + "a.json": document,
	} {
		if got := servable(name); got != want {
			t.Errorf("servable(%q) = %d, want %d", name, got, want)
		}
	}
}

func FuzzServable(f *testing.F) {
	for _, s := range []string{"index.json", "../a.json", "a/.b/c.json", "a//b.json", "a\\b.json"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if servable(name) == notServed {
			return
		}
		if path.IsAbs(name) || path.Clean(name) != name || strings.HasPrefix(name, "..") || strings.Contains("/"+name, "/.") {
			t.Errorf("%q is served", name)
		}
	})
}
