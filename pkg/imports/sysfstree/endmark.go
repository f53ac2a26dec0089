package sysfstree

import "io"

// endMark keeps in mind what came last: a tar ends with blocks of zeros, and
// the library takes the end of the input for it too.
type endMark struct {
	r     io.Reader
	zeros int // bytes at the end of what was read
}

const block = 512

func (e *endMark) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	zeros := 0
	for zeros < n && zeros < block && p[n-1-zeros] == 0 {
		zeros++
	}
	if zeros == n {
		zeros = min(e.zeros+n, block)
	}
	e.zeros = zeros
	return n, err
}

func (e *endMark) there() bool { return e.zeros >= block }
