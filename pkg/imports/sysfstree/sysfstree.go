// Package sysfstree reads a copy of /sys/devices/system/node, and of what
// lies beside it of CPUs and caches and in /proc: a tar as people make one for
// a bug report, or a directory that streams itself as one.
//
// It becomes the run's topology, and each number by node a figure. What the
// copy lacks is left out; what cannot be, as distances that are all the same,
// is warned of. A live tree the agent reads better (pkg/collect/hostinfo).
package sysfstree

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
	"github.com/numalens/numalens/pkg/imports/nodefiles"
)

// Format is a sysfs tree.
func Format() imports.Format {
	return imports.Format{Name: "sysfs-tree", Doc: "a copy of /sys/devices/system/node: a tar, or a directory", Detect: detect, Read: read}
}

const (
	maxFile = 64 << 10 // a file of sysfs has a page, 64 KiB on some machines
	maxNode = 1 << 10  // MAX_NUMNODES
	maxCPU  = 1 << 16  // more than any kernel can have (NR_CPUS ends at 8192)

	// maxListed bounds all lists of CPUs together.
	maxListed = 1 << 22
)

var (
	nodeFile = regexp.MustCompile(`^((?:.*/)?(?:node/)?)node(\d{1,4})/(cpulist|cpumap|distance|meminfo|numastat|vmstat)$`)
	nodeList = regexp.MustCompile(`^((?:.*/)?node/)(online|possible)$`)
	cpuFile  = regexp.MustCompile(`^((?:.*/)?(?:cpu/)?)cpu(\d{1,5})/(online|topology/(?:physical_package_id|core_id|thread_siblings_list|thread_siblings)|cache/index\d/(?:level|type|size|coherency_line_size|ways_of_associativity|shared_cpu_list|shared_cpu_map))$`)
	procFile = regexp.MustCompile(`^((?:.*/)?)proc/(meminfo|vmstat|cpuinfo|version|sys/kernel/osrelease|sys/kernel/hostname|hwloc-nofile-info)$`)
	inLinks  = regexp.MustCompile(`(^|/)(cpu|node|memory)\d+/$`)
)

// Reads tells whether a file of a tree, by its path in it, is one that is
// read: a directory need not stream the others, of which some block or have
// effects.
func Reads(name string) bool {
	return nodeFile.MatchString(name) || nodeList.MatchString(name) || cpuFile.MatchString(name) || procFile.MatchString(name)
}

func detect(head []byte) int {
	if len(head) < 512 || head[0] == 0 {
		return 0
	}
	h, err := tar.NewReader(bytes.NewReader(head)).Next()
	if err != nil {
		return 0
	}
	if strings.Contains(h.Name, "sys") || bytes.Contains(head, []byte("/devices/system/")) || bytes.Contains(head, []byte("node0/")) {
		return 90
	}
	return 60 // what else is in the archive Read tells
}

// tree goes through the members of an archive.
type tree struct {
	sink   imports.Sink
	member int
	name   string // of the member
	text   string

	roots  map[string]string // of each part, the directory that it was first seen in
	others bool              // a warning was given

	room int // for how many more members of lists

	nodes map[int]*node
	lists map[string][]int // online, possible
	cpus  map[int]*cpu
}

func read(r io.Reader, s imports.Sink) error {
	t := &tree{sink: s, room: maxListed, roots: map[string]string{}, nodes: map[int]*node{}, lists: map[string][]int{}, cpus: map[int]*cpu{}}
	marked := &endMark{r: r}
	for archive := tar.NewReader(marked); ; {
		h, err := archive.Next()
		if err == nil {
			err = t.take(h, archive)
		}
		var wrong *imports.SyntaxError
		if errors.As(err, &wrong) {
			return err
		}
		if errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			if !marked.there() {
				s.Warn(max(t.member, 1), "the archive has no end mark: members may be missing")
			}
			break
		}
		if err != nil {
			if t.member == 0 {
				return &imports.SyntaxError{Line: 1, Expected: "a tar", Found: err.Error()}
			}
			s.Warn(t.member, fmt.Sprintf("the archive ends here before its end: %v", err))
			break
		}
	}
	return t.end()
}

// take reads a member that matters.
func (t *tree) take(h *tar.Header, r io.Reader) error {
	t.member++
	t.name = strings.TrimPrefix(path.Clean(h.Name), "/")
	if h.Typeflag != tar.TypeReg || !Reads(t.name) || t.linked() {
		return nil
	}
	p, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return err
	}
	// Some tools that copy /sys fill files up with NUL.
	t.text = strings.TrimSpace(strings.TrimRight(string(p), "\x00"))
	if m := nodeFile.FindStringSubmatch(t.name); m != nil {
		return t.nodeFile(m)
	}
	if m := nodeList.FindStringSubmatch(t.name); m != nil {
		return t.nodeList(m)
	}
	if m := cpuFile.FindStringSubmatch(t.name); m != nil {
		return t.cpuFile(m)
	}
	return t.proc(procFile.FindStringSubmatch(t.name))
}

