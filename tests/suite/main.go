// Command suite runs every test of the repository and ends with what passed
// and what was skipped for lack of which capability. `make test` calls it.
//
// A test that lacks something skips with a reason that begins with the
// capability in brackets: "[root] CPU-wide events need CAP_PERFMON". With
// CI=true, a skip for a capability that NUMALENS_CAPABILITIES declares (a
// list such as "root,bpf") is a failure: a machine that should be able to run
// a test must not pass by leaving it out.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// step is one runner of tests.
type step struct {
	name string
	run  func(*report)
}

func main() {
	r := &report{declared: declared(), started: time.Now()}
	var fuzzed fuzzing
	steps := []step{
		{"go test", goTests},
		{"fuzz begins", fuzzed.begin},
		{"go test as a plain user", goTestsAsPlainUser},
		{"types", typeChecks},
		{"jest", jestTests},
		{"playwright", browserTests},
		{"fuzz", fuzzed.end},
	}
	for _, s := range steps {
		if only := os.Getenv("ONLY"); only != "" && !strings.Contains(s.name, only) {
			continue
		}
		fmt.Printf("== %s\n", s.name)
		s.run(r)
	}
	r.print(os.Stdout)
	if r.bad() {
		os.Exit(1)
	}
}

// declared are the capabilities that this machine says it has.
func declared() map[string]bool {
	out := map[string]bool{}
	if os.Getenv("CI") != "true" {
		return out
	}
	for _, c := range strings.FieldsFunc(os.Getenv("NUMALENS_CAPABILITIES"), func(r rune) bool { return r == ',' || r == ' ' }) {
		out[c] = true
	}
	return out
}

// typeChecks checks the page's types against both ends of the range of
// Grafana versions that the plugin loads in.
func typeChecks(r *report) {
	for _, script := range []string{"typecheck", "typecheck:12"} {
		out, err := exec.Command("npm", "run", "--silent", script).CombinedOutput()
		r.add("npm run "+script, verdict(err), string(out))
	}
}

func verdict(err error) outcome {
	if err != nil {
		return failed
	}
	return passed
}
