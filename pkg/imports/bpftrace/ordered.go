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

// maxDepth is deeper than any value of a bpftrace program.
const maxDepth = 64

func (r record) get(name string) any {
	for _, m := range r {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// decode reads one JSON value.
func decode(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errors.New("it is nested too deep")
	}
	tok, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		return decodeRecord(d, depth)
	case json.Delim('['):
		return decodeArray(d, depth)
	}
	return tok, nil
}

func decodeRecord(d *json.Decoder, depth int) (any, error) {
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
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		r = append(r, member{text, element{v, d.InputOffset()}})
	}
	_, err := d.Token()
	return r, whole(err)
}

func decodeArray(d *json.Decoder, depth int) (any, error) {
	a := array{}
	for d.More() {
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		a = append(a, element{v, d.InputOffset()})
	}
	_, err := d.Token()
	return a, whole(err)
}

// whole makes of the end of a text within a value what it is.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
