package imports

import (
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestAnyPlace: a plain file can be read at any place, a packed one can't.
func TestAnyPlace(t *testing.T) {
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "plain"), filepath.Join(dir, "packed")
	if err := os.WriteFile(plain, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(packed)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte("0123456789")); err != nil || z.Close() != nil || f.Close() != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{plain: true, packed: false} {
		in, err := File(path)
		if err != nil {
			t.Fatal(err)
		}
		st, err := in.openStream()
		if err != nil {
			t.Fatal(err)
		}
		defer st.close()
		ctx, cancel := context.WithCancel(context.Background())
		r := st.reader(ctx)
		at, is := r.(anyPlace)
		if is != want {
			t.Fatalf("%s: at any place is %v", path, is)
		}
		if whole, err := io.ReadAll(r); string(whole) != "0123456789" || err != nil {
			t.Errorf("%s: %q, %v", path, whole, err)
		}
		if !is {
			cancel()
			continue
		}
		b := make([]byte, 3)
		if _, err := at.ReadAt(b, 4); err != nil || string(b) != "456" || at.Size() != 10 {
			t.Errorf("%q, %v, size %d", b, err, at.Size())
		}
		cancel()
		if _, err := at.ReadAt(b, 4); err == nil {
			t.Error("it reads on after it was cancelled")
		}
	}
}
