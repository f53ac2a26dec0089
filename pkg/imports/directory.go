package imports

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
)

// maxMember is the most that is taken of one file of a directory.
const maxMember = 1 << 20

// Directory is a directory that reads as a tar of those of its files that are
// named by reads, so that a format of archives reads it too. Names in the tar
// begin with the directory's own. Links are not followed.
func Directory(dir string, reads func(name string) bool) (Input, error) {
	whole, err := filepath.Abs(dir)
	if err != nil {
		return Input{}, err
	}
	st, err := os.Stat(whole)
	if err != nil {
		return Input{}, err
	}
	if !st.IsDir() {
		return Input{}, fmt.Errorf("%s is not a directory", dir)
	}
	base := filepath.Base(whole)
	return Input{Name: base, Modified: st.ModTime(), open: func() (io.ReadCloser, error) {
		r, w := io.Pipe()
		go func() { w.CloseWithError(pack(w, whole, base, reads)) }()
		return r, nil
	}}, nil
}

// pack writes the tar, in the order of names. What can't be read is left out,
// as a file of sysfs that only root may read.
func pack(w io.Writer, dir, base string, reads func(string) bool) error {
	t := tar.NewWriter(w)
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		full := path.Join(base, name)
		if err != nil && errors.Is(err, fs.ErrPermission) {
			return fs.SkipDir
		}
		if err != nil || !e.Type().IsRegular() || !reads(full) {
			return err
		}
		f, err := root.Open(name)
		if err != nil {
			return nil
		}
		// sysfs does not tell how long its files are.
		p, err := io.ReadAll(io.LimitReader(f, maxMember))
		f.Close()
		if err != nil {
			return nil
		}
		if err := t.WriteHeader(&tar.Header{Name: full, Mode: 0o444, Size: int64(len(p)), Format: tar.FormatPAX}); err != nil {
			return err
		}
		_, err = t.Write(p)
		return err
	})
	return errors.Join(err, t.Close())
}
