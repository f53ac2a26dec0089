package perftable

import (
	"regexp"
	"strings"
)

var chainForm = regexp.MustCompile(`^(?:\||---?\S|--\d)`)

// InChain tells a line that perf draws of a call chain, below a row.
func InChain(line string) bool { return chainForm.MatchString(strings.TrimSpace(line)) }
