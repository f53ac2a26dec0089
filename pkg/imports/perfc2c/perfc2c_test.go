package perfc2c

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	f.Add("            Trace Event Information\n  Total records   :  14\n")
	f.Add("#  -- Cacheline ---\n# Index  Address\n# .....  .......\n      0      0x1\n")
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
