package perfmem_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/formats"
	"github.com/numalens/numalens/pkg/imports/importstest"
	"github.com/numalens/numalens/pkg/imports/perfmem"
)

// No other kind's capture is taken for this format, and none of this kind for
// another.
func TestDetectsItsKindOnly(t *testing.T) {
	importstest.Sample(t, "INDEX.tsv") // skips where there are none
	root := os.Getenv("NUMALENS_SAMPLES")
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Dir(path) == root {
			return err
		}
		head, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		head = head[:min(len(head), 64<<10)]
		mine := strings.HasPrefix(path, filepath.Join(root, "perf_mem")+string(filepath.Separator))
		for _, f := range formats.All() {
			sure := f.Detect(head) >= 50
			if this := f.Name == perfmem.Format().Name; this && sure != mine || !this && sure && mine {
				t.Errorf("%s: %s says %v", path, f.Name, sure)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
