package imports

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A directory reads as a tar of the files that are asked for, the same each
// time; links lead nowhere.
func TestDirectoryReadsAsATar(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "node")
	for name, text := range map[string]string{"node0/meminfo": "a", "node1/meminfo": "bb", "node0/other": "c"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("node0", filepath.Join(dir, "node2")); err != nil {
		t.Fatal(err)
	}
	in, err := Directory(dir, func(name string) bool { return strings.HasSuffix(name, "/meminfo") })
	if err != nil {
		t.Fatal(err)
	}
	var before []byte
	for range 2 {
		st, err := in.openStream()
		if err != nil {
			t.Fatal(err)
		}
		all, err := io.ReadAll(st)
		if err != nil || before != nil && !bytes.Equal(before, all) {
			t.Fatal(err, len(all))
		}
		before = all
		st.close()
	}
	var names []string
	for r := tar.NewReader(bytes.NewReader(before)); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		p, _ := io.ReadAll(r)
		names = append(names, h.Name+"="+string(p))
	}
	if got := strings.Join(names, " "); got != "node/node0/meminfo=a node/node1/meminfo=bb" {
		t.Error(got)
	}
	if _, err := Directory(filepath.Join(dir, "node0/meminfo"), nil); err == nil {
		t.Error("a file is taken for a directory")
	}
}
