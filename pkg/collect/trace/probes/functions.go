package probes

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// FindFunctions looks the addresses up of kernel functions that the programs
// compare with. The list is some 10 MB of text, and only read when migrations
// are traced.
func (k *Kernel) FindFunctions(proc string) error {
	f, err := os.Open(filepath.Join(proc, "kallsyms"))
	if err != nil {
		return err
	}
	defer f.Close()
	wanted := map[string]*uint64{
		"alloc_migration_target":    &k.TargetOfMigration,
		"alloc_misplaced_dst_page":  &k.TargetOfMisplaced,
		"alloc_misplaced_dst_folio": &k.TargetOfMisplaced,
	}
	hidden := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) < 3 {
			continue
		}
		to := wanted[string(fields[2])]
		if to == nil {
			continue
		}
		if *to, err = strconv.ParseUint(string(fields[0]), 16, 64); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
		hidden = hidden || *to == 0
	}
	if hidden {
		return errors.New("/proc/kallsyms hides addresses (kernel.kptr_restrict), so where pages are moved to is not known")
	}
	return nil
}
