package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

const (
	datasourceUID = "numalens"
	runbooks      = "https://github.com/numalens/numalens/blob/main/docs/runbooks/"
	window        = 120 // seconds that a rule looks back
)

// The shapes of Grafana's file provisioning of alert rules.
type (
	ruleFile struct {
		APIVersion int         `yaml:"apiVersion"`
		Groups     []ruleGroup `yaml:"groups"`
	}
	ruleGroup struct {
		OrgID    int         `yaml:"orgId"`
		Name     string      `yaml:"name"`
		Folder   string      `yaml:"folder"`
		Interval string      `yaml:"interval"`
		Rules    []alertRule `yaml:"rules"`
	}
	alertRule struct {
		UID          string            `yaml:"uid"`
		Title        string            `yaml:"title"`
		Condition    string            `yaml:"condition"`
		Data         []ruleQuery       `yaml:"data"`
		NoDataState  string            `yaml:"noDataState"`
		ExecErrState string            `yaml:"execErrState"`
		For          string            `yaml:"for"`
		Labels       map[string]string `yaml:"labels"`
		Annotations  map[string]string `yaml:"annotations"`
	}
	ruleQuery struct {
		RefID             string         `yaml:"refId"`
		RelativeTimeRange map[string]int `yaml:"relativeTimeRange"`
		DatasourceUID     string         `yaml:"datasourceUid"`
		Model             map[string]any `yaml:"model"`
	}
)

const ruleHeader = `# Written by provisioning/generate from thresholds.yaml; change it there.
#
# noDataState is OK in every rule: a host that stops, or a run that ends, is no
# remote access. That an agent fell silent is told by the rule export-lag, whose
# queries fail when a source cannot be reached, and which alerts on that error.
`

func alerting(rules []rule) ([]byte, error) {
	g := ruleGroup{OrgID: 1, Name: "numalens", Folder: "numalens", Interval: "30s"}
	for _, r := range rules {
		g.Rules = append(g.Rules, r.alert("warning", r.Warning), r.alert("critical", r.Critical))
	}
	var b bytes.Buffer
	b.WriteString(ruleHeader)
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(ruleFile{1, []ruleGroup{g}})
	return b.Bytes(), err
}

// alert is one rule at one severity: the metric is above its threshold, and
// each floor is passed, row by row.
func (r rule) alert(severity string, above float64) alertRule {
	out := alertRule{
		UID: "numalens-" + r.Rule + "-" + severity, Title: r.Title + " (" + severity + ")", For: r.For,
		NoDataState: "OK", ExecErrState: "Error",
		Labels: map[string]string{"severity": severity, "team": "numalens"},
		Annotations: map[string]string{
			"summary":          r.summary(above),
			"runbook_url":      runbooks + r.Runbook + ".md",
			"__dashboardUid__": r.Panel.Dashboard,
			"__panelId__":      strconv.Itoa(r.Panel.ID),
		},
	}
	if r.ErrorState != "" {
		out.ExecErrState = r.ErrorState
	}
	terms := []string{"$A > " + number(above)}
	out.Data = []ruleQuery{r.query("A", r.Metric)}
	for i, f := range r.Floors {
		ref := string(rune('B' + i))
		out.Data = append(out.Data, r.query(ref, f.Metric))
		terms = append(terms, "$"+ref+" > "+number(f.Above))
	}
	out.Condition = "FIRING"
	out.Data = append(out.Data, ruleQuery{
		RefID: out.Condition, DatasourceUID: "__expr__", RelativeTimeRange: map[string]int{"from": 0, "to": 0},
		Model: map[string]any{"refId": out.Condition, "type": "math", "expression": strings.Join(terms, " && ")},
	})
	return out
}

func (r rule) query(ref, metric string) ruleQuery {
	return ruleQuery{
		RefID: ref, DatasourceUID: datasourceUID, RelativeTimeRange: map[string]int{"from": window, "to": 0},
		Model: map[string]any{"refId": ref, "view": "numbers", "metric": metric, "by": r.by()},
	}
}

func (r rule) by() string {
	if r.By == "" {
		return "node"
	}
	return r.By
}

// summary is guarded: a value that is missing would deliver the raw template.
func (r rule) summary(above float64) string {
	value, limit := "{{ humanizePercentage .Value }}", number(100*above)+" %"
	if r.Unit == "seconds" {
		value, limit = "{{ humanizeDuration .Value }}", number(above)+" s"
	}
	place := "host {{ $labels.host }}"
	if r.by() == "node" {
		place = "node {{ $labels.node }} of host {{ $labels.host }}"
	}
	return fmt.Sprintf("%s: {{ with $values.A }}%s{{ else }}unknown{{ end }} on %s, above %s", r.Title, value, place, limit)
}

// number writes a threshold as short as it is; the precision hides that 100
// times 0.007 is not quite 0.7.
func number(v float64) string { return strconv.FormatFloat(v, 'g', 10, 64) }
