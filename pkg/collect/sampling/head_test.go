package sampling

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

func compile(t testing.TB, texts ...string) *Head {
	t.Helper()
	var rules []Rule
	for _, text := range texts {
		rules = append(rules, mustParse(t, text))
	}
	h, err := Compile(rules)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestKindIndexIsThatOfTheKernelsPrograms(t *testing.T) {
	for want, k := range []export.Traced{"kmalloc", "page", "flush", "growslice", "heap"} {
		if i, ok := KindIndex(k); !ok || i != want {
			t.Errorf("%s is %d, %v; want %d", k, i, ok, want)
		}
	}
	if _, ok := KindIndex(export.TracedTask); ok {
		t.Error("a task that moved has no rate")
	}
}

func TestSlots(t *testing.T) {
	h := compile(t, "kind=page,size>=64K", "size<1K,comm~x", "remote,failed,caller~y", "kind=heap")
	want := []Slot{
		{Kinds: 1 << 1, MinSize: 64 << 10, MaxSize: math.MaxUint64},
		{Kinds: 31, Flags: NeedComm, MaxSize: 1023},
		{Kinds: 3, Flags: NeedRemote | NeedFailed | NeedCaller, MaxSize: math.MaxUint64},
		{Kinds: 1 << 4, MaxSize: math.MaxUint64},
	}
	for i, s := range h.Slots() {
		if s != want[i] {
			t.Errorf("slot %d is %+v, want %+v", i, s, want[i])
		}
	}
}

func TestMasks(t *testing.T) {
	h := compile(t, "comm~^nginx", "caller~^tcp_", "kind=page", "caller~^$,name=nothing")
	for _, c := range []struct {
		got, want uint32
		what      string
	}{
		{h.CommMask("nginx: worker"), 0b1111, "comm that matches"},
		{h.CommMask("bash"), 0b1110, "comm that does not"},
		{h.CallerMask("tcp_sendmsg", true), 0b0111, "caller that matches"},
		{h.CallerMask("kfree", true), 0b0101, "caller that does not"},
		{h.CallerMask("tcp_sendmsg", false), 0b0101, "caller that cannot be named, even by its address"},
	} {
		if c.got != c.want {
			t.Errorf("%s: mask %04b, want %04b", c.what, c.got, c.want)
		}
	}
}

func TestUnnameableCallersAreNotedOnce(t *testing.T) {
	h := compile(t, "caller~^tcp_")
	h.CallerMask("0xffffffffc0001000", false)
	h.CallerMask("0xffffffffc0001000", false)
	h.CallerMask("0xffffffffc0002000", false)
	notes := h.Notes()
	if len(notes) != 1 || !strings.Contains(notes[0], "keeps them: 2 (0xffffffffc0001000 first)") {
		t.Errorf("notes %q", notes)
	}
	h.CallerMask("0xffffffffc0002000", false)
	if notes := h.Notes(); len(notes) != 0 {
		t.Errorf("noted again: %q", notes)
	}
	for i := range 2 * maxUnnameable {
		h.CallerMask(fmt.Sprint(i), false)
	}
	if len(h.unnameable) > maxUnnameable {
		t.Errorf("remembers %d callers", len(h.unnameable))
	}
	if none := compile(t, "remote"); none.CallerMask("0x1", false) != 1 || none.Notes() != nil {
		t.Error("a caller that no rule asks for is not worth a note")
	}
}

func TestARuleThatKeepsNothingIsNoted(t *testing.T) {
	h := compile(t, "remote,failed", "remote,name=r")
	if notes := h.Notes(); len(notes) != 1 || !strings.Contains(notes[0], `rule "remote,failed" keeps nothing`) {
		t.Errorf("notes %q", notes)
	}
}

func TestCompileRefuses(t *testing.T) {
	var many []Rule
	for i := range MaxRules + 1 {
		many = append(many, mustParse(t, fmt.Sprintf("name=r%d,remote", i)))
	}
	for want, rules := range map[string][]Rule{
		"at most 16":              many,
		`two rules are named "a"`: {mustParse(t, "name=a,remote"), mustParse(t, "name=a,failed")},
		"kind=":                   {{Name: "by hand"}},
		"1 to 60 characters":      {{Kinds: 1}},
		"leave no size":           {{Name: "x", Kinds: 1, AtLeast: 5, Below: 5}},
	} {
		if _, err := Compile(rules); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := Compile(many[:MaxRules]); err != nil {
		t.Error(err)
	}
	if h, err := Compile(nil); err != nil || h.Matches(export.Event{Kind: "page"}, "") != -1 || h.CommMask("x") != 0 {
		t.Error("no rules keep nothing:", err)
	}
}

func TestMatches(t *testing.T) {
	h := compile(t,
		"name=first,kind=kmalloc,size>=4K,size<8K,comm~^db$",
		"name=second,kind=kmalloc,comm~^db$",
		"name=remote,kind=page,remote",
		"name=failed,failed",
		"name=go,kind=growslice,caller~^main\\.",
		"name=flush,kind=flush,size>=64")
	ev := func(kind export.Traced, size int64, change func(*export.Event)) export.Event {
		e := export.Event{Kind: kind, Size: size, Bytes: -1, CPUNode: 0, GivenNode: 0, Owner: export.Owner{Comm: "db"}}
		if change != nil {
			change(&e)
		}
		return e
	}
	other := func(e *export.Event) { e.Comm = "x" }
	for _, c := range []struct {
		ev     export.Event
		caller string
		want   int
	}{
		{ev("kmalloc", 4096, nil), "", 0},
		{ev("kmalloc", 8191, nil), "", 0},
		{ev("kmalloc", 8192, nil), "", 1},
		{ev("kmalloc", -1, nil), "", 1},
		{ev("kmalloc", -1, func(e *export.Event) { e.Bytes = 4096 }), "", 0},
		{ev("kmalloc", 4096, other), "", -1},
		{ev("kmalloc", 4096, func(e *export.Event) { other(e); e.Failed = true }), "", 3},
		{ev("page", 4096, nil), "", -1},
		{ev("page", 4096, func(e *export.Event) { e.GivenNode = 1 }), "", 2},
		{ev("page", 4096, func(e *export.Event) { e.GivenNode = -1 }), "", -1},
		{ev("page", 4096, func(e *export.Event) { e.GivenNode, e.CPUNode = 1, -1 }), "", -1},
		{ev("page", 4096, func(e *export.Event) { e.GivenNode, e.Failed = -1, true }), "", 3},
		{ev("growslice", 64, nil), "main.f", 4},
		{ev("growslice", 64, nil), "runtime.f", -1},
		{ev("growslice", 64, nil), "", -1},
		{ev("flush", -1, func(e *export.Event) { e.Bytes = 64 }), "", 5},
		{ev("task", 64, nil), "main.f", -1},
	} {
		if got := h.Matches(c.ev, c.caller); got != c.want {
			t.Errorf("%+v by %q: rule %d, want %d", c.ev, c.caller, got, c.want)
		}
	}
}

// What the kernel does with slots and masks is what Matches says.
func TestSlotsAndMasksDecideAsMatches(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[rng.IntN(len(of))] }
	for range 300 {
		var texts []string
		for i := range 1 + rng.IntN(MaxRules) {
			var parts []string
			for _, p := range []string{
				pick("", "kind=kmalloc", "kind=page|kmalloc"), pick("", "", "size>=100"), pick("", "", "size<300"),
				pick("", "comm~^a", "comm~b$"), pick("", "caller~^f", "caller~g"), pick("", "", "remote"), pick("", "", "", "failed"),
			} {
				if p != "" {
					parts = append(parts, p)
				}
			}
			texts = append(texts, strings.Join(append(parts, fmt.Sprintf("name=r%d,size>=1", i)), ","))
			if strings.Contains(texts[i], "size>=100") {
				texts[i] = strings.TrimSuffix(texts[i], ",size>=1")
			}
		}
		h := compile(t, texts...)
		for range 200 {
			caller := pick("", "f", "fg", "x")
			ev := export.Event{Kind: order[rng.IntN(KindCount)], Size: 1 + rng.Int64N(400), CPUNode: rng.Int32N(3) - 1, GivenNode: rng.Int32N(3) - 1,
				Failed: rng.IntN(4) == 0, Owner: export.Owner{Comm: pick("a", "ab", "b", "c")}}
			if want, got := h.Matches(ev, caller), kernel(h, ev, caller); got != want {
				t.Fatalf("rules %q, event %+v by %q: the kernel's way says %d, Matches %d", texts, ev, caller, got, want)
			}
		}
	}
}

// kernel decides as the kernel's programs do.
func kernel(h *Head, ev export.Event, caller string) int {
	kind, _ := KindIndex(ev.Kind)
	masks := h.CommMask(ev.Comm) & h.CallerMask(caller, caller != "")
	for i, s := range h.Slots() {
		remote := ev.CPUNode >= 0 && ev.GivenNode >= 0 && ev.CPUNode != ev.GivenNode
		if s.Kinds&(1<<kind) != 0 && masks&(1<<i) != 0 && s.MinSize <= uint64(ev.Size) && uint64(ev.Size) <= s.MaxSize &&
			(s.Flags&NeedRemote == 0 || remote) && (s.Flags&NeedFailed == 0 || ev.Failed) {
			return i
		}
	}
	return -1
}

func BenchmarkMasks(b *testing.B) {
	var texts []string
	for i := range MaxRules {
		texts = append(texts, fmt.Sprintf("name=r%d,comm~^nginx%d,caller~(tcp|udp)_.*%d", i, i, i))
	}
	h := compile(b, texts...)
	b.ReportAllocs()
	for b.Loop() {
		h.CommMask("nginx3: worker")
		h.CallerMask("tcp_sendmsg_locked", true)
	}
}
