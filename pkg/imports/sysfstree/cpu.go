package sysfstree

import (
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// cpu is what its directory holds.
type cpu struct {
	offline      bool
	core, socket *int
	siblings     []int
	caches       map[string]*numa.Cache // by index
}

func (t *tree) cpuFile(m []string) error {
	id, err := strconv.Atoi(m[2])
	if err != nil || id >= maxCPU {
		return t.wrong("the number of a CPU")
	}
	if t.other("cpu", m[1]) {
		return nil
	}
	c := t.cpus[id]
	if c == nil {
		c = &cpu{caches: map[string]*numa.Cache{}}
		t.cpus[id] = c
	}
	dir, file, _ := strings.Cut(m[3], "/")
	switch dir {
	case "online":
		c.offline = t.text == "0"
	case "topology":
		return t.siblings(c, file)
	case "cache":
		index, name, _ := strings.Cut(file, "/")
		if c.caches[index] == nil {
			c.caches[index] = &numa.Cache{}
		}
		return t.cache(c.caches[index], name)
	}
	return nil
}

// siblings reads a file of topology.
func (t *tree) siblings(c *cpu, file string) (err error) {
	switch file {
	case "physical_package_id", "core_id":
		n, err := strconv.ParseInt(t.text, 10, 32)
		if err != nil {
			return t.wrong("a number")
		}
		x := int(n)
		if file == "core_id" {
			c.core = &x
		} else {
			c.socket = &x
		}
	case "thread_siblings_list":
		c.siblings, err = list(t.text)
	case "thread_siblings":
		if c.siblings == nil {
			c.siblings, err = mask(t.text)
		}
	}
	return t.listed(c.siblings, err)
}

// cache reads a file of a cache's directory. A virtual machine may leave out
// any of them, or fill them with nothing.
func (t *tree) cache(c *numa.Cache, file string) (err error) {
	n, numErr := strconv.Atoi(t.text)
	if numErr != nil || n < 0 {
		n = 0
	}
	switch file {
	case "level":
		c.Level = n
	case "type":
		c.Type = t.text
	case "size":
		if kib, err := strconv.ParseUint(strings.TrimSuffix(t.text, "K"), 10, 40); err == nil {
			c.SizeBytes = int64(kib) << 10
		}
	case "coherency_line_size":
		c.LineBytes = n
	case "ways_of_associativity":
		c.Ways = n
	case "shared_cpu_list":
		c.CPUs, err = list(t.text)
	case "shared_cpu_map":
		if c.CPUs == nil {
			c.CPUs, err = mask(t.text)
		}
	}
	if !strings.HasPrefix(file, "shared_cpu_") {
		return nil
	}
	return t.listed(c.CPUs, err)
}
