package perfstat

import (
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

func TestGoldens(t *testing.T) { importstest.Goldens(t, Format()) }
