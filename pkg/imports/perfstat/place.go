package perfstat

import (
	"regexp"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// place is what perf aggregated over.
type place struct {
	scope    imports.Scope
	instance string
}

var whole = place{scope: imports.ScopeHost}

var (
	dieForm     = regexp.MustCompile(`^S\d+-D\d+$`)
	clusterForm = regexp.MustCompile(`^S\d+-D\d+-CLS\d+$`)
	cacheForm   = regexp.MustCompile(`^S\d+-D\d+-L\d+-ID\d+$`)
	coreForm    = regexp.MustCompile(`^S\d+(-D\d+)?(-CLS\d+)?-C\d+$`)
	threadForm  = regexp.MustCompile(`^.*-\d+$`)
)

// placeOf reads what perf writes before the count: S0, N1, S0-D0-C3, CPU7.
func placeOf(s string) (place, bool) {
	if s == "" || s[0] != 'S' && s[0] != 'N' && s[0] != 'C' {
		return place{}, false
	}
	switch id, cpu := strings.CutPrefix(s, "CPU"); {
	case cpu && isWhole(id):
		return place{imports.ScopeCPU, plain(id)}, true
	case s[0] == 'S' && isWhole(s[1:]):
		return place{imports.ScopeSocket, plain(s[1:])}, true
	case s[0] == 'N' && isWhole(s[1:]):
		return place{imports.ScopeNode, plain(s[1:])}, true
	}
	switch {
	case dieForm.MatchString(s):
		return place{imports.ScopeDie, s}, true
	case clusterForm.MatchString(s):
		return place{imports.ScopeCluster, s}, true
	case cacheForm.MatchString(s):
		return place{imports.ScopeCache, s}, true
	case coreForm.MatchString(s):
		return place{imports.ScopeCore, s}, true
	}
	return place{}, false
}

// plain takes off leading zeros.
func plain(digits string) string {
	if s := strings.TrimLeft(digits, "0"); s != "" {
		return s
	}
	return "0"
}
