package main

// column is how a table shows one field of the frame.
type column struct {
	field, title string
	width        int // 0 takes what is left
	properties   []any
}

// hotspotColumns are those of a hotspots table, from the left. The control
// group and the sampling are in the frame, and would leave a stack no room.
func (p panel) hotspotColumns() []column {
	narrow := "Only this, in the tables and the flame graph"
	blue := property("color", object{"mode": "fixed", "fixedColor": "blue"})
	bar := property("custom.cellOptions", object{"type": "gauge", "mode": "basic", "valueDisplayMode": "text"})
	return []column{
		{"function", "function", 220, []any{filterBy(narrow)}},
		{"bytes", "bytes", 130, []any{blue, bar, property("min", 0)}},
		{"share", "share", 115, []any{blue, bar, property("min", 0), property("max", 1), property("decimals", 1)}},
		{"cpu_node", "CPU’s node", 90, nil},
		{"given_node", "given on", 80, nil},
		{"place", "place", 105, []any{property("custom.cellOptions", object{"type": "color-text"}), places()}},
		{"comm", "comm", 105, []any{filterBy(narrow)}},
		{"stack", "stack", 0, []any{property("custom.minWidth", 300), property("custom.inspect", true)}},
		{"count", "count", 80, nil},
		{"pid", "pid", 75, []any{property("unit", "none"), property("decimals", 0)}},
		{"container", "container", 110, nil},
	}
}

// places are coloured as the heatmap's scale goes, from blue to orange.
func places() any {
	options := object{}
	for i, p := range []struct{ place, color string }{{"own node", "blue"}, {"same socket", "yellow"}, {"other socket", "orange"}} {
		options[p.place] = object{"index": i, "color": p.color, "text": p.place}
	}
	return property("mappings", []any{object{"type": "value", "options": options}})
}

func yesOrNo() any {
	return property("mappings", []any{object{"type": "value", "options": object{
		"true": object{"index": 0, "text": "yes"}, "false": object{"index": 1, "text": "no", "color": "orange"},
	}}})
}

// filterBy is a link to the same dashboard that keeps all but the filter. The
// value is quoted as RE2 has it: Go's functions have brackets and stars.
func filterBy(title string) any {
	return property("links", []any{object{
		"title": title,
		"url":   "/d/" + whoAllocatedUID + "?${__url_time_range}&${datasource:queryparam}&${host:queryparam}&${run:queryparam}&${kind:queryparam}&var-filter=%5E%5CQ${__value.text:percentencode}%5CE%24",
	}})
}

func property(id string, value any) any { return object{"id": id, "value": value} }

// columns puts what is read first to the left in a table, and leaves out what
// the variables already say.
func (p panel) columns() []any {
	organize := func(left []string, out, renamed object) []any {
		index := object{}
		for i, name := range left {
			index[name] = i
		}
		return []any{object{"id": "organize", "options": object{"indexByName": index, "excludeByName": out, "renameByName": renamed}}}
	}
	switch {
	case p.kind != "table":
	case p.targets[0].view == "runs":
		return organize([]string{"name", "state", "start", "end", "command", "rung_name", "missing", "run", "labels", "emulated"},
			object{"host": true, "rung": true}, object{"rung_name": "rung"})
	case p.targets[0].view == "hotspots":
		left, renamed := []string{}, object{}
		for _, c := range p.hotspotColumns() {
			left = append(left, c.field)
			if c.title != c.field {
				renamed[c.field] = c.title
			}
		}
		return organize(left, object{"cgroup": true, "estimated": true}, renamed)
	case p.targets[0].view == "metrics":
		return append([]any{onlyAllocations()}, organize([]string{"title", "available", "why", "remedy"},
			object{"name": true, "unit": true, "kind": true, "help": true, "denominator": true, "rung": true, "rung_name": true, "by": true}, object{})...)
	case p.targets[0].by == "node":
		return organize(nil, object{}, object{"memory_bytes": "memory"})
	}
	return nil
}

// onlyAllocations leaves the metrics of what was allocated and moved.
func onlyAllocations() any {
	return object{"id": "filterByValue", "options": object{"type": "include", "match": "any", "filters": []any{object{
		"fieldName": "name", "config": object{"id": "regex", "options": object{"value": `^(allocations\.[a-z]+|migrations\..*)$`}},
	}}}}
}

// tableOverrides are the columns' widths and cells.
func (p panel) tableOverrides() []any {
	columns := []column{}
	switch p.targets[0].view {
	case "runs":
		columns = []column{{title: "name", width: 90}, {title: "state", width: 80}, {title: "start", width: 150}, {title: "end", width: 150}, {title: "rung", width: 90}}
	case "hotspots":
		columns = p.hotspotColumns()
	case "metrics":
		columns = []column{{title: "title", width: 210}, {"available", "available", 90, []any{yesOrNo()}}, {title: "remedy", width: 330}}
	}
	out := []any{}
	if p.empty != "" {
		// What stands for a table without rows would stand in each empty cell too.
		out = append(out, object{"matcher": object{"id": "byRegexp", "options": ".*"}, "properties": []any{property("noValue", "–")}})
	}
	for _, c := range columns {
		properties := []any{}
		if c.width > 0 {
			properties = append(properties, property("custom.width", c.width))
		}
		out = append(out, object{"matcher": object{"id": "byName", "options": c.title}, "properties": append(properties, c.properties...)})
	}
	return out
}
