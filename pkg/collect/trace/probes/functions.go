package probes

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// addresses looks symbols of the kernel itself up in its list, which is some
// 10 MB of text; 0 is one that it hides.
func addresses(kallsyms string, names ...string) (map[string]uint64, error) {
	f, err := os.Open(kallsyms)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found := map[string]uint64{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) != 3 { // a fourth is its module
			continue
		}
		i := slices.IndexFunc(names, func(name string) bool { return string(fields[2]) == name })
		if i < 0 {
			continue
		}
		if found[names[i]], err = strconv.ParseUint(string(fields[0]), 16, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", kallsyms, err)
		}
	}
	return found, nil
}

// FindFunctions looks the addresses up of kernel functions that the programs
// compare with.
func (k *Kernel) FindFunctions(proc string) error {
	wanted := map[string]*uint64{
		"alloc_migration_target":    &k.TargetOfMigration,
		"alloc_misplaced_dst_page":  &k.TargetOfMisplaced,
		"alloc_misplaced_dst_folio": &k.TargetOfMisplaced,
	}
	found, err := addresses(filepath.Join(proc, "kallsyms"), "alloc_migration_target", "alloc_misplaced_dst_page", "alloc_misplaced_dst_folio")
	if err != nil {
		return err
	}
	hidden := false
	for name, at := range found {
		*wanted[name] = at
		hidden = hidden || at == 0
	}
	if hidden {
		return errors.New("/proc/kallsyms hides addresses (kernel.kptr_restrict), so where pages are moved to is not known")
	}
	return nil
}
