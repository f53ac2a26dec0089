package perfmem

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	f.Add("# Samples: 4K of event 'x'\n# Total weight : 3\n# Overhead  Snoop\n# ........  .....\n   50.00%  HitM\n")
	f.Add("# PID, TID, IP, ADDR, LOCAL WEIGHT, DSRC, SYMBOL\n1 1 0x1 0x1 1 0x2 a:b\n")
	f.Fuzz(func(t *testing.T, text string) {
		Format().Detect([]byte(text))
		k := importstest.Read(Format(), text)
		for _, x := range k.Figures {
			if x.Line < 1 || x.Line > strings.Count(text, "\n")+1 || x.Name == "" {
				t.Fatalf("%+v", x)
			}
		}
	})
}
