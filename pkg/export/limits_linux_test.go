package export

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullTmpfs fills a real file system of 2 MB.
func TestFullTmpfs(t *testing.T) {
	root := t.TempDir()
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, "size=2m"); err != nil {
		t.Skipf("[root] mounting a tmpfs: %v", err)
	}
	defer syscall.Unmount(root, 2) // MNT_DETACH: the tests' Dir still holds it
	for name, o := range map[string]WriterOptions{"to the floor": {Root: root}, "to the last byte": {Root: root, KeepFreeBytes: -1}} {
		t.Run(name, func(t *testing.T) {
			os.RemoveAll(filepath.Join(root, "h"))
			s := newSynth(16, 2, 4)
			w := create(t, o, s.manifest("h", "r"))
			var err error
			for err == nil && s.ticks < 100000 {
				for range 10 {
					s.tick(w)
				}
				err = w.Flush()
			}
			var full *FullError
			if !errors.As(err, &full) {
				t.Fatalf("after %d readings: %v", s.ticks, err)
			}
			t.Logf("%d readings, then: %v", s.ticks, err)
			if sealErr := w.Seal(nil); sealErr == nil {
				t.Error("Seal does not say why")
			}
			for _, p := range inspectProblems(t, root) {
				if !strings.Contains(p.Text, "no process records it") {
					t.Error(p)
				}
			}
			if free, total, err := diskSpace(root); o.KeepFreeBytes == 0 && (err != nil || free < total/4-100e3) {
				t.Errorf("%d of %d bytes are free, %v", free, total, err)
			}
		})
	}
}
