package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes as people write it. The zero value is the
// default of whatever it limits; none is no limit.
type byteSize int64

const noLimit byteSize = -1

var sizeUnits = []struct {
	suffix string
	bytes  float64
}{
	{"KIB", 1 << 10}, {"MIB", 1 << 20}, {"GIB", 1 << 30}, {"TIB", 1 << 40},
	{"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12},
	{"B", 1}, {"", 1},
}

func parseSize(s string) (byteSize, error) {
	text := strings.ToUpper(strings.TrimSpace(s))
	if text == "NONE" {
		return noLimit, nil
	}
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		bytes := n * u.bytes
		if err != nil || !(bytes >= 1) || bytes >= math.MaxInt64 {
			break
		}
		return byteSize(bytes), nil
	}
	return 0, fmt.Errorf("%q is not a size: want a number with B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, such as 2GB", s)
}

// Set makes byteSize a flag.Value.
func (b *byteSize) Set(s string) (err error) {
	*b, err = parseSize(s)
	return err
}

func (b *byteSize) String() string {
	if b == nil || *b == 0 {
		return ""
	}
	return b.text()
}

// text rounds to three digits, for messages.
func (b byteSize) text() string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, i := float64(b), 0
	for ; v >= 999.5 && i < len(units)-1; i++ {
		v /= 1000
	}
	return strconv.FormatFloat(v, 'g', 3, 64) + " " + units[i]
}
