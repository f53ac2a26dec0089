package numastat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"        node0    node1\nnuma_hit  1  2\n",
		"Per-node process memory usage (in MBs)\nPID  Node 0 Total\n---- ----\n1 (a b) 0.00 0.00\n2 0.1 0.1\nTotal 1 1",
		"Every 2.0s: numastat  h: Mon Aug 30 07:17:40 2021\n\n   Node 0\n  ---\nMemTotal 1.5",
	)
}
