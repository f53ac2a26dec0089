package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// procWith is a /proc of a process with the given capabilities.
func procWith(t *testing.T, capEff, paranoid string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"self/status": "CapEff:\t" + capEff + "\n", "sys/kernel/perf_event_paranoid": paranoid} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestExplain(t *testing.T) {
	const sys = "../../testdata/hosts/snc-2s4n/sys"
	for _, c := range []struct {
		capEff, paranoid string
		there            map[string]bool
		says             string
	}{
		{"0000000000000000", "4", map[string]bool{"CAP_PERFMON": false, "CAP_BPF": false}, "4: a process without CAP_PERFMON gets no event at all"},
		{"0000004000080000", "2", map[string]bool{"CAP_PERFMON": true, "CAP_SYS_PTRACE": true, "CAP_SYS_ADMIN": false}, "in user space only"},
		{"0000000000200000", "-1", map[string]bool{"CAP_PERFMON": true, "CAP_BPF": true, "CAP_SYS_PTRACE": false, "CAP_SYS_ADMIN": true}, "every event"},
	} {
		var out, errs bytes.Buffer
		args := []string{"explain", "--json", "--sys-root", sys, "--proc-root", procWith(t, c.capEff, c.paranoid)}
		if status := run(streams{&out, &errs}, args); status != 0 {
			t.Fatalf("status %d: %s", status, errs.String())
		}
		var e explanation
		if err := json.Unmarshal(out.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		for _, p := range e.Permissions {
			if want, is := c.there[p.Name]; p.There == nil || is && *p.There != want {
				t.Errorf("%s: %s there %v, want %v", c.capEff, p.Name, p.There, want)
			}
		}
		if !strings.Contains(e.Paranoid, c.says) {
			t.Errorf("paranoid %s: %q", c.paranoid, e.Paranoid)
		}
	}
}

func TestExplainSaysWhatIsNotTold(t *testing.T) {
	var out, errs bytes.Buffer
	if status := run(streams{&out, &errs}, []string{"explain", "--sys-root", "../../testdata/hosts/snc-2s4n/sys", "--proc-root", "../../testdata/hosts/snc-2s4n/proc"}); status != 0 {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	for _, want := range []string{"CAP_PERFMON: unknown", "CAP_SYS_ADMIN: unknown, optional", "perf_event_paranoid unknown"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
