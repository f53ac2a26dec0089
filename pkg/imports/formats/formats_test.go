package formats

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every real capture is taken by one format at most, and those of BPF tools
// by theirs only.
func TestSamplesAreTakenByOneFormat(t *testing.T) {
	root := os.Getenv("NUMALENS_SAMPLES")
	if root == "" {
		t.Skip("[samples] NUMALENS_SAMPLES does not name the directory of real captures")
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		text = text[:min(len(text), 64<<10)]
		name, _ := filepath.Rel(root, path)
		best, by := 0, []string{}
		for _, f := range All() {
			n := f.Detect(text)
			if n > best {
				best, by = n, nil
			}
			if n == best && n >= 50 {
				by = append(by, f.Name)
			}
		}
		if len(by) > 1 {
			t.Errorf("%s is taken by %v", name, by)
		}
		ours := len(by) == 1 && (by[0] == "bpftrace" || by[0] == "bcc" || by[0] == "event-lines")
		if ours != strings.HasPrefix(filepath.ToSlash(name), "bpf/") {
			t.Errorf("%s is taken by %v", name, by)
		}
		t.Log(name, by, best)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
