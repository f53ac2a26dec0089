package agent_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/link"
)

// held is what a process has of the kernel.
type held struct {
	files    int
	programs map[ebpf.ProgramID]bool
	maps     map[ebpf.MapID]bool
	links    map[link.ID]bool
	resident int64 // bytes
}

// heldBy looks at a process's descriptors: the kernel tells the numbers of
// BPF objects in fdinfo.
func heldBy(pid int) (*held, error) {
	h := &held{programs: map[ebpf.ProgramID]bool{}, maps: map[ebpf.MapID]bool{}, links: map[link.ID]bool{}}
	dir := fmt.Sprintf("/proc/%d", pid)
	files, err := os.ReadDir(filepath.Join(dir, "fdinfo"))
	if err != nil {
		return nil, err
	}
	h.files = len(files)
	for _, file := range files {
		b, err := os.ReadFile(filepath.Join(dir, "fdinfo", file.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue // closed meanwhile
		}
		if err != nil {
			return nil, err
		}
		if err := h.enter(string(b)); err != nil {
			return nil, err
		}
	}
	h.resident, err = resident(dir)
	return h, err
}

func (h *held) enter(fdinfo string) error {
	for line := range strings.Lines(fdinfo) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "prog_id" && name != "map_id" && name != "link_id" {
			continue
		}
		id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
		if err != nil {
			return err
		}
		switch name {
		case "prog_id":
			h.programs[ebpf.ProgramID(id)] = true
		case "map_id":
			h.maps[ebpf.MapID(id)] = true
		case "link_id":
			h.links[link.ID(id)] = true
		}
	}
	return nil
}

func resident(dir string) (int64, error) {
	b, err := os.ReadFile(filepath.Join(dir, "statm"))
	if err != nil {
		return 0, err
	}
	var size, pages int64
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		return 0, err
	}
	return pages * int64(os.Getpagesize()), nil
}

func (h *held) String() string {
	return fmt.Sprintf("%d descriptors, %d programs, %d maps, %d links, %.1f MB resident", h.files, len(h.programs), len(h.maps), len(h.links), float64(h.resident)/1e6)
}

// remaining are those of the objects that the kernel still has. Nobody else
// can have them meanwhile: numbers are not given again soon.
func (h *held) remaining(t *testing.T) (left []string) {
	t.Helper()
	see := func(what string, id uint32, close func() error, err error) {
		switch {
		case err == nil:
			close()
			left = append(left, fmt.Sprintf("%s %d", what, id))
		case !errors.Is(err, fs.ErrNotExist):
			t.Errorf("%s %d: %v", what, id, err)
		}
	}
	for id := range h.programs {
		p, err := ebpf.NewProgramFromID(id)
		see("program", uint32(id), p.Close, err)
	}
	for id := range h.maps {
		m, err := ebpf.NewMapFromID(id)
		see("map", uint32(id), m.Close, err)
	}
	for id := range h.links {
		l, err := link.NewFromID(id)
		if err != nil {
			see("link", uint32(id), nil, err)
			continue
		}
		see("link", uint32(id), l.Close, nil)
	}
	return left
}

// pinned are the objects below the BPF file system, which outlive whoever
// made them.
func pinned(t *testing.T) (all []string) {
	t.Helper()
	filepath.WalkDir("/sys/fs/bpf", func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			all = append(all, path)
		}
		return nil
	})
	return all
}
