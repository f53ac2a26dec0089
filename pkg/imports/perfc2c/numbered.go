package perfc2c

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/numalens/numalens/pkg/imports"
)

// numbered takes off the numbers that someone gave the lines of a report. It
// begins at a line that can be nothing else, a title or the rule above it, and
// goes on as long as the numbers do.
type numbered struct {
	next int // the number that the next line must have; 0 is none
}

var (
	numberForm = regexp.MustCompile(`^[ \t>]*(\d{1,4})(?::?(?:\t|  )(.*)|:?)$`)
	beginsForm = regexp.MustCompile(`^[ \t]*(?:={10,}|` + partsPattern + `)[ \t]*$`)
)

func (x *numbered) strip(n int, raw string, s imports.Sink) string {
	m := numberForm.FindStringSubmatch(raw)
	if m == nil {
		if raw != "" {
			x.next = 0
		}
		return raw
	}
	number, err := strconv.Atoi(m[1])
	switch {
	case err != nil:
		return raw
	case x.next == 0 && !beginsForm.MatchString(m[2]):
		return raw
	case x.next > 0 && number < x.next:
		x.next = 0
		return raw
	case x.next > 0 && number > x.next:
		s.Warn(n, fmt.Sprintf("lines were left out here: it is numbered %d, after %d", number, x.next-1))
	}
	x.next = number + 1
	return m[2]
}
