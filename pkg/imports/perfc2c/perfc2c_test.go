package perfc2c

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }

func TestBrokenInput(t *testing.T) { importstest.Mutated(t, Format(), 5000) }

func FuzzRead(f *testing.F) {
	importstest.Fuzz(f, Format(),
		"            Trace Event Information\n  Total records   :  14\n",
		"#  -- Cacheline ---\n# Index  Address\n# .....  .......\n      0      0x1\n",
	)
}
