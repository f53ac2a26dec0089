package machine

import (
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/cavaliergopher/cpio"
)

// File is one file of the initramfs: a copy of one of the host's, or Content.
type File struct {
	Path    string // in the guest
	From    string
	Content []byte
}

// WriteInitramfs writes an archive of newc form, not compressed: the guest
// would take longer to unpack it than QEMU to hand it over.
func WriteInitramfs(to string, files []File) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	w := cpio.NewWriter(f)
	for _, dir := range directories(files) {
		if err := w.WriteHeader(&cpio.Header{Name: dir, Mode: cpio.TypeDir | 0o755}); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := add(w, file); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return f.Close()
}

// directories are those that the files need, parents first.
func directories(files []File) []string {
	var dirs []string
	for _, f := range files {
		for d := path.Dir(f.Path); d != "/" && d != "."; d = path.Dir(d) {
			dirs = append(dirs, inArchive(d))
		}
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func add(w *cpio.Writer, file File) error {
	h := &cpio.Header{Name: inArchive(file.Path), Mode: cpio.TypeReg | 0o755}
	if file.From == "" {
		h.Size = int64(len(file.Content))
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		_, err := w.Write(file.Content)
		return err
	}
	f, err := os.Open(file.From)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	h.Size = st.Size()
	if err := w.WriteHeader(h); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

func inArchive(p string) string { return strings.TrimPrefix(p, "/") }
