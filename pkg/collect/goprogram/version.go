package goprogram

import (
	"debug/buildinfo"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strconv"
)

// goVersion is the version that a program was built with, as Go's linker
// wrote it: "go1.26.8", "go1.25.1 X:nodwarf5", "devel go1.27-0123abcd".
type goVersion string

// newest is the last Go 1.newest whose growslice, mProf_Malloc and tables have
// been read. A newer one may take its arguments in another order, and nothing
// in a file would tell.
const newest = 26

var minorVersion = regexp.MustCompile(`\bgo1\.(\d+)`)

// goVersion reads what the linker wrote.
func (m *image) goVersion() (goVersion, error) {
	info, err := buildinfo.Read(m.file)
	if err != nil {
		return "", unavailable("not a Go program: "+err.Error(), "growths of slices and heap samples are of Go programs only")
	}
	return goVersion(info.GoVersion), nil
}

var released = regexp.MustCompile(`^go1\.\d+(\.\d+)?$`)

// release says whether it is one of the Go project's own, built without
// experiments.
func (v goVersion) release() bool { return released.MatchString(string(v)) }

// supported is the minor version, if the program can be probed.
func (v goVersion) supported(m *machine) (int, error) {
	match := minorVersion.FindStringSubmatch(string(v))
	if match == nil {
		return 0, unavailable(fmt.Sprintf("the version of Go is unknown: %q", v), "build with a released version of Go")
	}
	minor, err := strconv.Atoi(match[1])
	switch {
	case err != nil || minor > newest:
		return 0, unavailable(
			fmt.Sprintf("%s is newer than what this agent knows, Go 1.%d", v, newest), "update numalens")
	case minor < m.since:
		return 0, unavailable(
			fmt.Sprintf("%s passes arguments on the stack on %s", v, m.name), fmt.Sprintf("build with Go 1.%d or later", m.since))
	}
	return minor, nil
}

// Notes that name a build.
const (
	noteGNUBuildID = 3
	noteGoBuildID  = 4
	maxNotes       = 1 << 16
)

// buildID reads the notes.
func (m *image) buildID() string {
	id := ""
	for _, p := range m.elf.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		b := make([]byte, min(p.Filesz, maxNotes))
		n, _ := io.ReadFull(p.Open(), b)
		eachNote(b[:n], func(name string, kind uint32, value []byte) {
			switch {
			case name == "GNU\x00" && kind == noteGNUBuildID:
				id = hex.EncodeToString(value)
			case name == "Go\x00\x00" && kind == noteGoBuildID && id == "":
				id = string(value)
			}
		})
	}
	return id
}

// eachNote reads notes, whose names and values are padded to four bytes.
func eachNote(b []byte, visit func(name string, kind uint32, value []byte)) {
	for len(b) >= 12 {
		nameSize, valueSize := uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))
		kind := binary.LittleEndian.Uint32(b[8:])
		b = b[12:]
		name, value := (nameSize+3)&^3, (valueSize+3)&^3
		if name+value > uint64(len(b)) {
			return
		}
		visit(string(b[:name]), kind, b[name:name+valueSize])
		b = b[name+value:]
	}
}
