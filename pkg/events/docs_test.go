package events

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/events.md")

const eventsPage = "../../docs/events.md"

// TestEventsPageIsCurrent holds docs/events.md equal to the table.
func TestEventsPageIsCurrent(t *testing.T) {
	want, err := eventsDoc()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(eventsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(eventsPage)
	if err != nil || string(got) != want {
		t.Errorf("%s is not the table; run `go test ./pkg/events -run EventsPage -update` (%v)", eventsPage, err)
	}
}

func eventsDoc() (string, error) {
	all, err := Table()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(`# Events

The event table: what is counted on which processor, as the vendor names and encodes it, what it [means](metrics.md#meanings) and how it differs. This page is written from ` + "`pkg/events/table`" + `, and a test holds the two together. None of it has been proven on hardware by us until ` + "`calibrate`" + ` has passed on such a host, and every figure says so.

Events of a group are counted together by default; those without are counted where they are named by ` + "`--event`" + `. ` + "`core`" + ` stands for the PMU of the cores. Processors that are not here get the kernel's generic events.

| processor | |
|---|---|
`)
	for _, m := range models {
		counters := fmt.Sprintf("%d counters", m.Counters)
		if m.Fixed {
			counters += ", cycles and instructions apart"
		}
		fmt.Fprintf(&b, "| %s | %s: %s |\n", m.Name, m.Title, counters)
	}
	vendor := ""
	for _, d := range all {
		if v := vendorOf(d.Models[0]); v != vendor {
			vendor = v
			fmt.Fprintf(&b, "\n## %s\n\n| meaning | event | processors | encoding | group | what it counts | differs | source |\n|---|---|---|---|---|---|---|---|\n", vendor)
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | `%s` | %s | %s | %s | %s |\n", d.Meaning, strings.Join(d.Names, "`, `"), strings.Join(d.Models, " "), d.Spec(d.PMU), d.Group, d.Counts, d.Caveat, d.Source)
	}
	return b.String(), nil
}

func vendorOf(model string) string {
	m, _ := modelByName(model)
	return strings.Fields(m.Title)[0]
}
