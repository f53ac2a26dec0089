package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// kindOfCache is the directory's name in a place that others use too.
const kindOfCache = "numalens"

// unused is how long the imports of a directory that nobody looks at are
// kept.
const unused = 30 * 24 * time.Hour

// cacheDir makes the place where imports of a directory are kept. Programs do
// not share one: each has its own idea of how files are read.
func cacheDir(cache, dir, program string) (string, error) {
	base, err := cacheBase(cache)
	if err != nil {
		return "", err
	}
	prune(base)
	own := filepath.Join(base, digest(dir, program)[:24])
	if err := os.MkdirAll(own, 0o700); err != nil {
		return "", err
	}
	now := time.Now()
	_ = os.Chtimes(own, now, now) // says when it was last used; if it cannot, it is pruned early
	return own, nil
}

// cacheBase is where caches of all directories lie.
func cacheBase(cache string) (string, error) {
	if cache != "" {
		base := filepath.Join(cache, "imports")
		return base, os.MkdirAll(base, 0o700)
	}
	var errs []error
	if user, err := os.UserCacheDir(); err != nil {
		errs = append(errs, err)
	} else {
		base := filepath.Join(user, kindOfCache, "imports")
		err := os.MkdirAll(base, 0o700)
		if err == nil {
			return base, nil
		}
		errs = append(errs, err)
	}
	// A service's user often has no home.
	base := filepath.Join(os.TempDir(), fmt.Sprintf("%s-%d", kindOfCache, os.Getuid()))
	if err := os.MkdirAll(base, 0o700); err != nil {
		return "", errors.Join(append(errs, err)...)
	}
	if err := mine(base); err != nil {
		return "", errors.Join(append(errs, err)...)
	}
	base = filepath.Join(base, "imports")
	return base, os.MkdirAll(base, 0o700)
}

// prune takes away what nobody has looked at for long.
func prune(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, e := range entries {
		if st, err := e.Info(); err == nil && e.IsDir() && time.Since(st.ModTime()) > unused {
			os.RemoveAll(filepath.Join(base, e.Name()))
		}
	}
}

// program tells one build of this program from another.
func program(version string) (name, build string) {
	exe, err := os.Executable()
	if err != nil {
		return "", version
	}
	st, err := os.Stat(exe)
	if err != nil {
		return exe, version
	}
	return exe, fmt.Sprintf("%s %d %d", version, st.Size(), st.ModTime().UnixNano())
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d %s\n", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil))
}
