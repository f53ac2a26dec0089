package symbols

import "testing"

func TestTheBetterName(t *testing.T) {
	for _, c := range []struct{ better, worse candidate }{
		{candidate{"memcpy", true}, candidate{"__memcpy", true}},
		{candidate{"memcpy", true}, candidate{"fast", false}},
		{candidate{"local_function", false}, candidate{"$x", true}},
		{candidate{"f", false}, candidate{".Ltmp", false}},
		{candidate{"start_kernel", false}, candidate{"_stext", true}},
		{candidate{"schedule", false}, candidate{"__sched_text_start", true}},
		{candidate{"alpha", true}, candidate{"omega", true}},
		{candidate{"read", true}, candidate{}},
	} {
		if c.better.or(c.worse) != c.better || c.worse.or(c.better) != c.better {
			t.Errorf("%+v is not taken before %+v", c.better, c.worse)
		}
	}
}

func TestReadable(t *testing.T) {
	for name, want := range map[string]string{
		"main": "main", "": "", "_start": "_start", "_Z": "_Z", "_Zbroken": "_Zbroken",
		"_ZN5numa_4Node8allocateEmPKc":                   "numa_::Node::allocate",
		"_ZNSt6vectorIiSaIiEE9push_backEOi":              "std::vector<int, std::allocator<int> >::push_back",
		"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE": "core::fmt::Formatter::pad",
		"_RNvCs1234_7mycrate3foo":                        "mycrate::foo",
	} {
		if got := readable(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
