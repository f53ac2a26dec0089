package lint

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
)

// TestNoDamagedFileEndsIt replaces each kind of file of a host by things that
// no kernel writes: the host is described and looked over all the same, or
// refused with an error that names a file.
func TestNoDamagedFileEndsIt(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(hostsDir, "untuned-2s2n"))); err != nil {
		t.Skipf("[symlinks] this file system cannot hold the tree: %v", err)
	}
	roots := collect.Roots{Sys: filepath.Join(dir, "sys"), Proc: filepath.Join(dir, "proc")}
	digits := regexp.MustCompile(`[0-9]+`)
	seen := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		kind := digits.ReplaceAllString(path, "N")
		if err != nil || !d.Type().IsRegular() || seen[kind] {
			return err
		}
		seen[kind] = true
		was, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, damage := range []string{
			"", "\x00\x00\x00", "-1", "-9223372036854775808", "18446744073709551615", "99999999999999999999999", "0-", "0-65535", "65535,0-65535", "a b c", "[", "] [", ":", "=", "CPU0",
			"10 10 10 10 10 10 10", strings.Repeat("9", 5000), strings.Repeat("10 ", 5000), strings.Repeat("ffffffff,", 300) + "ffffffff", "(((", "Node 0 MemTotal: -5 kB", "0::", "1:cpu:..",
		} {
			if err := os.WriteFile(path, []byte(damage), 0o644); err != nil {
				return err
			}
			info, err := hostinfo.Read(roots)
			if err != nil {
				if !strings.Contains(err.Error(), dir) {
					t.Errorf("%s is %.20q: %v names no file", path, damage, err)
				}
				continue
			}
			if i, err := hostinfo.ReadInterrupts(roots); err == nil {
				info.AsFound.Interrupts = i.Since(nil, roots)
			}
			for _, f := range Check(Of(info, true)) {
				if f.Found == "" || len(f.Found) > 20000 {
					t.Errorf("%s is %.20q: rule %s found %d bytes", path, damage, f.Rule, len(f.Found))
				}
			}
		}
		return os.WriteFile(path, was, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(seen) < 30 {
		t.Errorf("%d kinds of files, want more", len(seen))
	}
}
