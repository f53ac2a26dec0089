package main

import (
	"os"
	"strings"
	"testing"
)

func TestExampleConfigurationIsRead(t *testing.T) {
	c, err := readConfig("../../deploy/agent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:9177" || c.Out != "/var/lib/numalens" || c.Hz != 10 || c.MaxBytes != 2e9 {
		t.Errorf("the example is read as %+v", c)
	}
}

// Every setting has to be explained where users look for it.
func TestExampleConfigurationNamesEverySetting(t *testing.T) {
	b, err := os.ReadFile("../../deploy/agent.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range settingNames() {
		if !strings.Contains(string(b), "\n"+name+":") && !strings.Contains(string(b), "\n# "+name+":") && !strings.Contains(string(b), "\n#"+name+":") {
			t.Errorf("deploy/agent.yaml does not show %s", name)
		}
	}
}

func TestConfigurationErrors(t *testing.T) {
	for name, c := range map[string]struct{ yaml, want string }{
		"empty":            {"", "out: no directory"},
		"unknown setting":  {"out: /x\ntokne_file: /y\n", `line 2: there is no setting "tokne_file"; there is listen, tls, token_file`},
		"unknown below":    {"out: /x\ntls:\n  crt: y\n", `line 3: there is no setting "crt"`},
		"twice":            {"out: /x\nhz: 1\nhz: 2\n", `line 3: "hz" is set twice`},
		"text for number":  {"out: /x\nhz: fast\n", `line 2: want a whole number, and there is "fast"`},
		"list for labels":  {"out: /x\nlabels: [a, b]\n", "line 2: want settings below it, as name: value, and there is a list"},
		"list of settings": {"- out\n", "line 1: want settings below it"},
		"not YAML":         {"out: [\n", "line 1"},
		"tab":              {"out: /x\n\thz: 1\n", "line 2"},
		"two documents":    {"out: /x\n---\nout: /y\n", "more than one document"},
		"bad size":         {"out: /x\nmax_bytes: much\n", `line 2: "much" is not a size`},
		"size as list":     {"out: /x\nmax_bytes: [1]\n", "line 2"},
		"hz":               {"out: /x\nhz: 0\n", "hz: 0 is not between 1 and 1000"},
		"fault period":     {"out: /x\nfault_period: -1\n", "fault_period: -1"},
		"label":            {"out: /x\nlabels: {a-b: c}\n", `label "a-b"`},
		"host":             {"out: /x\nhost: a/b\n", `"a/b"`},
	} {
		_, err := parseConfig(strings.NewReader(c.yaml))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q in it", name, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), "main.") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: names a Go type or has several lines: %v", name, err)
		}
	}
}

func FuzzParseConfig(f *testing.F) {
	f.Add("out: /x\nhz: 10\nlabels: {a: b}\nmax_bytes: 2GB\n")
	f.Add("out: &a [*a]\n")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := parseConfig(strings.NewReader(s)); err == nil && c.check() != nil {
			t.Errorf("%q is taken, and then not", s)
		}
	})
}
