package perfc2c

import (
	"strings"
	"testing"

	"github.com/numalens/numalens/pkg/imports/importstest"
)

// A float holds no such number; +Inf is none.
func TestANumberThatIsTooLargeIsRefused(t *testing.T) {
	text := "=================================================\n            Trace Event Information              \n=================================================\n  Total records                     :      " + strings.Repeat("9", 400) + "\n"
	k := importstest.Read(Format(), text)
	if k.Err == nil || !strings.Contains(k.Err.Error(), "input:4: expected a number") || len(k.Figures) > 0 {
		t.Error(k.Text())
	}
}
