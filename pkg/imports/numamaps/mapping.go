package numamaps

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports"
)

const maxNode = 1 << 10 // MAX_NUMNODES

// mapping is one, as its line tells.
type mapping struct {
	line, end int
	cut       bool
	address   string
	policy    string
	name      string // of the file, or heap, stack
	huge      bool
	pageBytes int64
	nodes     []count // by node
	counts    []count // the others: anon, dirty …
}

type count struct {
	key  string
	node int
	n    int64
}

// isKeyword tells the words that follow a policy (fs/proc/task_mmu.c).
func isKeyword(word string) bool {
	key, _, valued := strings.Cut(word, "=")
	switch key {
	case "heap", "stack", "huge":
		return !valued
	case "(deleted)":
		return true
	case "file", "anon", "dirty", "mapped", "mapmax", "swapcache", "active", "writeback", "kernelpagesize_kB":
		return valued
	}
	_, node := nodeOf(key)
	return valued && node
}

func allKeywords(words []string) bool {
	for _, w := range words {
		if !isKeyword(w) {
			return false
		}
	}
	return true
}

func nodeOf(key string) (int, bool) {
	digits, ok := strings.CutPrefix(key, "N")
	n, err := strconv.ParseUint(digits, 10, 31)
	return int(n), ok && err == nil && n < maxNode
}

// take reads words of a mapping.
func (o *mapping) take(m *reader, words []string) error {
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		switch {
		case !isKeyword(w):
			if m.lines.Cut() {
				o.cut, o.pageBytes = true, 0
				return nil
			}
			return m.lines.Wrong("the words of numa_maps, as anon=5 N0=5 kernelpagesize_kB=4, behind a mapping's policy")
		case key == "file":
			o.name = unescape(value)
			continue
		case w == "heap", w == "stack":
			o.name = w
			continue
		case w == "huge":
			o.huge = true
			continue
		case w == "(deleted)":
			o.name += " (deleted)"
			continue
		}
		n, err := strconv.ParseUint(value, 10, 43)
		if err != nil {
			return m.lines.Wrong("a count behind " + key + "=")
		}
		if err := o.count(m, key, int64(n)); err != nil {
			return err
		}
	}
	return nil
}

func (o *mapping) count(m *reader, key string, n int64) error {
	if key == "kernelpagesize_kB" {
		bad := n < 4 || n&(n-1) != 0 || n > 1<<30
		if m.lines.Cut() && (bad || o.huge && n <= 64) {
			return nil // 2 of 2048: the mapping stays without
		}
		if bad {
			return m.lines.Wrong("a size of pages, a power of two")
		}
		o.pageBytes = n << 10
		return nil
	}
	for _, c := range append(o.nodes[:len(o.nodes):len(o.nodes)], o.counts...) {
		if c.key == key {
			return m.lines.Wrong("each count once")
		}
	}
	if node, is := nodeOf(key); is {
		o.nodes = append(o.nodes, count{key, node, n})
	} else {
		o.counts = append(o.counts, count{key, -1, n})
	}
	return nil
}

// unescape undoes the kernel's escapes of blanks, \040, and of backslashes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (o *mapping) get(key string) (int64, bool) {
	for _, c := range o.counts {
		if c.key == key {
			return c.n, true
		}
	}
	return 0, false
}

func (o *mapping) pages() (n int64) {
	for _, c := range o.nodes {
		n += c.n
	}
	return n
}

// check holds the pages by node against what else the line tells of them all:
// mapped, where it is printed, and else anon or dirty.
func (o *mapping) check(s imports.Sink) {
	anon, hasAnon := o.get("anon")
	dirty, hasDirty := o.get("dirty")
	mapped, hasMapped := o.get("mapped")
	n := o.pages()
	switch {
	case hasMapped && n != mapped:
		s.Warn(o.line, fmt.Sprintf("the nodes have %d pages of the mapping, and %d are mapped", n, mapped))
	case !hasMapped && (hasAnon || hasDirty) && (!hasAnon || n != anon) && (!hasDirty || n != dirty):
		s.Warn(o.line, fmt.Sprintf("the nodes have %d pages of the mapping, and %d are anonymous, %d dirty", n, anon, dirty))
	}
}

// tell gives the figures, and adds to the placement.
func (o *mapping) tell(m *reader) {
	for _, c := range append(o.nodes[:len(o.nodes):len(o.nodes)], o.counts...) {
		f := imports.NewFigure(o.line)
		m.around.Set(&f)
		f.Scope, f.Instance, f.Kind, f.Unit = imports.ScopeProcess, m.pid, imports.KindLevel, "1"
		f.Name, f.Value = c.key, float64(c.n)
		f.Labels = map[string]string{"address": o.address, "policy": o.policy, "mapping": o.name}
		if o.name == "" {
			f.Labels["mapping"] = "anonymous"
		}
		if c.node >= 0 {
			f.Labels["node"] = strconv.Itoa(c.node)
		}
		if o.pageBytes > 0 {
			f.Labels["page_bytes"] = strconv.FormatInt(o.pageBytes, 10)
		}
		m.sink.Figure(f)
	}
	if o.pageBytes > 0 && !m.lost {
		m.tally.add(o)
	}
}

// kind is what a mapping is for.
func (o *mapping) kind() export.PlacementKind {
	switch {
	case o.name == "heap":
		return export.PlacedHeap
	case o.name == "stack":
		return export.PlacedStack
	case o.name == "", strings.HasPrefix(o.name, "/anon_hugepage"):
		return export.PlacedAnonymous
	}
	for _, memory := range []string{"/memfd:", "/dev/shm/", "/SYSV", "/dev/zero", "/dev/hugepages"} {
		if strings.HasPrefix(o.name, memory) {
			return export.PlacedShared
		}
	}
	return export.PlacedFile
}
