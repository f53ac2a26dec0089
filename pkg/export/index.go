package export

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// enter puts a run into the root's index, or renews its entry.
func enter(root string, m *Manifest) error {
	return changeIndex(root, func(x *Index) { x.put(m) })
}

// leave takes a run out of the root's index.
func leave(root, host, run string) error {
	return changeIndex(root, func(x *Index) { x.drop(host, run) })
}

// changeIndex rewrites index.json under a lock, because several agents may
// record below one root. An index that is missing or broken is made anew
// from the runs themselves.
func changeIndex(root string, change func(*Index)) error {
	unlock, err := lockRoot(root)
	if err != nil {
		return fmt.Errorf("lock %s: %w", root, err)
	}
	defer unlock()
	x, err := readIndex(root)
	if err != nil {
		x = scanIndex(root)
	}
	change(x)
	x.Generation++
	return writeJSON(filepath.Join(root, indexFile), false, x)
}

func readIndex(root string) (*Index, error) {
	data, err := os.ReadFile(filepath.Join(root, indexFile))
	if err != nil {
		return nil, err
	}
	return ParseIndex(data)
}

// scanIndex makes an index from what lies below the root. Where there are
// runs already, an index was lost: the generation begins at the clock's, so
// that it also grows past the lost one.
func scanIndex(root string) *Index {
	x := &Index{Format: formatIndex, Version: Version, Hosts: []IndexHost{}}
	runs := findRuns(root)
	for _, r := range runs {
		if r.err == nil {
			x.put(r.m)
		}
		if len(runs) > 1 {
			x.Generation = max(x.Generation, r.modified)
		}
	}
	return x
}

func (x *Index) put(m *Manifest) {
	x.drop(m.Host, m.Run)
	i, found := slices.BinarySearchFunc(x.Hosts, m.Host, func(h IndexHost, name string) int { return cmp.Compare(h.Host, name) })
	if !found {
		x.Hosts = slices.Insert(x.Hosts, i, IndexHost{Host: m.Host})
	}
	h := &x.Hosts[i]
	h.Runs = append(h.Runs, IndexRun{Run: m.Run, Name: m.Name, State: m.State, StartNS: m.StartNS, EndNS: m.EndNS, Labels: m.Labels})
	slices.SortStableFunc(h.Runs, func(a, b IndexRun) int {
		return cmp.Or(cmp.Compare(a.StartNS, b.StartNS), cmp.Compare(a.Run, b.Run))
	})
}

func (x *Index) drop(host, run string) {
	for i := range x.Hosts {
		if x.Hosts[i].Host == host {
			x.Hosts[i].Runs = slices.DeleteFunc(x.Hosts[i].Runs, func(r IndexRun) bool { return r.Run == run })
		}
	}
	x.Hosts = slices.DeleteFunc(x.Hosts, func(h IndexHost) bool { return len(h.Runs) == 0 })
}

// foundRun is a run's directory and what its manifest says, or why it cannot
// be read.
type foundRun struct {
	host, run string
	m         *Manifest
	modified  int64 // of run.json, ns
	err       error
}

// findRuns walks root/host/run. Links are not followed.
func findRuns(root string) []foundRun {
	var found []foundRun
	for _, host := range directories(root) {
		for _, run := range directories(filepath.Join(root, host)) {
			r := foundRun{host: host, run: run}
			path := filepath.Join(root, host, run, manifestFile)
			data, err := os.ReadFile(path)
			if errors.Is(err, fs.ErrNotExist) {
				continue // not a run, or one that is being made
			}
			if err == nil {
				r.m, err = ParseManifest(data, host, run)
			}
			if st, serr := os.Stat(path); serr == nil {
				r.modified = st.ModTime().UnixNano()
			}
			r.err = err
			found = append(found, r)
		}
	}
	return found
}

func directories(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && CheckName("directory", e.Name()) == nil {
			names = append(names, e.Name())
		}
	}
	return names
}
