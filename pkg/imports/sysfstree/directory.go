package sysfstree

import (
	"fmt"
	"path/filepath"

	"github.com/numalens/numalens/pkg/imports"
)

// places are where a tree has its nodes, as seen from the directory that is
// named: that of the nodes itself, sysfs, or a host's root.
var places = []string{".", "node", "system/node", "devices/system/node", "sys/devices/system/node", "*/sys/devices/system/node"}

// In tells whether a directory holds a tree of nodes.
func In(dir string) bool {
	for _, place := range places {
		for _, file := range []string{"cpulist", "cpumap", "distance", "meminfo", "numastat"} {
			if found, err := filepath.Glob(filepath.Join(dir, place, "node[0-9]*", file)); err == nil && len(found) > 0 {
				return true
			}
		}
	}
	return false
}

// Input is a directory that holds a tree.
func Input(dir string) (imports.Input, error) {
	if !In(dir) {
		return imports.Input{}, fmt.Errorf("%s is a directory without a tree of nodes, as /sys/devices/system/node: name its files one by one", dir)
	}
	return imports.Directory(dir, Reads)
}
