package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

const (
	fuzzTime  = "30s" // of each target
	fuzzPairs = 2     // targets at a time, with one worker each
	fuzzMost  = 10 * time.Minute
)

// fuzzing runs the fuzz targets of the imports beside other steps: it takes
// the time on the CPUs that they leave.
type fuzzing struct {
	dir     string
	targets []fuzzTarget
	done    sync.WaitGroup
	err     error
}

type fuzzTarget struct {
	pkg, name string
	result    outcome
	output    string
}

// begin starts the targets.
func (f *fuzzing) begin(*report) {
	if f.targets, f.err = fuzzTargets(); f.err != nil {
		return
	}
	if f.dir, f.err = os.MkdirTemp("", "numalens-fuzz-"); f.err != nil {
		return
	}
	next := make(chan *fuzzTarget, len(f.targets))
	for i := range f.targets {
		next <- &f.targets[i]
	}
	close(next)
	for range fuzzPairs {
		f.done.Go(func() {
			for t := range next {
				t.run(f.dir)
			}
		})
	}
}

// end waits for them and tells what they found.
func (f *fuzzing) end(r *report) {
	f.done.Wait()
	if f.dir != "" {
		defer os.RemoveAll(f.dir)
	}
	if f.err != nil {
		r.add("fuzz", failed, f.err.Error())
		return
	}
	for _, t := range f.targets {
		r.add("fuzz "+t.pkg+" "+t.name, t.result, t.output)
	}
	fmt.Printf("ok   %d targets, %s each\n", len(f.targets), fuzzTime)
}

// fuzzTargets lists them.
func fuzzTargets() ([]fuzzTarget, error) {
	out, err := exec.Command("go", "test", "-list", "^Fuzz", "./pkg/imports/...").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go test -list: %w\n%s", err, out)
	}
	var all []fuzzTarget
	var names []string
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "Fuzz"):
			names = append(names, words[0])
		case len(words) > 1 && words[0] == "ok":
			for _, name := range names {
				all = append(all, fuzzTarget{pkg: strings.TrimPrefix(words[1], "github.com/numalens/numalens/"), name: name})
			}
			names = nil
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no fuzz target in pkg/imports:\n%s", out)
	}
	return all, nil
}

// run builds a target and fuzzes it. What it finds stays in the package's
// testdata/fuzz, as a test; what it learns does not stay.
func (t *fuzzTarget) run(dir string) {
	ctx, cancel := context.WithTimeout(context.Background(), fuzzMost)
	defer cancel()
	bin := filepath.Join(dir, strings.ReplaceAll(t.pkg, "/", "_")+"."+t.name)
	only := "^" + t.name + "$"
	t.result = failed
	out, err := exec.CommandContext(ctx, "nice", "-n", "19", "go", "test", "-c", "-fuzz", only, "-o", bin, "./"+t.pkg).CombinedOutput()
	if err != nil {
		t.output = fmt.Sprintf("%s%v", out, err)
		return
	}
	defer os.Remove(bin)
	cmd := exec.CommandContext(ctx, "nice", "-n", "19", bin, "-test.run=^$", "-test.fuzz="+only, "-test.fuzztime="+fuzzTime,
		"-test.fuzzminimizetime=5s", "-test.parallel=1", "-test.fuzzcachedir="+filepath.Join(dir, "corpus", t.pkg))
	cmd.Dir = t.pkg
	out, err = cmd.CombinedOutput()
	t.output = string(out)
	switch {
	case err == nil, endedInTime(t.output):
		t.result = passed
	default:
		t.output += err.Error()
	}
}

// endedInTime is true of a failure that is none: where the time is over just
// as a worker is at an input, Go at times tells only of the time.
func endedInTime(output string) bool {
	_, told, ok := strings.Cut(output, "--- FAIL: ")
	if !ok {
		return false
	}
	_, told, _ = strings.Cut(told, "\n")
	told = strings.TrimSpace(told)
	return strings.HasPrefix(told, "context deadline exceeded") && !strings.Contains(told, "Failing input")
}
