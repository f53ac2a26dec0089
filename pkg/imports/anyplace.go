package imports

import (
	"context"
	"io"
	"os"
)

// anyPlace is an input that lies unpacked on a disk. A format whose beginning
// is explained at its end reads it at any place (io.ReaderAt) instead of
// keeping a copy.
type anyPlace struct {
	cancelled
	file *os.File
	size int64
}

func (a anyPlace) ReadAt(p []byte, offset int64) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	return a.file.ReadAt(p, offset)
}

// Size is the file's when it was opened.
func (a anyPlace) Size() int64 { return a.size }

// reader gives the stream to a format.
func (s *stream) reader(ctx context.Context) io.Reader {
	c := cancelled{ctx, s}
	if s.file == nil {
		return c
	}
	st, err := s.file.Stat()
	if err != nil {
		return c
	}
	return anyPlace{c, s.file, st.Size()}
}
