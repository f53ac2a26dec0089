package perftable

import (
	"slices"
	"strings"
	"testing"
)

const drawn = `> #        ------- Cacheline --------      Tot  Shared
> # Index             Address  PA cnt     Hitm  Object
> # .....  ..................  ......  .......  ...
`

func parsed(t *testing.T, text string) (*Table, string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	last := len(lines) - 1
	return Parse(lines[:last], lines[last])
}

func TestColumns(t *testing.T) {
	table, problem := parsed(t, drawn)
	if problem != "" {
		t.Fatal(problem)
	}
	var names []string
	for _, c := range table.Columns {
		names = append(names, c.Name())
	}
	if want := []string{"Index", "Cacheline Address", "Cacheline PA cnt", "Tot Hitm", "Shared Object"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
}

func TestRows(t *testing.T) {
	table, problem := parsed(t, drawn)
	if problem != "" {
		t.Fatal(problem)
	}
	for _, c := range []struct {
		row  string
		want []string
	}{
		{">       0            0x602180      12  100.00%  lib", []string{"0", "0x602180", "12", "100.00%", "lib"}},
		{">       0            0x602180  12345678  100.00%  a b", []string{"0", "0x602180", "12345678", "100.00%", "a b"}},
		{">       0            0x602180      12  100.00% lib", nil},
		{"       0            0x602180      12  100.00%  lib", nil},
		{">       0  0x602180  12  100.00%  lib", nil},
		{">       0\t           0x602180      12  100.00%  lib", nil},
		{">       0            0x602180      12", nil},
	} {
		cells, problem := table.Cells(c.row, len(table.Columns))
		if c.want == nil {
			if problem == "" {
				t.Errorf("%q is %+v", c.row, cells)
			}
			continue
		}
		var got []string
		for _, x := range cells {
			got = append(got, x.Text)
		}
		if problem != "" || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, %s", c.row, got, problem)
		}
	}
}

// Titles that were wrapped, or that stand beside their columns, are no head.
func TestWrongTitles(t *testing.T) {
	for _, text := range []string{
		drawn[strings.LastIndex(drawn[:len(drawn)-1], "\n")+1:],
		strings.Replace(drawn, "  PA cnt", "", 1),
		strings.Replace(drawn, "Index ", "", 1),
		strings.Replace(drawn, "> # Index", "# Index", 1),
		strings.Replace(drawn, "  Tot  ", "  Tot   ", 1),
		strings.Replace(drawn, "  ---", "   ---", 1) + " ",
		strings.Replace(drawn, "Hitm  Object", "Hitm", 1),
	} {
		if table, problem := parsed(t, text); problem == "" {
			t.Errorf("%s gives %+v", text, table)
		}
	}
}
