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
	cpuForm     = regexp.MustCompile(`^CPU(\d+)$`)
	socketForm  = regexp.MustCompile(`^S(\d+)$`)
	nodeForm    = regexp.MustCompile(`^N(\d+)$`)
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
	if m := cpuForm.FindStringSubmatch(s); m != nil {
		return place{imports.ScopeCPU, plain(m[1])}, true
	}
	if m := socketForm.FindStringSubmatch(s); m != nil {
		return place{imports.ScopeSocket, plain(m[1])}, true
	}
	if m := nodeForm.FindStringSubmatch(s); m != nil {
		return place{imports.ScopeNode, plain(m[1])}, true
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