// linked tells of a file that lies where sysfs has a link: a copy that
// followed links has the same file several times.
func (t *tree) linked() bool {
	for _, form := range []*regexp.Regexp{nodeFile, cpuFile} {
		if m := form.FindStringSubmatch(t.name); m != nil && inLinks.MatchString(m[1]) {
			return true
		}
	}
	return false
}

// other tells whether a file is of another tree than the first one.
func (t *tree) other(part, root string) bool {
	first, seen := t.roots[part]
	if !seen {
		t.roots[part] = root
		return false
	}
	if first == root {
		return false
	}
	if !t.others {
		t.others = true
		t.sink.Warn(t.member, fmt.Sprintf("%s: the archive has several trees; only %s is read", t.name, first))
	}
	return true
}

func (t *tree) wrong(expected string) error {
	found, _, _ := strings.Cut(t.text, "\n")
	return &imports.SyntaxError{Line: t.member, Expected: expected + " in " + t.name, Found: found}
}

func (t *tree) nodeFile(m []string) error {
	id, err := strconv.Atoi(m[2])
	if err != nil || id >= maxNode {
		return t.wrong("the number of a node")
	}
	if t.other("node", m[1]) {
		return nil
	}
	n := t.nodes[id]
	if n == nil {
		n = &node{}
		t.nodes[id] = n
	}
	switch file := nodefiles.File(m[3]); m[3] {
	case "cpulist", "cpumap":
		return t.cpusOf(n, m[3])
	case "distance":
		n.member = t.member
		n.distances, err = distances(t.text)
		if err != nil {
			return t.wrong("distances between nodes")
		}
	default:
		return t.rows(n, id, file)
	}
	return nil
}

// cpusOf reads a node's CPUs; a list is taken before a map.
func (t *tree) cpusOf(n *node, file string) (err error) {
	if file == "cpulist" {
		n.cpus, err = list(t.text)
		n.listed = true
	} else if !n.listed {
		n.cpus, err = mask(t.text)
	}
	return t.listed(n.cpus, err)
}

// listed tells whether a list was one, and room for it.
func (t *tree) listed(cpus []int, err error) error {
	if err != nil {
		return t.wrong("CPUs")
	}
	if t.room -= len(cpus); t.room < 0 {
		return t.wrong("fewer CPUs: no host has so many")
	}
	return nil
}

// rows are the counts of a node, or of the host.
func (t *tree) rows(n *node, id int, file nodefiles.File) error {
	lines := strings.Split(t.text, "\n")
	for _, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		r, ok := nodefiles.Parse(line)
		if !ok || r.Meminfo != (file == nodefiles.Meminfo) || id != nodefiles.Host && r.Meminfo && r.Node != id {
			if id == nodefiles.Host {
				continue // old kernels have tables there
			}
			t.text = line
			return t.wrong(fmt.Sprintf("a name and a number of node %d", id))
		}
		if n != nil && r.Name == "MemTotal" {
			n.bytes = int64(r.Value)
		}
		t.sink.Figure(r.Figure(t.member, file, id))
	}
	return nil
}

func (t *tree) nodeList(m []string) error {
	if t.other("node", m[1]) {
		return nil
	}
	ids, err := list(t.text)
	if err != nil {
		return t.wrong("a list of nodes")
	}
	t.lists[m[2]] = ids
	return nil
}

// proc reads what says of which host it is.
func (t *tree) proc(m []string) error {
	if t.other("proc", m[1]) {
		return nil
	}
	switch m[2] {
	case "meminfo", "vmstat":
		return t.rows(nil, nodefiles.Host, nodefiles.File(m[2]))
	case "version":
		if words := strings.Fields(t.text); len(words) > 2 && words[0] == "Linux" {
			t.sink.Fact(imports.FactKernel, words[2])
		}
	case "sys/kernel/osrelease":
		t.sink.Fact(imports.FactKernel, t.text)
	case "sys/kernel/hostname":
		t.sink.Fact(imports.FactHost, t.text)
	default:
		t.pairs()
	}
	return nil
}

// pairs reads lines as "model name : Intel(R) …".
func (t *tree) pairs() {
	facts := map[string]string{"model name": imports.FactCPU, "OSRelease": imports.FactKernel, "HostName": imports.FactHost, "Architecture": imports.FactArch}
	for line := range strings.Lines(t.text) {
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		if fact := facts[strings.TrimSpace(key)]; ok && fact != "" && value != "" {
			t.sink.Fact(fact, value)
			delete(facts, strings.TrimSpace(key))
		}
	}
}
