// Package plugin builds QEMU's TCG plugin that is the guest's PMU, writes its
// arguments, and reads the truth that it leaves behind. The plugin itself is C
// under src/, GPL-2.0-or-later; README.md describes its model. It starts no
// machine, and shares no code with the product's packages.
package plugin

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed src/*.c src/*.h
var sources embed.FS

var flags = []string{"-O2", "-g", "-shared", "-fPIC", "-fvisibility=hidden", "-pthread", "-Wall", "-Wextra", "-Werror", "-std=gnu11", "-D_GNU_SOURCE"}

// Compiler is the C compiler that Build calls: $CC, or cc.
func Compiler() string {
	if cc := os.Getenv("CC"); cc != "" {
		return cc
	}
	return "cc"
}

// Build compiles the plugin into dir and returns the shared object's path.
func Build(dir string) (so string, err error) {
	tmp, err := os.MkdirTemp("", "softpmu")
	if err != nil {
		return "", fmt.Errorf("building the TCG plugin: %w", err)
	}
	defer os.RemoveAll(tmp)
	units, err := unpack(tmp)
	if err != nil {
		return "", fmt.Errorf("building the TCG plugin: %w", err)
	}
	so = filepath.Join(dir, "softpmu.so")
	args := append(append(flags[:len(flags):len(flags)], "-o", so), units...)
	if out, err := exec.Command(Compiler(), args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the TCG plugin: %s: %w; a C compiler is needed (Debian: gcc), or set CC\n%s", Compiler(), err, out)
	}
	return so, nil
}

// unpack writes the sources into dir and returns the paths of the C units.
func unpack(dir string) (units []string, err error) {
	files, err := fs.ReadDir(sources, "src")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := sources.ReadFile("src/" + f.Name())
		if err != nil {
			return nil, err
		}
		path := filepath.Join(dir, f.Name())
		if err := os.WriteFile(path, b, 0o644); err != nil {
			return nil, err
		}
		if strings.HasSuffix(path, ".c") {
			units = append(units, path)
		}
	}
	return units, nil
}
