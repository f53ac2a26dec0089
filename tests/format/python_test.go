package format_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// python gives an interpreter that has the packages of requirements.txt: in
// a virtual environment that is made once and kept in the user's cache.
func python(t *testing.T) string {
	t.Helper()
	path, err := environment()
	if err != nil {
		t.Skipf("[python] DuckDB and Polars: %v", err)
	}
	return path
}

var environment = sync.OnceValues(func() (string, error) {
	want, err := os.ReadFile("requirements.txt")
	if err != nil {
		return "", err
	}
	system, err := exec.LookPath("python3")
	if err != nil {
		return "", fmt.Errorf("python3 is missing; install it with its venv module")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	dir := filepath.Join(cache, "numalens", fmt.Sprintf("python-%x", sha256.Sum256(want))[:24])
	path := filepath.Join(dir, "bin", "python3")
	if runtime.GOOS == "windows" {
		path = filepath.Join(dir, "Scripts", "python.exe")
	}
	const check = "import duckdb, polars, pyarrow"
	if exec.Command(path, "-c", check).Run() == nil {
		return path, nil
	}
	if out, err := exec.Command(system, "-m", "venv", "--clear", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot make a virtual environment (%v): %.300s", err, out)
	}
	if out, err := exec.Command(path, "-m", "pip", "-q", "--disable-pip-version-check", "install", "-r", "requirements.txt").CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot install requirements.txt (%v): %.300s", err, out)
	}
	return path, exec.Command(path, "-c", check).Run()
})
