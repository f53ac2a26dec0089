//go:build unix

package folder

import (
	"fmt"
	"os"
	"syscall"
)

// mine refuses a directory that another user may have put there.
func mine(dir string) error {
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if !ok || !st.IsDir() || int(sys.Uid) != os.Getuid() || st.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s is there and is not this user's alone", dir)
	}
	return nil
}
