package hostinfo

import (
	"reflect"
	"testing"
)

func TestParseList(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []int
		bad  bool
	}{
		{in: "", want: nil},
		{in: "0\n", want: []int{0}},
		{in: "0-3,8,10-11\n", want: []int{0, 1, 2, 3, 8, 10, 11}},
		{in: "4,2,2-3", want: []int{2, 3, 4}},
		{in: "3-1", bad: true},
		{in: "0-", bad: true},
		{in: "0,,1", bad: true},
		{in: "-1", bad: true},
		{in: "0-4000000000", bad: true},
		{in: "a", bad: true},
	} {
		got, err := ParseList(c.in)
		if (err != nil) != c.bad || !reflect.DeepEqual(got, c.want) {
			t.Errorf("ParseList(%q) = %v, %v", c.in, got, err)
		}
	}
}

func FuzzParseList(f *testing.F) {
	for _, s := range []string{"", "0-3,8,10-11", "65535", "0-65535,0-65535", "9-1", "1-2-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ids, err := ParseList(s)
		if err != nil && ids != nil {
			t.Errorf("ParseList(%q) gives both %v and %v", s, ids, err)
		}
		for i := 1; i < len(ids); i++ {
			if ids[i] <= ids[i-1] {
				t.Fatalf("ParseList(%q) is not ascending: %v", s, ids)
			}
		}
	})
}

func TestParseMask(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []int
		bad  bool
	}{
		{in: "", want: nil},
		{in: "00000000", want: nil},
		{in: "00000000,000000ff\n", want: []int{0, 1, 2, 3, 4, 5, 6, 7}},
		{in: "3,80000001", want: []int{0, 31, 32, 33}},
		{in: "1ffffffff", bad: true},
		{in: "0,,1", bad: true},
		{in: "xyz", bad: true},
	} {
		got, err := parseMask(c.in)
		if (err != nil) != c.bad || !reflect.DeepEqual(got, c.want) {
			t.Errorf("parseMask(%q) = %v, %v", c.in, got, err)
		}
	}
}

func FuzzParseMask(f *testing.F) {
	for _, s := range []string{"", "00000000,000000ff", "ffffffff", ",", "g"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ids, err := parseMask(s); err != nil && ids != nil {
			t.Errorf("parseMask(%q) gives both %v and %v", s, ids, err)
		}
	})
}
