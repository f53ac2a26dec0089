package perfmem

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"# Samples: 4K of event 'x'\n# Total weight : 3\n# Overhead  Snoop\n# ........  .....\n   50.00%  HitM\n",
		"# PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL\n1 1 0x1 0x1 1 0x2 a:b\n",
	)
}
