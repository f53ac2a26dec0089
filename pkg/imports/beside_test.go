package imports

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWhatIsInUseIsNotSweptAndWhatWasLeftIs(t *testing.T) {
	root := t.TempDir()
	used, err := newBeside(root)
	if err != nil {
		t.Fatal(err)
	}
	left, err := newBeside(root)
	if err != nil {
		t.Fatal(err)
	}
	left.lock.Close() // as when its process dies
	if err := os.WriteFile(filepath.Join(left.dir, "run.json"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	empty, other := filepath.Join(root, besidePrefix+"1"), filepath.Join(root, besidePrefix+"2")
	target := filepath.Join(t.TempDir(), "target")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, other); err != nil {
		t.Fatal(err)
	}
	if hold(left.lock, false) == nil {
		t.Fatal("a closed file was locked")
	}
	sweep(root)
	for path, want := range map[string]bool{used.dir: true, left.dir: false, empty: false, other: true, target: true} {
		if _, err := os.Lstat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := used.remove(); err != nil {
		t.Error(err)
	}
}
