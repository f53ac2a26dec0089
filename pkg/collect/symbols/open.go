package symbols

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// mostVDSO bounds what is read of a process's memory: the kernel's page or
// two of code in it.
const mostVDSO = 64 << 10

var errOther = errors.New("another file is at that path now")

// openMapped opens the file of an area: by its path as the process sees it, by
// the link to the process's program, or by the kernel's link to what is mapped,
// which needs privileges. The links lead to deleted files, too.
func (n *Namer) openMapped(pid int32, a *area) (*os.File, error) {
	if !a.deleted {
		if f, err := n.openWithin(pid, a); err == nil {
			return f, nil
		}
	}
	if f, err := openLink(n.proc(pid, "exe"), a.inode); err == nil {
		return f, nil
	}
	// What this leads to is what is mapped, whatever number a layered file
	// system gives it.
	return openLink(n.proc(pid, filepath.Join("map_files", strconv.FormatUint(a.start, 16)+"-"+strconv.FormatUint(a.end, 16))), 0)
}

// openLink opens what a link of the kernel's leads to. That was mapped to be
// executed: it is no device that acts when it is opened.
func openLink(name string, inode uint64) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	if err := regular(f, inode); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// openWithin opens a path below a process's root. A container's owner may put
// anything there: links are not followed, and nothing but a regular file that
// has the mapped one's inode number is opened for reading; opening a device
// could have it act.
func (n *Namer) openWithin(pid int32, a *area) (*os.File, error) {
	root, err := os.OpenFile(n.proc(pid, "root"), unix.O_PATH|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	fd, err := unix.Openat2(int(root.Fd()), a.path, &unix.OpenHow{
		Flags:   unix.O_PATH | unix.O_CLOEXEC | unix.O_NOFOLLOW,
		Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_SYMLINKS,
	})
	if err != nil {
		return nil, err
	}
	found := os.NewFile(uintptr(fd), a.path)
	defer found.Close()
	if err := regular(found, a.inode); err != nil {
		return nil, err
	}
	return os.OpenFile("/proc/self/fd/"+strconv.Itoa(fd), os.O_RDONLY, 0)
}

// regular wants a regular file, of an inode number unless that is 0. The
// device is not compared: a layered file system has its own in maps.
func regular(f *os.File, inode uint64) error {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return fmt.Errorf("%s: %w", f.Name(), err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return fmt.Errorf("%s is no regular file", f.Name())
	}
	if inode != 0 && st.Ino != inode {
		return fmt.Errorf("%s: %w", f.Name(), errOther)
	}
	return nil
}

// readVDSO copies the code that the kernel maps into a process.
func (n *Namer) readVDSO(pid int32, a *area) ([]byte, error) {
	size := a.end - a.start
	if size > mostVDSO {
		return nil, fmt.Errorf("%d bytes are too many", size)
	}
	f, err := os.Open(n.proc(pid, "mem"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, size)
	if _, err := f.ReadAt(b, int64(a.start)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return b, nil
}
