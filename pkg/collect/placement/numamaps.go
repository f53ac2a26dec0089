package placement

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/export"
)

// mapping is one line of numa_maps.
type mapping struct {
	kind      export.PlacementKind
	policy    string
	pageBytes int64
	pages     []nodePages
	anon      int64
	dirty     int64
}

type nodePages struct {
	node  int32
	pages int64
}

// walk is what reading a numa_maps took.
type walk struct {
	took, longest time.Duration // altogether, and of one call
}

// pieceBytes is shorter than two lines, and mostly than one: the kernel goes
// on to further mappings, under the same lock, until a call's buffer is full.
const pieceBytes = 64

// readNumaMaps reads a process's mappings one by one. Errors of single lines
// are not the file's: a line that cannot be read is left out by the kernel's
// standards as well, when a mapping goes away.
func readNumaMaps(roots collect.Roots, pid, pageBytes int, each func(mapping)) (walk, error) {
	var w walk
	path := filepath.Join(roots.Proc, strconv.Itoa(pid), "numa_maps")
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return w, fmt.Errorf("%s: %w", path, err)
	}
	defer unix.Close(fd)
	var line []byte
	buf := make([]byte, pieceBytes)
	for {
		began := time.Now()
		n, err := unix.Read(fd, buf)
		took := time.Since(began)
		w.took += took
		w.longest = max(w.longest, took)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return w, fmt.Errorf("%s: %w", path, err)
		}
		if n == 0 {
			return w, nil
		}
		line = append(line, buf[:n]...)
		for {
			end := bytes.IndexByte(line, '\n')
			if end < 0 {
				break
			}
			if m, err := parseMapping(string(line[:end]), int64(pageBytes)); err == nil {
				each(m)
			}
			line = append(line[:0], line[end+1:]...)
		}
	}
}

// parseNumaMaps reads a whole file from elsewhere, and names the line that is
// wrong.
func parseNumaMaps(r io.Reader, pageBytes int64, each func(mapping)) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	n := 0
	for line := range strings.Lines(string(b)) {
		n++
		m, err := parseMapping(strings.TrimRight(line, "\n"), pageBytes)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		each(m)
	}
	return nil
}

// parseMapping reads "7f52… interleave:2-3 file=/memfd:x anon=10 N2=5 N3=5
// kernelpagesize_kB=4". A policy may hold spaces ("weighted interleave:0-1",
// "prefer (many):0"): it ends where a word of the kernel's begins. A mapping
// without pages tells no size of them.
func parseMapping(line string, pageBytes int64) (mapping, error) {
	words := strings.Fields(line)
	if len(words) < 2 {
		return mapping{}, fmt.Errorf("%q is no mapping", line)
	}
	if _, err := strconv.ParseUint(words[0], 16, 64); err != nil {
		return mapping{}, fmt.Errorf("%q is no address", words[0])
	}
	m := mapping{kind: export.PlacedAnonymous, pageBytes: pageBytes}
	rest := words[1:]
	for len(rest) > 0 && !isKeyword(rest[0]) {
		rest = rest[1:]
	}
	m.policy = strings.Join(words[1:len(words)-len(rest)], " ")
	for _, word := range rest {
		if err := m.take(word); err != nil {
			return mapping{}, err
		}
	}
	return m, nil
}

// isKeyword tells the words that follow a policy (fs/proc/task_mmu.c).
func isKeyword(word string) bool {
	switch word {
	case "heap", "stack", "huge":
		return true
	}
	key, _, ok := strings.Cut(word, "=")
	switch key {
	case "file", "anon", "dirty", "mapped", "mapmax", "swapcache", "active", "writeback", "kernelpagesize_kB":
		return ok
	}
	_, isNode := nodeOf(key)
	return ok && isNode
}

func nodeOf(key string) (int32, bool) {
	digits, ok := strings.CutPrefix(key, "N")
	node, err := strconv.ParseUint(digits, 10, 16)
	return int32(node), ok && err == nil
}

func (m *mapping) take(word string) error {
	key, value, hasValue := strings.Cut(word, "=")
	switch {
	case key == "file":
		m.kind = kindOfFile(value)
		return nil
	case word == "heap":
		m.kind = export.PlacedHeap
		return nil
	case word == "stack":
		m.kind = export.PlacedStack
		return nil
	case !hasValue:
		return nil
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64>>20 {
		return fmt.Errorf("%q is no count", word)
	}
	switch key {
	case "anon":
		m.anon = n
	case "dirty":
		m.dirty = n
	case "kernelpagesize_kB":
		m.pageBytes = n << 10
	}
	if node, is := nodeOf(key); is {
		m.pages = append(m.pages, nodePages{node, n})
	}
	return nil
}

// kindOfFile tells memory that only looks like a file.
func kindOfFile(path string) export.PlacementKind {
	if strings.HasPrefix(path, "/anon_hugepage") {
		return export.PlacedAnonymous
	}
	for _, memory := range []string{"/memfd:", "/dev/shm/", "/SYSV", "/dev/zero", "/dev/hugepages/"} {
		if strings.HasPrefix(path, memory) {
			return export.PlacedShared
		}
	}
	return export.PlacedFile
}
