package folder_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/folder"
	"github.com/numalens/numalens/pkg/imports/formats"
)

const counts = `     1.000000000,N0,2,1000,,node-loads,1000000000,100.00,,
     1.000000000,N1,2,2000,,node-loads,1000000000,100.00,,
     2.000000000,N0,2,1500,,node-loads,1000000000,100.00,,
     2.000000000,N1,2,2500,,node-loads,1000000000,100.00,,
`

const memory = `
Per-node system memory usage (in MBs):
                          Node 0          Node 1           Total
                 --------------- --------------- ---------------
MemTotal               1000.00         2000.00         3000.00
MemFree                 100.00          200.50          300.50
`

// began is when every file of the tests was last written.
var began = time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, began, began); err != nil {
		t.Fatal(err)
	}
}

type place struct {
	*testing.T
	dir, cache string
	*folder.Folder
}

func open(t *testing.T) *place {
	p := &place{T: t, dir: filepath.Join(t.TempDir(), "captures"), cache: t.TempDir()}
	if err := os.Mkdir(p.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p.again()
	return p
}

// again opens the directory as a program that starts does.
func (p *place) again() {
	f, err := folder.Open(p.dir, folder.Options{Formats: formats.All(), Cache: p.cache})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { f.Close() })
	p.Folder = f
}

func (p *place) runs() []string {
	p.Helper()
	x, err := export.NewReader(p.Folder).Index(context.Background())
	var none *folder.EmptyError
	if errors.As(err, &none) {
		return nil
	}
	if err != nil {
		p.Fatal(err)
	}
	var out []string
	for _, h := range x.Hosts {
		for _, r := range h.Runs {
			out = append(out, h.Host+"/"+r.Run)
		}
	}
	return out
}

func (p *place) want(what string, runs ...string) {
	p.Helper()
	if got := p.runs(); !slices.Equal(got, runs) {
		p.Errorf("%s: the runs are %q, want %q; %v", what, got, runs, p.Problems())
	}
}

func (p *place) says(words ...string) {
	p.Helper()
	var all []string
	for _, x := range p.Problems() {
		all = append(all, x.String())
	}
	if len(all) != len(words) {
		p.Fatalf("the problems are %q, want %q", all, words)
	}
	for i, w := range words {
		if !strings.Contains(all[i], w) {
			p.Errorf("problem %q, want %q", all[i], w)
		}
	}
}

// Files of one directory are one run, each directory below is one of its own.
func TestEachDirectoryIsARun(t *testing.T) {
	p := open(t)
	put(t, p.dir, "perf.csv", counts)
	put(t, p.dir, "memory.txt", memory)
	put(t, p.dir, "night/second/perf.csv", counts)
	p.want("two directories", "imported/20261124T145958Z-captures", "imported/20261124T145958Z-night-second")
	p.says()

	ctx := context.Background()
	r := export.NewReader(p.Folder)
	m, err := r.Manifest(ctx, "imported", "20261124T145958Z-captures")
	if err != nil || len(m.Groups) != 1 || len(m.Topology.Nodes) != 2 {
		t.Fatalf("%+v, %v", m, err)
	}
	inc, err := r.Increments(ctx, m.Host, m.Run, export.IncrementsRequest{Table: export.TableCounters, Scope: export.ScopeNode, Columns: []string{"node-loads"}, EdgesNS: []int64{m.StartNS, m.EndNS}})
	if err != nil || len(inc.Series) != 1 || !slices.Equal(inc.Series[0].Delta, []int64{2500, 4500}) {
		t.Errorf("%+v, %v", inc, err)
	}
	if names, err := os.ReadDir(p.dir); err != nil || len(names) != 3 {
		t.Errorf("the user's directory was written to: %v %v", names, err)
	}
}

// A file that changes is read anew, one that goes is gone; the cache holds no
// more than what is shown.
func TestTheDirectoryIsFollowed(t *testing.T) {
	p := open(t)
	put(t, p.dir, "a/perf.csv", counts)
	p.want("at first", "imported/20261124T145958Z-a")
	put(t, p.dir, "a/perf.csv", counts+strings.ReplaceAll(counts[len(counts)/2:], "2.000000000", "3.000000000"))
	put(t, p.dir, "b/memory.txt", memory)
	p.again()
	p.want("one grew, one came", "imported/20261124T145957Z-a", "imported/20261124T150000Z-b")
	if err := os.RemoveAll(filepath.Join(p.dir, "a")); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	kept, _ := filepath.Glob(filepath.Join(p.cache, "imports", "*", "*"))
	if len(kept) != 3 {
		t.Errorf("kept %q", kept)
	}
	for _, k := range kept {
		if err := os.Chtimes(k, old, old); err != nil {
			t.Fatal(err)
		}
	}
	p.again()
	p.want("one went", "imported/20261124T150000Z-b")
	if kept, _ := filepath.Glob(filepath.Join(p.cache, "imports", "*", "*")); len(kept) != 1 {
		t.Errorf("kept %q", kept)
	}
}

