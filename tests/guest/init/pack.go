//go:build linux

package main

import (
	"archive/tar"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/tests/guest/handover"
)

// pack writes the tar: the export's root, the program's stdout, the kernel's
// log.
func pack(w io.Writer) error {
	t := tar.NewWriter(w)
	root := os.DirFS(handover.ExportPath)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		return packFile(t, path.Join(handover.PackedExport, name), content)
	})
	if err != nil {
		return err
	}
	stdout, errOut := os.ReadFile(stdoutPath)
	log, errLog := kernelLog()
	if err := errors.Join(errOut, errLog); err != nil {
		return err
	}
	return errors.Join(packFile(t, handover.PackedStdout, stdout), packFile(t, handover.PackedLog, log), t.Close())
}

func packFile(t *tar.Writer, name string, content []byte) error {
	if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := t.Write(content)
	return err
}

// kernelLog is all that the kernel has said, which the console is not.
func kernelLog() ([]byte, error) {
	size, err := unix.Klogctl(unix.SYSLOG_ACTION_SIZE_BUFFER, nil)
	if err != nil {
		return nil, err
	}
	buf := make([]byte, size)
	n, err := unix.Klogctl(unix.SYSLOG_ACTION_READ_ALL, buf)
	if err != nil {
		return nil, err
	}
	return buf[:n], nil
}
