package machine

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/cavaliergopher/cpio"
)

func TestInitramfsHoldsTheFilesAndTheirDirectories(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "from")
	if err := os.WriteFile(from, []byte("binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "initramfs")
	err := WriteInitramfs(path, []File{{Path: "/init", From: from}, {Path: "/a/b/c", Content: []byte("text")}})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	content := map[string]string{}
	for r := cpio.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if h.Mode.IsDir() != (len(b) == 0) || h.Mode.Perm() != 0o755 {
			t.Errorf("%s has mode %v", h.Name, h.Mode)
		}
		content[h.Name] = string(b)
	}
	if want := []string{"a", "a/b", "init", "a/b/c"}; !reflect.DeepEqual(names, want) || content["init"] != "binary" || content["a/b/c"] != "text" {
		t.Errorf("%q with %q, want %q", names, content, want)
	}
	if err := WriteInitramfs(path, []File{{Path: "/init", From: filepath.Join(dir, "none")}}); err == nil {
		t.Error("no error for a file that is not there")
	}
}
