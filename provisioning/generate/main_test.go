package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

func TestGoldenFilesAreCurrent(t *testing.T) {
	files, err := generate("..")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
		if err != nil || string(got) != string(want) {
			t.Errorf("provisioning/%s is not what the generator writes; run `make golden` and look at the diff (%v)", name, err)
		}
	}
}

type dashboardFile struct {
	UID    string
	Panels []struct {
		ID          int
		Title, Type string
		Description string
	}
}

func dashboards(t *testing.T) map[string]dashboardFile {
	t.Helper()
	out := map[string]dashboardFile{}
	files, err := filepath.Glob("../dashboards/*.json")
	if err != nil || len(files) < 2 {
		t.Fatalf("%d dashboards, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		var d dashboardFile
		if err := json.Unmarshal(b, &d); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		out[d.UID] = d
	}
	return out
}

func TestEveryPanelSaysWhatGoodAndBadLookLike(t *testing.T) {
	for uid, d := range dashboards(t) {
		ids := map[int]bool{}
		for _, p := range d.Panels {
			if ids[p.ID] {
				t.Errorf("%s: two panels have the id %d", uid, p.ID)
			}
			ids[p.ID] = true
			if len(p.Description) < 30 || p.Type != "table" && !(strings.Contains(p.Description, "**Good:**") && strings.Contains(p.Description, "**Bad:**")) {
				t.Errorf("%s: panel %q says only %q", uid, p.Title, p.Description)
			}
		}
	}
}

// Grafana ends at start on some of these, and shows raw templates for others.
func TestRulesHoldWhatGrafanaAsks(t *testing.T) {
	b, err := os.ReadFile("../alerting/numalens.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file ruleFile
	if err := yaml.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	boards := dashboards(t)
	uidForm := regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)
	seen := map[string]bool{}
	for _, g := range file.Groups {
		every, err := time.ParseDuration(g.Interval)
		if err != nil || every%(10*time.Second) != 0 {
			t.Errorf("group %s: interval %s is not a multiple of 10 s", g.Name, g.Interval)
		}
		for _, r := range g.Rules {
			if !uidForm.MatchString(r.UID) || seen[r.UID] {
				t.Errorf("uid %q is too long, taken, or has other characters", r.UID)
			}
			seen[r.UID] = true
			r.check(t, boards)
		}
	}
}

func (r alertRule) check(t *testing.T, boards map[string]dashboardFile) {
	t.Helper()
	id, err := strconv.Atoi(r.Annotations["__panelId__"])
	found := false
	for _, p := range boards[r.Annotations["__dashboardUid__"]].Panels {
		found = found || p.ID == id
	}
	if err != nil || !found {
		t.Errorf("%s: its panel %s of dashboard %s is not there", r.UID, r.Annotations["__panelId__"], r.Annotations["__dashboardUid__"])
	}
	page := strings.TrimPrefix(r.Annotations["runbook_url"], runbooks)
	if _, err := os.Stat(filepath.Join("../../docs/runbooks", page)); err != nil {
		t.Errorf("%s: runbook: %v", r.UID, err)
	}
	if !strings.Contains(r.Annotations["summary"], "{{ with $values.A }}") {
		t.Errorf("%s: its summary does not guard the value", r.UID)
	}
	if r.Labels["severity"] == "" || r.NoDataState == "" || r.ExecErrState == "" {
		t.Errorf("%s: severity, no-data and error state have to be chosen", r.UID)
	}
}

// The published case: a padded fix moved the share from 40.3 % to 49.3 % while
// HITM fell from 3325 to 492. Before it the rule fires, after it it must not.
func TestFalseSharingDoesNotFireOnTheShareAlone(t *testing.T) {
	rules, err := readThresholds("../thresholds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	r := byRule(rules)["false-sharing"]
	// The case's counts are samples of some tens of seconds; a hundredfold is
	// taken for a rate.
	fires := func(hitm, share float64) bool {
		rates := map[string]float64{"hitm": 100 * hitm, "llc_load_misses": 100 * hitm / share}
		out := share > r.Warning
		for _, f := range r.Floors {
			out = out && rates[f.Metric] > f.Above
		}
		return out
	}
	if !fires(3325, 0.403) {
		t.Error("the rule does not fire before the fix")
	}
	if fires(492, 0.493) {
		t.Error("the rule fires after the fix")
	}
}
