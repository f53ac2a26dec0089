package bpftrace

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A JSON value is a json.Number, a string, a bool, nil, an array or a map of
// bpftrace's: its members stay in their order, each with the offset of its
// end in the text.
type (
	array  []element
	record []member
)

type element struct {
	value any
	at    int64
}

type member struct {
	name string
	element
}

// Bounds of one object: it is deeper and has more values than a bpftrace
// program prints at once, and takes memory for each.
const (
	maxDepth  = 64
	maxValues = 500_000
)

// decoder reads JSON values in their order.
type decoder struct {
	*json.Decoder
	values int
}

func (r record) get(name string) any {
	for _, m := range r {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// decode reads one JSON value.
func (d *decoder) decode(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("it is nested too deep")
	}
	if d.values++; d.values > maxValues {
		return nil, fmt.Errorf("it has more than %d values", maxValues)
	}
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		return d.record(depth)
	case json.Delim('['):
		return d.array(depth)
	}
	return tok, nil
}

func (d *decoder) record(depth int) (any, error) {
	r := record{}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		text, ok := name.(string)
		if !ok {
			return nil, fmt.Errorf("the name %v is no string", name)
		}
		v, err := d.decode(depth + 1)
		if err != nil {
			return nil, err
		}
		r = append(r, member{text, element{v, d.InputOffset()}})
	}
	_, err := d.Token()
	return r, unexpected(err)
}

func (d *decoder) array(depth int) (any, error) {
	a := array{}
	for d.More() {
		v, err := d.decode(depth + 1)
		if err != nil {
			return nil, err
		}
		a = append(a, element{v, d.InputOffset()})
	}
	_, err := d.Token()
	return a, unexpected(err)
}

// unexpected makes of the end of a text within a value what it is.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