// What cannot be read is a sentence and hides nothing else.
func TestABadFileHidesNoOther(t *testing.T) {
	p := open(t)
	put(t, p.dir, "memory.txt", memory)
	put(t, p.dir, "sub/bad.txt", strings.Replace(memory, "200.50", "", 1))
	put(t, p.dir, "sub/perf.csv", counts)
	put(t, p.dir, "README", "What I measured.\n")
	put(t, p.dir, "empty.txt", "")
	if err := os.Symlink("/etc/hostname", filepath.Join(p.dir, "link")); err != nil {
		t.Fatal(err)
	}
	p.want("two good", "imported/20261124T145958Z-sub", "imported/20261124T150000Z-captures")
	if of := p.ProblemsOf("imported", "20261124T145958Z-sub"); len(of) != 1 || of[0].File != "sub/bad.txt" {
		t.Error(of)
	}
	p.says("link: is a symbolic link", "README: is of no known format", "sub/bad.txt:6: expected a name and 3 numbers")
}

// A directory in which nothing can be read says why, and is no source without
// a word.
func TestNothingToShow(t *testing.T) {
	p := open(t)
	_, err := export.NewReader(p.Folder).Index(context.Background())
	if err == nil || !strings.Contains(err.Error(), "no file that can be imported") {
		t.Error(err)
	}
	put(t, p.dir, "bad.txt", strings.Replace(memory, "200.50", "", 1))
	p.again()
	_, err = export.NewReader(p.Folder).Index(context.Background())
	if err == nil || !strings.Contains(err.Error(), "bad.txt:6: expected") {
		t.Error(err)
	}
}

// A file that is still being written waits; what is there is shown.
func TestAFileThatIsBeingWrittenWaits(t *testing.T) {
	p := open(t)
	put(t, p.dir, "perf.csv", counts)
	p.want("at rest", "imported/20261124T145958Z-captures")
	if err := os.WriteFile(filepath.Join(p.dir, "memory.txt"), []byte(memory), 0o644); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Second) // it looks once a second
	p.want("being written", "imported/20261124T145958Z-captures")
	p.says("memory.txt: is still being written")
}

// The first look waits for a file that was put there just now.
func TestAFileThatWasJustPutThereIsShown(t *testing.T) {
	p := open(t)
	if err := os.WriteFile(filepath.Join(p.dir, "memory.txt"), []byte(memory), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := p.runs(); len(got) != 1 {
		t.Errorf("%q %v", got, p.Problems())
	}
}

// A copy of sysfs is one file of the directory that it lies in, and its
// topology that of the run.
func TestATreeOfNodes(t *testing.T) {
	p := open(t)
	put(t, p.dir, "perf.csv", counts)
	for node, cpus := range []string{"0-1", "2-3"} {
		dir := fmt.Sprintf("sys/devices/system/node/node%d/", node)
		put(t, p.dir, dir+"cpulist", cpus+"\n")
		put(t, p.dir, dir+"distance", []string{"10 21\n", "21 10\n"}[node])
	}
	p.want("one run", "imported/20261124T145958Z-captures")
	m, err := export.NewReader(p.Folder).Manifest(context.Background(), "imported", "20261124T145958Z-captures")
	if err != nil || len(m.Topology.CPUs) != 4 || len(m.Topology.Nodes) != 2 {
		t.Fatalf("%+v, %v; %v", m, err, p.Problems())
	}
}

// Exports that lie in the same directory are shown beside what was imported.
func TestExportsAndFilesTogether(t *testing.T) {
	p := open(t)
	w, err := export.Create(export.WriterOptions{Root: p.dir}, export.Manifest{Host: "bench1", Run: "20260101T000000Z", StartNS: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Seal(nil); err != nil {
		t.Fatal(err)
	}
	put(t, p.dir, "memory.txt", memory)
	put(t, p.dir, "bench1/notes.txt", memory) // of a host's directory: not looked at
	p.want("both", "bench1/20260101T000000Z", "imported/20261124T150000Z-captures")
	m, err := export.NewReader(p.Folder).Manifest(context.Background(), "bench1", "20260101T000000Z")
	if err != nil || m.Host != "bench1" {
		t.Error(m, err)
	}
}
