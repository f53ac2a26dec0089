package exporttest

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const committed = "../../../testdata"

// read gives the files of a fixture directory by name.
func read(t *testing.T, root, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path)
		files[rel] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestFixturesAreCurrent(t *testing.T) {
	dir := t.TempDir()
	if err := Fixtures(dir); err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, d := range []string{"exports/fournode", "exports/live", "exports/tables", "exports/traced", "malformed"} {
		want, got := read(t, dir, d), read(t, committed, d)
		for name := range want {
			if got[name] != want[name] {
				t.Errorf("%s is not what exporttest makes: go generate ./pkg/export/exporttest", name)
			}
			total += len(want[name])
		}
		for _, name := range slices.Sorted(maps.Keys(got)) {
			if _, ok := want[name]; !ok {
				t.Errorf("%s is not made by exporttest any more", name)
			}
		}
	}
	if total > 3e6 {
		t.Errorf("the fixtures take %d bytes, more than 3 MB", total)
	}
}
