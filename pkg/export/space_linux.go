package export

import "golang.org/x/sys/unix"

// diskSpace gives what an ordinary user may still write, and the size of the
// file system.
func diskSpace(path string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Bavail) * s.Bsize, int64(s.Blocks) * s.Bsize, nil
}
