package perfdata

import (
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// caches reads feature CACHE: each cache once, as sysfs describes it.
func (h *host) caches(c *cursor) {
	version, n := c.u32(), c.u32()
	if version != 1 {
		return
	}
	var list []numa.Cache
	line, all := 0, 0
	for range n {
		level, lineBytes, _, ways := c.u32(), c.u32(), c.u32(), c.u32() // the third are sets
		typ, size, shared := c.text(), c.text(), c.text()
		cpus, ok := parseCPUs(shared)
		if all += len(cpus); c.short || all > 16*maxCPU {
			c.short = true
			return
		}
		if !ok {
			cpus = nil
		}
		list = append(list, numa.Cache{Level: int(level), Type: typ, SizeBytes: cacheBytes(size), LineBytes: int(lineBytes), Ways: int(ways), CPUs: cpus})
		line = max(line, int(lineBytes)) // coherence between cores is kept at the widest
	}
	h.topology.Caches, h.topology.CacheLineBytes, h.told = list, line, true
}

// cacheBytes reads sysfs's "32K"; 0 is not told.
func cacheBytes(text string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(text, "K"), 10, 40)
	if err != nil {
		return 0
	}
	return n << 10
}
