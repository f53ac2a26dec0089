package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// seed is an input that a format reads well.
type seed struct {
	format int
	text   []byte
}

// longestSeed is how much is taken of one.
const longestSeed = 64 << 10

// seedsOf takes the files of every parser's testdata, and the real captures
// where there are.
func seedsOf(all []imports.Format, samples string) ([]seed, error) {
	var seeds []seed
	take := func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.Type().IsRegular() || strings.HasSuffix(path, ".golden") || strings.Contains(path, "/fuzz/") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || len(text) == 0 {
			return err
		}
		best, sure := -1, 0
		for i, f := range all {
			if n := f.Detect(text[:min(len(text), longestSeed)]); n > sure {
				best, sure = i, n
			}
		}
		if best >= 0 {
			seeds = append(seeds, seed{best, text[:min(len(text), longestSeed)]})
		}
		return nil
	}
	dirs, err := filepath.Glob("pkg/imports/*/testdata")
	if err != nil {
		return nil, err
	}
	if samples != "" {
		dirs = append(dirs, samples)
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error { return take(path, entry, err) })
		if err != nil {
			return nil, err
		}
	}
	if len(seeds) == 0 {
		return nil, fmt.Errorf("no input in pkg/imports/*/testdata; run it in the repository")
	}
	return seeds, nil
}
