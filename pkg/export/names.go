package export

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Names of hosts, runs and segments become path elements, and manifests come
// from elsewhere: a name is checked before it touches a path, whoever wrote
// it.

const (
	indexFile    = "index.json"
	manifestFile = "run.json"

	formatArrows  = "arrows"
	formatParquet = "parquet"

	// besideSuffix marks a file that is written beside the one it will
	// replace; one that is found later is what a crash left.
	besideSuffix = ".tmp"
)

var (
	nameForm    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$`)
	segmentForm = regexp.MustCompile(`^([a-z_]{1,40})\.([0-9]{6,9})\.(arrows|parquet)$`)
)

// CheckName tells whether s can name a host or a run: letters, digits, `.`,
// `_` and `-`, at most 200, no separator, not beginning with a dot.
func CheckName(what, s string) error {
	if !nameForm.MatchString(s) || strings.HasSuffix(s, besideSuffix) {
		return fmt.Errorf("%s %q: a name has letters, digits, `.`, `_`, `-`, at most 200, and begins with a letter, digit or `_`", what, s)
	}
	return nil
}

// RunName makes a run's directory name from its start and the user's name
// for it; what cannot stand in a path becomes `-`.
func RunName(start time.Time, name string) string {
	id := start.UTC().Format("20060102T150405Z")
	clean := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '-'
	}, name)
	if len(clean) > 80 {
		clean = clean[:80]
	}
	if clean = strings.Trim(clean, "-."); clean == "" {
		return id
	}
	return id + "-" + clean
}

// segmentName is the name of a table's segment: the number is its generation
// and is never used twice.
func segmentName(table string, number int, format string) string {
	return fmt.Sprintf("%s.%06d.%s", table, number, format)
}

// parseSegmentName is the inverse of segmentName.
func parseSegmentName(file string) (table string, number int, format string, err error) {
	m := segmentForm.FindStringSubmatch(file)
	if m == nil {
		return "", 0, "", fmt.Errorf("segment %q: not of the form table.000001.arrows or .parquet", file)
	}
	n, err := strconv.Atoi(m[2])
	if err != nil {
		return "", 0, "", fmt.Errorf("segment %q: %w", file, err)
	}
	return m[1], n, m[3], nil
}

// runPath joins checked names into a path relative to the root.
func runPath(host, run string, file string) (string, error) {
	if err := CheckName("host", host); err != nil {
		return "", err
	}
	if err := CheckName("run", run); err != nil {
		return "", err
	}
	return host + "/" + run + "/" + file, nil
}
