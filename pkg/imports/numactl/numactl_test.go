package numactl

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 5 MB node 0 free: 3 MB\nnode 1 cpus:\nnode distances:\nnode 0 1\n 0: 10 20\n 1: 20 10\n",
		"> node 0 cpus: 0-3, 8 (5)\n> 9 10\nnode distances: node 0 0: 10",
	)
}

// What is moved, broken in two or said twice is refused.
func TestRefused(t *testing.T) {
	const head = "available: 2 nodes (0-1)\nnode 0 cpus: 0 1\nnode 0 size: 100 MB\nnode distances:\n"
	for _, c := range []struct{ text, says string }{
		{"node 0 cpus: 0 1 2 3 1\n1 12 13\n", ":1: expected CPUs in ascending order"},
		{"node 0 cpus: 0 1 2 3 9 1\n0 11 12\n", ":1: expected CPUs in ascending order"},
		{"node 0 cpus: 0-3, 8 (6)\n", "5"},
		{"node 0 size: 64,306 MB\n", "a size as"},
		{"node 0 size: 64 GB\n", "a size as"},
		{head + "  0:  10  20\n", "the nodes' numbers above the distances"},
		{head + "node 0 1\n  0:  10  20\n  2: 20 10\n", "a row of distances for each"},
		{head + "node 0 1\n  0:  10  20 30\n  1: 20 10\n", "2 distances"},
		{head + "node 0 1\n  0:  1020\n  1: 20 10\n", "up to 255"},
		{head + "node 0 1\n  0:  10\n  1: 20 10\n", "2 distances of node 0"},
		{"policy: default\nphyscpubind: 0 1\nmembind: 0\n", "numactl --show"},
	} {
		k := importstest.Read(Format(), c.text)
		if k.Err == nil || !strings.Contains(k.Err.Error(), c.says) {
			t.Errorf("%q: %v", c.text, k.Err)
		}
	}
}
