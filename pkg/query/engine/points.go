package engine

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// point is a sample as the engine gave it.
type point struct {
	ms    int64
	value float64
}

// points are samples, ascending by time. encoding/json would make of each a
// slice of two interfaces, which takes longer than the engine.
type points []point

// UnmarshalJSON reads [1435781430.781,"1"], or a list of these.
func (p *points) UnmarshalJSON(b []byte) error {
	b = bytes.TrimSpace(b)
	*p = (*p)[:0]
	if string(b) == "null" || string(b) == "[]" {
		return nil
	}
	if len(b) > 1 && b[0] == '[' && b[1] == '[' {
		b = b[1:]
	}
	for len(b) > 0 && b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		comma := bytes.IndexByte(b, ',')
		if end < 0 || comma < 0 || comma > end {
			return fmt.Errorf("not a sample: %.40q", b)
		}
		at, err := strconv.ParseFloat(string(b[1:comma]), 64)
		if err != nil {
			return fmt.Errorf("not the time of a sample: %w", err)
		}
		v, err := strconv.ParseFloat(string(bytes.Trim(b[comma+1:end], `" `)), 64)
		if err != nil {
			return fmt.Errorf("not a sample's value: %w", err)
		}
		*p = append(*p, point{int64(math.Round(at * 1e3)), v})
		b = bytes.TrimLeft(b[end+1:], ", \n")
	}
	return nil
}
