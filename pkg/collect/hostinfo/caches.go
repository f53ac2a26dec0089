package hostinfo

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/numa"
)

// caches lists each cache once, though every CPU that shares it has an entry
// of its own, and gives the unit of coherence.
func (t tree) caches(cpus []numa.CPU) (caches []numa.Cache, lineBytes int) {
	seen := map[string]bool{}
	for _, cpu := range cpus {
		for index := 0; ; index++ {
			dir := fmt.Sprintf("devices/system/cpu/cpu%d/cache/index%d/", cpu.ID, index)
			cache, ok := t.cache(dir)
			if !ok {
				break
			}
			key := fmt.Sprint(cache.Level, cache.Type, cache.CPUs)
			if !seen[key] {
				seen[key] = true
				caches = append(caches, cache)
			}
			// Where levels differ, coherence between cores is kept at the
			// widest line.
			lineBytes = max(lineBytes, cache.LineBytes)
		}
	}
	return caches, lineBytes
}

func (t tree) cache(dir string) (numa.Cache, bool) {
	level, err := strconv.Atoi(t.sys(dir + "level"))
	if err != nil {
		return numa.Cache{}, false
	}
	// A virtual machine may leave out any of the rest: it stays 0.
	ways, _ := strconv.Atoi(t.sys(dir + "ways_of_associativity"))
	line, _ := strconv.Atoi(t.sys(dir + "coherency_line_size"))
	return numa.Cache{
		Level:     level,
		Type:      t.sys(dir + "type"),
		SizeBytes: parseSize(t.sys(dir + "size")),
		LineBytes: max(line, 0),
		Ways:      max(ways, 0),
		CPUs:      t.sharedCPUs(dir+"shared_cpu_list", dir+"shared_cpu_map"),
	}, true
}

// parseSize reads "32768K"; 0 is unknown.
func parseSize(s string) int64 {
	kib, err := strconv.ParseInt(strings.TrimSuffix(s, "K"), 10, 44)
	if err != nil || kib < 0 {
		return 0
	}
	return kib << 10
}
