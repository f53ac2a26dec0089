package main

import (
	"encoding/json"

	"github.com/numalens/numalens/pkg/query"
)

// dashboard is one dashboard; its panels are laid out by their own positions.
type dashboard struct {
	uid, title, description string
	others                  []link   // to the other dashboards, keeping variables; a value's link leads to the first
	more                    []object // variables besides data source, host and run
	panels                  []panel
}

type link struct{ title, uid string }

// panel is one panel. Good and bad end its description: what the picture
// looks like when all is well, and when it is not.
type panel struct {
	id         int
	title      string
	kind       string // Grafana's panel type
	x, y, w, h int
	good, bad  string
	targets    []target
	unit       string
	thresholds *rule // drawn where there is a rule
	about      string
	max        *float64
	empty      string // what to say where there is no value
}

type target struct {
	view, metric, by string
	remote           bool // hotspots and flame: on another node only
}

// inLegend are names for legends, where titles would leave no room for the lines.
var inLegend = map[string]string{"alloc_miss_share": "misses", "alloc_remote_share": "for others",
	"allocations.page_remote_share": "pages", "allocations.kmalloc_remote_share": "kmalloc", "migrations.pages": "pages", "migrations.tasks": "tasks",
	"agent_cpu": "agent", "trace.bpf_time": "programs in the kernel", "trace.trap_time": "entering them"}

type object = map[string]any

const heatmapPanel = "numalens-heatmap-panel"

var datasource = object{"type": "numalens-datasource", "uid": "${datasource}"}

func (d dashboard) json() ([]byte, error) {
	panels := []any{}
	for _, p := range d.panels {
		panels = append(panels, p.json(d.others[0]))
	}
	links := []any{}
	for _, l := range d.others {
		links = append(links, object{
			"title": l.title, "type": "link", "icon": "dashboard", "url": "/d/" + l.uid,
			"includeVars": true, "keepTime": true, "targetBlank": false, "tooltip": "", "tags": []string{}, "asDropdown": false,
		})
	}
	b, err := json.MarshalIndent(object{
		"uid": d.uid, "title": d.title, "description": d.description, "tags": []string{"numalens"},
		"schemaVersion": 41, "version": 1, "editable": true, "graphTooltip": 1, "refresh": "10s",
		"time":        object{"from": "now-15m", "to": "now"},
		"templating":  object{"list": d.variables()},
		"annotations": object{"list": []any{annotations()}},
		"links":       links,
		"panels":      panels,
	}, "", "  ")
	return append(b, '\n'), err
}

func (d dashboard) variables() []any {
	queried := func(name, label, q string) object {
		return object{
			"name": name, "label": label, "type": "query", "datasource": datasource, "query": q, "definition": q,
			"refresh": 2, "sort": 0, "multi": false, "includeAll": false, "hide": 0, "options": []any{}, "current": object{}, "regex": "", "skipUrlSync": false,
		}
	}
	out := []any{
		object{"name": "datasource", "label": "Data source", "type": "datasource", "query": "numalens-datasource", "refresh": 1, "hide": 0, "multi": false, "includeAll": false, "options": []any{}, "current": object{}, "regex": ""},
		queried("host", "Host", "hosts"),
		queried("run", "Run", "runs($host)"),
	}
	for _, v := range d.more {
		out = append(out, v)
	}
	return out
}

func annotations() object {
	return object{
		"name": "Runs, marks and losses", "datasource": datasource, "enable": true, "iconColor": "rgba(120, 140, 170, 0.8)",
		"target": object{"refId": "Anno", "view": "annotations", "host": "$host", "run": "$run"},
	}
}

func (p panel) json(other link) object {
	targets := []any{}
	for i, t := range p.targets {
		o := object{"refId": string(rune('A' + i)), "datasource": datasource, "view": t.view, "host": "$host", "run": "$run"}
		if t.metric != "" {
			o["metric"] = t.metric
		}
		if t.by != "" {
			o["by"] = t.by
		}
		if t.ofStacks() {
			o["filter"] = "$filter"
		}
		if t.remote {
			o["remote"] = true
		}
		targets = append(targets, o)
	}
	out := object{
		"id": p.id, "title": p.title, "type": p.kind, "datasource": datasource, "targets": targets,
		"gridPos": object{"x": p.x, "y": p.y, "w": p.w, "h": p.h}, "description": p.describe(),
		"fieldConfig": object{"defaults": p.defaults(other), "overrides": p.overrides()}, "options": p.options(),
	}
	if columns := p.columns(); len(columns) > 0 {
		out["transformations"] = columns
	}
	return out
}

