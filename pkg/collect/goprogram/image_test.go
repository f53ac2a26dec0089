package goprogram

import (
	"debug/elf"
	"os"
	"testing"
)

func openImage(t *testing.T, path string) (*image, int) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	file, err := elf.NewFile(f)
	if err != nil {
		t.Fatal(err)
	}
	m := &image{file: f, elf: file}
	machine, err := m.machine()
	if err != nil {
		t.Fatal(err)
	}
	version, err := m.goVersion()
	if err != nil {
		t.Fatal(err)
	}
	minor, err := version.supported(machine)
	if err != nil {
		t.Fatal(err)
	}
	return m, minor
}
