package imports

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/ulikunitz/xz"
)

// unxz unpacks xz. The library makes room for as large a dictionary as the
// file says, up to 4 GB; `xz -9` has 64 MiB, and more is refused.
func unxz(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	// The stream's header has 12 bytes, then comes the first block's.
	head, err := b.Peek(12 + 1024)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if size, ok := xzDictionary(head[min(12, len(head)):]); ok && size > 64<<20 {
		return nil, fmt.Errorf("xz with a dictionary of %d MiB is not unpacked here; unpack it first", size>>20)
	}
	return xz.NewReader(b)
}

// xzDictionary finds the size of the dictionary in a block's header
// (xz-file-format 1.2.1, sections 3.1 and 5.3.1).
func xzDictionary(p []byte) (int64, bool) {
	const lzma2 = 0x21
	if len(p) < 2 || p[0] == 0 {
		return 0, false
	}
	flags, p := p[1], p[2:min(len(p), (int(p[0])+1)*4)]
	for _, bit := range []byte{0x40, 0x80} { // packed and unpacked size
		if flags&bit != 0 {
			p = skipVarint(p)
		}
	}
	for range flags&3 + 1 {
		if len(p) < 2 {
			return 0, false
		}
		id := p[0]
		p = p[1:]
		n := int(p[0])
		if p = p[1:]; n > len(p) {
			return 0, false
		}
		if id == lzma2 && n == 1 {
			bits := p[0] & 0x3f
			return int64(2|bits&1) << (bits/2 + 11), true
		}
		p = p[n:]
	}
	return 0, false
}

func skipVarint(p []byte) []byte {
	for len(p) > 0 {
		last := p[0] < 0x80
		if p = p[1:]; last {
			break
		}
	}
	return p
}
