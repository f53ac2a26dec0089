package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// labels are key=value pairs that a run carries.
type labels map[string]string

// labelForm is Prometheus's, so that a label keeps its name wherever it goes.
var labelForm = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// Set makes labels a flag.Value that can be given several times.
func (l *labels) Set(s string) error {
	key, value, ok := strings.Cut(s, "=")
	if !ok {
		return fmt.Errorf("%q is not of the form key=value", s)
	}
	if err := checkLabel(key); err != nil {
		return err
	}
	if *l == nil {
		*l = labels{}
	}
	(*l)[key] = value
	return nil
}

func (l *labels) String() string {
	if l == nil {
		return ""
	}
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(*l)) {
		pairs = append(pairs, key+"="+(*l)[key])
	}
	return strings.Join(pairs, ",")
}

func checkLabel(key string) error {
	if !labelForm.MatchString(key) {
		return fmt.Errorf("label %q: a label's name has letters, digits and `_`, and begins with no digit", key)
	}
	return nil
}
