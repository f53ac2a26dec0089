package symbols

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestFilesRest, and are opened again when something new is met in them.
func TestFilesRest(t *testing.T) {
	p := start(t, exec.Command(buildCalls(t)))
	n := openNamer(t)
	stack := p.stack(t, n)
	n.See(p.pid, nil, stack[:2])
	rows := writeAll(n)
	now := time.Now()
	n.files.restIdle(now.Add(restAge))
	if n.files.open != 1 {
		t.Errorf("%d files are open after they were used", n.files.open)
	}
	n.files.restIdle(now.Add(2 * restAge))
	if n.files.open != 0 || openFiles(t, "/calls") != 0 {
		t.Errorf("%d files are open, %d of the program", n.files.open, openFiles(t, "/calls"))
	}
	n.See(p.pid, nil, stack[:2]) // nothing new
	if n.files.open != 0 {
		t.Errorf("%d files are open for what is known", n.files.open)
	}
	n.See(p.pid, nil, stack)
	more := writeAll(n)
	rows.Symbols = append(rows.Symbols, more.Symbols...)
	p.compare(t, rows, stack)
	if len(more.Mappings) != 0 || len(n.files.known) != 1 {
		t.Errorf("%+v, %d files are known", more.Mappings, len(n.files.known))
	}
	once := map[string]bool{}
	for _, s := range rows.Symbols {
		k := fmt.Sprint(s.File, s.Start, s.Depth)
		if once[k] {
			t.Errorf("said twice: %+v", s)
		}
		once[k] = true
	}
}

func openFiles(t *testing.T, name string) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); strings.HasSuffix(to, name) {
			n++
		}
	}
	return n
}

// TestAFewAreOpen, however many are met; and what is forgotten is the oldest.
func TestAFewAreOpen(t *testing.T) {
	fs := newFiles("")
	for i := range 3 * mostFiles {
		f := &file{key: fileKey{inode: uint64(i)}, name: "same", reader: bytes.NewReader(nil), seen: map[uint64]struct{}{}}
		if got := fs.take(nil, f); got != f {
			t.Fatalf("file %d is refused", i)
		}
		fs.touch(f)
		if want := "same"; i > 0 && f.name == want {
			t.Errorf("file %d is %q too", i, want)
		}
	}
	if fs.open > mostFiles || len(fs.known) != 3*mostFiles {
		t.Errorf("%d files are open, %d known", fs.open, len(fs.known))
	}
	if fs.known[fileKey{}].reader != nil || fs.known[fileKey{inode: 3*mostFiles - 1}].reader == nil {
		t.Error("the oldest is open, or the newest is not")
	}
	// Another file that has a number which was free again.
	again := &file{key: fileKey{}, name: "same", content: content{size: 7}, reader: bytes.NewReader(nil)}
	if got := fs.take(fs.known[fileKey{}], again); got != again {
		t.Error("it is taken for the one before")
	}
	for _, f := range fs.known {
		f.queued = true
	}
	last := &file{key: fileKey{inode: 1 << 40}, reader: bytes.NewReader(nil)}
	if fs.take(nil, last) != nil {
		t.Error("there is room where all is needed")
	}
}
