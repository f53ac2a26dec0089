//go:build linux

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

// asCommand makes the test's binary the command itself.
const asCommand = "NUMALENS_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
	}
	os.Exit(m.Run())
}

// wide has a column for each of 200 events, of which each row has one: it is
// not yet as small as the others.
const wide = "perf stat of 300 events"

// A file of 1 GB is to be imported in less than 100 MB. Here it is one of
// 24 MB: NUMALENS_LARGE gives another number of MB.
func TestImportStaysSmall(t *testing.T) {
	size := int64(24)
	if mb, err := strconv.ParseInt(os.Getenv("NUMALENS_LARGE"), 10, 64); err == nil {
		size = mb
	}
	for name, write := range importstest.Large {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "large")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := write(f, size<<20); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "import", "--out", filepath.Join(dir, "exports"), path)
			cmd.Env = append(os.Environ(), asCommand+"=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			peak := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
			t.Logf("%d MB: %d MB at most, %v\n%s", size, peak>>20, cmd.ProcessState.UserTime(), strings.TrimSpace(string(out)))
			most := int64(100e6)
			if name == wide {
				most = 150e6
			}
			if peak > most {
				t.Errorf("it took %d MB", peak/1e6)
			}
		})
	}
}
