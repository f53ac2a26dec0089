package export

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var (
	columnRow = regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([^|]+) \\| (yes|no) \\|")
	sortLine  = regexp.MustCompile(`(?m)^(?:All have the same columns\. )?Sorted by (.+)\.$`)
	fieldName = regexp.MustCompile("`([a-z_0-9]+)`")
)

func page(t *testing.T, name string) string {
	t.Helper()
	return string(mustRead(t, filepath.Join("../../docs/format", name)))
}

// TestPagesTellTheSchema holds the layout pages and schema.go together.
func TestPagesTellTheSchema(t *testing.T) {
	layout := page(t, "layout.md")
	for _, table := range append(Tables(), LevelTables()...) {
		file := table.Name
		if isLevel(file) {
			file = "levels"
		}
		text := page(t, file+".md")
		var want, got []string
		for _, c := range table.Columns {
			want = append(want, fmt.Sprintf("%s %s null=%v", c.Name, c.Type, c.Nullable))
		}
		for _, m := range columnRow.FindAllStringSubmatch(text, -1) {
			typ := strings.NewReplacer("&lt;", "<", "&gt;", ">").Replace(m[2])
			got = append(got, fmt.Sprintf("%s %s null=%v", m[1], typ, m[3] == "yes"))
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("docs/format/%s.md has\n%s\nschema.go has\n%s", table.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if m := sortLine.FindStringSubmatch(text); m == nil || m[1] != "`"+strings.Join(table.Sort, "`, `")+"`" {
			t.Errorf("docs/format/%s.md does not say that it is sorted by %q", table.Name, table.Sort)
		}
		if !strings.Contains(text, "\n## Versions\n") || !strings.Contains(layout, "]("+file+".md)") || !strings.Contains(text, "`"+table.Name+"`") && file == "levels" {
			t.Errorf("docs/format/%s.md lacks its versions, or layout.md does not link to it", table.Name)
		}
	}
}

// TestPagesTellTheFields finds every JSON field of the manifest and of the
// index in their pages.
func TestPagesTellTheFields(t *testing.T) {
	for name, v := range map[string]any{"run.md": Manifest{}, "index.md": Index{}} {
		said := map[string]bool{}
		for _, m := range fieldName.FindAllStringSubmatch(page(t, name), -1) {
			said[m[1]] = true
		}
		if name == "index.md" {
			said["host"], said["runs"], said["run"] = true, true, true // in dotted paths
		}
		for _, f := range jsonFields(reflect.TypeOf(v)) {
			if !said[f] {
				t.Errorf("docs/format/%s does not tell of %q", name, f)
			}
		}
	}
}

func jsonFields(t reflect.Type) []string {
	for t.Kind() == reflect.Slice || t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var names []string
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "-" || name == "start" || name == "end" { // not written; of a memory range
			continue
		}
		names = append(append(names, name), jsonFields(t.Field(i).Type)...)
	}
	return names
}

func TestPagesLinkToFiles(t *testing.T) {
	pages, _ := filepath.Glob("../../docs/format/*.md")
	link := regexp.MustCompile(`\]\(([a-z]+\.md)`)
	for _, p := range pages {
		for _, m := range link.FindAllStringSubmatch(string(mustRead(t, p)), -1) {
			if _, err := os.Stat(filepath.Join("../../docs/format", m[1])); err != nil {
				t.Errorf("%s links to %s: %v", p, m[1], err)
			}
		}
	}
}
