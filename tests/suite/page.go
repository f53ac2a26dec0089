package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// jestResult is the part that is read of jest's --json.
type jestResult struct {
	TestResults []struct {
		Name             string
		Message          string
		AssertionResults []struct {
			FullName, Status string
			FailureMessages  []string
		}
	}
}

func jestTests(r *report) {
	file := filepath.Join(os.TempDir(), fmt.Sprintf("numalens-jest-%d.json", os.Getpid()))
	defer os.Remove(file)
	out, err := exec.Command("npx", "jest", "--silent", "--json", "--outputFile", file).CombinedOutput()
	raw, readErr := os.ReadFile(file)
	var res jestResult
	if readErr != nil || json.Unmarshal(raw, &res) != nil {
		r.add("jest", failed, string(out))
		return
	}
	before := r.count[failed]
	for _, f := range res.TestResults {
		if len(f.AssertionResults) == 0 {
			r.add("jest "+f.Name, failed, f.Message)
		}
		for _, a := range f.AssertionResults {
			r.add("jest "+a.FullName, jestOutcome(a.Status), strings.Join(a.FailureMessages, "\n")+a.FullName)
		}
	}
	if err != nil && r.count[failed] == before {
		r.add("jest", failed, string(out))
	}
}

func jestOutcome(status string) outcome {
	switch status {
	case "passed":
		return passed
	case "failed":
		return failed
	}
	return skipped
}

// playwrightSuite is the part that is read of Playwright's JSON reporter.
type playwrightSuite struct {
	Suites []playwrightSuite
	Specs  []struct {
		Title string
		Tests []struct {
			Status      string // expected, unexpected, flaky, skipped
			Annotations []struct{ Type, Description string }
			Results     []struct {
				Error  struct{ Message string }
				Errors []struct{ Message string }
			}
		}
	}
}

func browserTests(r *report) {
	if _, err := chromium(); err != nil {
		r.add("playwright", skipped, "[chromium] "+err.Error())
		return
	}
	playwright(r, "playwright.config.ts")
	// The user stories need a Grafana that only its owner can name.
	if os.Getenv("GRAFANA_URL") != "" {
		playwright(r, "tests/grafana/playwright.config.ts")
	}
}

func playwright(r *report, config string) {
	cmd := exec.Command("npx", "playwright", "test", "--reporter=json", "--config", config)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	var res playwrightSuite
	start := strings.IndexByte(string(out), '{')
	if start < 0 || json.Unmarshal(out[start:], &res) != nil {
		r.add("playwright", failed, string(out))
		return
	}
	before := r.count
	addSpecs(r, res)
	if err != nil && r.count[failed] == before[failed] {
		r.add("playwright", failed, string(out))
	}
}

func addSpecs(r *report, s playwrightSuite) {
	for _, sub := range s.Suites {
		addSpecs(r, sub)
	}
	for _, spec := range s.Specs {
		for _, t := range spec.Tests {
			o, text := passed, ""
			switch t.Status {
			case "unexpected":
				o = failed
			case "skipped":
				o = skipped
			}
			for _, a := range t.Annotations {
				text += a.Description
			}
			for _, res := range t.Results {
				for _, e := range res.Errors {
					text += e.Message + "\n"
				}
			}
			r.add("playwright "+spec.Title, o, text)
		}
	}
}

func chromium() (string, error) {
	if p := os.Getenv("CHROMIUM"); p != "" {
		return p, nil
	}
	for _, p := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(p); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("no chromium on this machine; install your distribution's chromium package or set CHROMIUM")
}
