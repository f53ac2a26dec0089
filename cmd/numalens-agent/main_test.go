package main

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect/launch"
)

func TestMain(m *testing.M) {
	launch.Shim()
	os.Exit(m.Run())
}

func itoa(n int) string { return strconv.Itoa(n) }

func TestWrongUse(t *testing.T) {
	for args, want := range map[string]string{
		"":                                  "numalens-agent record",
		"recrod":                            "no command \"recrod\"; there is record, serve, check, explain, calibrate, pause, resume, status, cert, version",
		"record":                            "--out names no directory",
		"record --out /x --hz 0":            "want 1 to 1000",
		"record --out /x --hz ten":          "invalid value \"ten\"",
		"record --out /x --host a/b":        "\"a/b\"",
		"record --out /x --for -3s":         "--for -3s",
		"record --out /x --max-bytes much":  "\"much\" is not a size",
		"record --out /x --label nonsense":  "key=value",
		"record --out /x --fault-period -1": "--fault-period -1",
		"record --out /x --frequency 3":     "not defined: -frequency",
		"serve":                             "--config names no file",
		"serve --config /x extra":           "no argument is taken",
		"cert":                              "--out names no directory",
		"cert --out /x --hosts a,,b":        "empty name",
		"check extra":                       "no argument is taken",
		"version extra":                     "no argument is taken",
	} {
		var out, errs bytes.Buffer
		if code := run(streams{&out, &errs}, strings.Fields(args)); code != statusUsage {
			t.Errorf("%q: status %d, want %d", args, code, statusUsage)
		}
		if !strings.Contains(errs.String(), want) || out.Len() > 0 {
			t.Errorf("%q: stdout %q, stderr %q, want %q in stderr", args, &out, &errs, want)
		}
	}
}

func TestHelp(t *testing.T) {
	for args, want := range map[string]string{
		"help": "numalens-agent cert", "--help": "numalens-agent cert", "record -h": "-fault-period", "serve --help": "-config", "check -h": "-json", "cert -h": "-hosts", "version -h": "usage: numalens-agent version",
	} {
		var out, errs bytes.Buffer
		if code := run(streams{&out, &errs}, strings.Fields(args)); code != 0 || errs.Len() > 0 || !strings.Contains(out.String(), want) {
			t.Errorf("%q: status %d, stdout %q, stderr %q", args, code, &out, &errs)
		}
	}
}

func TestCert(t *testing.T) {
	dir := t.TempDir()
	var out, errs bytes.Buffer
	if code := run(streams{&out, &errs}, []string{"cert", "--out", dir, "--hosts", "bench1, 10.0.0.1"}); code != 0 {
		t.Fatalf("status %d: %s", code, &errs)
	}
	if !strings.Contains(out.String(), "names: bench1, 10.0.0.1\nfingerprint: ") {
		t.Errorf("%s", &out)
	}
	if code := run(streams{&out, &errs}, []string{"cert", "--out", dir}); code != statusFailed || !strings.Contains(errs.String(), "exists") {
		t.Errorf("a second time: status %d: %s", code, &errs)
	}
}
