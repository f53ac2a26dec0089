package folder

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/numalens/numalens/pkg/export"
)

// listing is an index that is being put together.
type listing struct{ export.Index }

// mostIndexBytes bounds what an index may take.
const mostIndexBytes = 64 << 20

// readIndex reads the index of exports. Without one it is empty.
func readIndex(files export.Files) (listing, error) {
	x := listing{export.Index{Format: "numalens-index", Version: export.Version, Hosts: []export.IndexHost{}}}
	f, err := files.Open(context.Background(), indexName)
	if err != nil {
		return x, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, 0, min(f.Size(), mostIndexBytes)))
	if err != nil {
		return x, err
	}
	read, err := export.ParseIndex(data)
	if err != nil {
		return x, fmt.Errorf("%s: %w", indexName, err)
	}
	x.Index = *read
	return x, nil
}

func (x *listing) hosts() map[string]bool {
	out := map[string]bool{}
	for _, h := range x.Hosts {
		out[h.Host] = true
	}
	return out
}

// add enters a run, oldest first.
func (x *listing) add(host string, r export.IndexRun) {
	i, ok := slices.BinarySearchFunc(x.Hosts, host, func(h export.IndexHost, name string) int { return strings.Compare(h.Host, name) })
	if !ok {
		x.Hosts = slices.Insert(x.Hosts, i, export.IndexHost{Host: host})
	}
	at, _ := slices.BinarySearchFunc(x.Hosts[i].Runs, r, func(a, b export.IndexRun) int {
		if a.StartNS != b.StartNS {
			return int(min(max(a.StartNS-b.StartNS, -1), 1))
		}
		return strings.Compare(a.Run, b.Run)
	})
	x.Hosts[i].Runs = slices.Insert(x.Hosts[i].Runs, at, r)
}

// entry is an import's line in the index.
func (k *kept) entry() (export.IndexRun, error) {
	x, err := readIndex(k.files)
	if err != nil {
		return export.IndexRun{}, err
	}
	for _, h := range x.Hosts {
		for _, r := range h.Runs {
			if h.Host == k.Host && r.Run == k.Run {
				return r, nil
			}
		}
	}
	return export.IndexRun{}, fmt.Errorf("the run %s/%s is not in its cache", k.Host, k.Run)
}