// ofStacks tells the views of who allocated.
func (t target) ofStacks() bool { return t.view == "hotspots" || t.view == "flame" }

// describe is the metric's own help, where the panel says nothing of its own, then what good and bad look like.
func (p panel) describe() string {
	text := p.about
	if text == "" && len(p.targets) > 0 && p.targets[0].metric != "" {
		if x, ok := query.Describe(p.targets[0].metric); ok {
			text = x.Help
		}
	}
	for _, part := range []struct{ word, says string }{{"Good", p.good}, {"Bad", p.bad}} {
		if part.says != "" {
			text += "\n\n**" + part.word + ":** " + part.says
		}
	}
	return text
}

func (p panel) defaults(other link) object {
	o := object{}
	// A stat keeps the frame's own unit: one set here would also be that of the
	// label columns, and node 1 be node 100 %.
	if p.unit != "" && p.kind != "stat" {
		o["unit"] = p.unit
	}
	if p.max != nil {
		o["min"], o["max"] = 0, *p.max
	}
	steps := []any{object{"color": "text", "value": nil}}
	if p.kind == "stat" {
		steps = []any{object{"color": "blue", "value": nil}}
	}
	if r := p.thresholds; r != nil {
		steps = append(steps, object{"color": "orange", "value": r.Warning}, object{"color": "red", "value": r.Critical})
	}
	o["thresholds"] = object{"mode": "absolute", "steps": steps}
	switch p.kind {
	case "timeseries":
		style := "off"
		if p.thresholds != nil {
			style = "dashed"
		}
		o["custom"] = object{"drawStyle": "line", "lineWidth": 1, "fillOpacity": 8, "showPoints": "never", "spanNulls": false, "thresholdsStyle": object{"mode": style}}
	case "table":
		// Below Grafana's 150 pixels, so that a whole row is seen.
		o["custom"] = object{"minWidth": 60}
	case "stat":
		o["color"] = object{"mode": "thresholds"}
		o["noValue"] = "not measured"
		if p.empty != "" {
			o["noValue"] = p.empty
		}
		o["displayName"] = "${__data.fields.host}"
		if p.targets[0].by == "node" {
			o["displayName"] = "node ${__data.fields.node}"
		}
	}
	if p.kind != "stat" && p.empty != "" {
		o["noValue"] = p.empty
	}
	if p.kind == "timeseries" || p.kind == "stat" {
		o["links"] = []any{object{
			"title": other.title + ": ${__field.labels.host}",
			"url":   "/d/" + other.uid + "?${__url_time_range}&var-datasource=${datasource}&var-host=${__field.labels.host}&var-run=${run}",
		}}
	}
	return o
}

// overrides tell the lines of several metrics apart.
func (p panel) overrides() []any {
	if p.kind == "table" {
		return p.tableOverrides()
	}
	out := []any{}
	if p.kind == "stat" && p.targets[0].by == "node" {
		// The row of what is on no known node, which is not "not measured".
		out = append(out, object{"matcher": object{"id": "byName", "options": "node"}, "properties": []any{property("noValue", "not known")}})
	}
	if len(p.targets) < 2 {
		return out
	}
	for i, t := range p.targets {
		name := t.metric
		if short, ok := inLegend[t.metric]; ok {
			name = short
		} else if x, ok := query.Describe(t.metric); ok {
			name = x.Title
		}
		if t.by == "node" {
			name += ", node ${__field.labels.node}"
		}
		out = append(out, object{
			"matcher":    object{"id": "byFrameRefID", "options": string(rune('A' + i))},
			"properties": []any{property("displayName", name)},
		})
	}
	return out
}

func (p panel) options() object {
	switch p.kind {
	case heatmapPanel:
		return object{"scale": "auto", "showLegend": true}
	case "stat":
		return object{"reduceOptions": object{"calcs": []string{"lastNotNull"}, "values": true, "fields": ""}, "colorMode": "value", "graphMode": "none", "textMode": "value_and_name", "orientation": "auto", "text": object{"titleSize": 13, "valueSize": 20}}
	case "timeseries":
		return object{"legend": object{"showLegend": true, "displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi", "sort": "desc"}}
	}
	return object{"showHeader": true, "cellHeight": "sm"}
}
