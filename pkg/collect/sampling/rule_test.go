package sampling

import (
	"strings"
	"testing"
)

func mustParse(t testing.TB, text string) Rule {
	t.Helper()
	r, err := ParseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestParseRule(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"name=big,kind=kmalloc|page,size>=64K,comm~^nginx,caller~^tcp_", "name=big,kind=kmalloc|page,size>=64K,comm~^nginx,caller~^tcp_"},
		{"name=big,kind=kmalloc|page,size>=64K,comm~^nginx,caller~^tcp_,remote,failed", "name=big,kind=kmalloc|page,size>=64K,comm~^nginx,caller~^tcp_,remote,failed"},
		{" failed , name = no such key", ""},
		{"remote", "name=remote,kind=kmalloc|page|flush,remote"},
		{"failed", "name=failed,kind=kmalloc|page,failed"},
		{"kind=page|kmalloc|page", `name=kind=page|kmalloc|page,kind=kmalloc|page`},
		{"size>=1024,size<1G", `name="size>=1024,size<1G",kind=kmalloc|page|flush|growslice|heap,size>=1K,size<1G`},
		{`name="a,""b""",comm~"^x{1,3} "`, `name="a,""b""",kind=kmalloc|page|flush|growslice|heap,comm~"^x{1,3} "`},
		{`comm~a"b\.c , name=n`, `name=n,kind=kmalloc|page|flush|growslice|heap,comm~a"b\.c`},
		{`name=n, caller~"x" ,failed`, `name=n,kind=kmalloc|page,caller~x,failed`},
		{"caller~" + strings.Repeat("ä", 80), "name=caller~" + strings.Repeat("ä", 52) + "…,kind=kmalloc|page|flush|growslice|heap,caller~" + strings.Repeat("ä", 80)},
	} {
		r, err := ParseRule(c.text)
		if c.want == "" {
			if err == nil {
				t.Errorf("%q was taken as %s", c.text, r)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		if r.String() != c.want {
			t.Errorf("%q\n is %s\nwant %s", c.text, r, c.want)
		}
	}
}

// Every error names the condition and what is allowed.
func TestRuleErrors(t *testing.T) {
	for text, want := range map[string][]string{
		"":                           {"no such condition", "size>=, size<"},
		"a,,b":                       {"no such condition"},
		"remote,":                    {"no such condition"},
		"comm~^(a,b)$":               {"comm~^(a", `comm~"a,b"`},
		"comm~a{1,b}":                {"b}", "needs quotes"},
		"kind=kmallok":               {"kind=kmallok", "kmalloc, page, flush, growslice, heap"},
		"kind=task":                  {"not a kind"},
		"kind=":                      {"not a kind"},
		"kind=growslice,remote":      {"remote cannot be decided of growslice", "may not exist yet", "kmalloc, page, flush"},
		"kind=page|heap,remote":      {"remote cannot be decided of heap"},
		"kind=growslice|heap,remote": {"growslice and heap"},
		"kind=flush,failed":          {"failed is never true of flush", "kmalloc, page"},
		"size>=64k":                  {"size>=64k", "K, M or G"},
		"size>=-1":                   {"size>=-1"},
		"size>=0":                    {"size>=0", "above 0"},
		"size>=KM":                   {"size>=KM"},
		"size>=K":                    {"size>=K"},
		"size<99999999999G":          {"size<99999999999G"},
		"size>=64K,size<64K":         {"size>=64K and size<64K leave no size"},
		"size>5":                     {"no such condition", "size>=, size<"},
		"comm=x":                     {"comm=x", "comm~"},
		"comm~":                      {"1 to 1024 bytes"},
		"caller~(?=x)":               {"caller~(?=x)", "RE2"},
		`comm~"a`:                    {"comm~", "not closed"},
		`comm~"a"b`:                  {"comm~", "closing quote"},
		"comm~a,comm~b":              {"comm~ stands twice"},
		"remote,remote":              {"remote stands twice"},
		"remote!":                    {"remote!", "no such condition"},
		"name=x":                     {"name= alone"},
		"name=,remote":               {"the name is empty"},
		"name=" + strings.Repeat("x", 61) + ",remote": {"1 to 60 characters"},
		"remote\n":  {"one line"},
		"comm~\xff": {"UTF-8"},
	} {
		_, err := ParseRule(text)
		if err == nil {
			t.Errorf("%q was taken", text)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q: %v\nlacks %q", text, err, w)
			}
		}
	}
}

func FuzzParseRule(f *testing.F) {
	for _, seed := range []string{
		"name=big,kind=kmalloc|page,size>=64K,comm~^nginx,caller~^tcp_,remote,failed",
		`name="a,""b""",comm~"^x{1,3} "`, "size<1G,size>=3", `comm~"`, "remote,,", "kind=|", "caller~ä,name=…",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseRule(text)
		if err != nil {
			return
		}
		again, err := ParseRule(r.String())
		if err != nil {
			t.Fatalf("%q gave %q, which is refused: %v", text, r.String(), err)
		}
		if again.String() != r.String() || again.Name != r.Name {
			t.Fatalf("%q gave %q, which gave %q", text, r.String(), again.String())
		}
		if again.slot() != r.slot() {
			t.Fatalf("%q: slots %+v and %+v", text, r.slot(), again.slot())
		}
		h, err := Compile([]Rule{r})
		if err != nil {
			t.Fatalf("%q parses and does not compile: %v", text, err)
		}
		h.CommMask(text)
		h.CallerMask(text, true)
	})
}
