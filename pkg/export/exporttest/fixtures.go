package exporttest

import (
	"os"
	"path/filepath"
	"time"
)

// Fixtures writes the committed exports below dir, in place of what is
// there: exports/fournode (sealed), exports/live (with tails), exports/tables
// (a row or two of every table), exports/traced (allocations and their stacks),
// and malformed/.
func Fixtures(dir string) error {
	var roots []string
	for _, made := range []string{"exports/fournode", "exports/live", "exports/tables", "exports/traced", "malformed"} {
		if err := os.RemoveAll(filepath.Join(dir, made)); err != nil {
			return err
		}
	}
	at := func(name string) string {
		root := filepath.Join(dir, "exports", name)
		roots = append(roots, root)
		return root
	}
	if err := FourNode(Options{Root: at("fournode"), Rotate: 15 * time.Second}); err != nil {
		return err
	}
	if err := FourNode(Options{Root: at("live"), Duration: 3 * time.Second, Live: true}); err != nil {
		return err
	}
	if err := Tables(Options{Root: at("tables")}); err != nil {
		return err
	}
	if err := Traced(Options{Root: at("traced")}); err != nil {
		return err
	}
	for _, root := range roots {
		if err := unlock(root); err != nil {
			return err
		}
	}
	return malformed(filepath.Join(dir, "malformed"))
}

// unlock removes the writers' locks, which are no part of an export.
func unlock(root string) error {
	locks, err := filepath.Glob(filepath.Join(root, "*/*/.lock"))
	for _, lock := range append(locks, filepath.Join(root, ".lock")) {
		if err == nil {
			err = os.Remove(lock)
		}
	}
	return err
}
