package imports

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
)

// maxLine is the longest line that is kept; no tool prints such a long one.
const maxLine = 1 << 20

// Lines reads text line by line in bounded memory. It takes off line ends,
// DOS ones too, a byte order mark, and the colours of terminals.
type Lines struct {
	r    *bufio.Reader
	line []byte
	n    int
	whole,
	long bool
	most int
	err  error
}

// NewLines begins before the first line.
func NewLines(r io.Reader) *Lines {
	l := &Lines{r: bufio.NewReaderSize(r, 64<<10), most: maxLine}
	if c, ok := r.(interface{ reads(*Lines) }); ok {
		c.reads(l)
	}
	return l
}

// Next goes to the next line; false is the end, or an error.
func (l *Lines) Next() bool {
	if l.err != nil {
		return false
	}
	l.line, l.whole, l.long = l.line[:0], false, false
	for {
		part, err := l.r.ReadSlice('\n')
		if room := l.most - len(l.line); len(part) > room {
			part, l.long = part[:room], true
		}
		l.line = append(l.line, part...)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		l.whole = err == nil
		if l.err = err; err != nil && len(l.line) == 0 {
			return false
		}
		break
	}
	l.n++
	l.clean()
	return true
}

func (l *Lines) clean() {
	l.line = bytes.TrimSuffix(bytes.TrimSuffix(l.line, []byte("\n")), []byte("\r"))
	if l.n == 1 {
		l.line = bytes.TrimPrefix(l.line, []byte("\xef\xbb\xbf"))
	}
	if bytes.IndexByte(l.line, 0x1b) >= 0 {
		l.line = withoutColours(l.line)
	}
}

// withoutColours takes out the control sequences ESC [ … letter.
func withoutColours(p []byte) []byte {
	out := p[:0]
	for i := 0; i < len(p); i++ {
		if p[i] != 0x1b {
			out = append(out, p[i])
			continue
		}
		if i+1 < len(p) && p[i+1] == '[' {
			for i += 2; i < len(p) && (p[i] < 0x40 || p[i] > 0x7e); i++ {
			}
		}
	}
	return out
}

// Keep sets how many bytes of a line are kept.
func (l *Lines) Keep(n int) { l.most = n }

// Long tells that the line was longer than is kept.
func (l *Lines) Long() bool { return l.long }

// Bytes is the line without its end; valid until Next.
func (l *Lines) Bytes() []byte { return l.line }

// Text is the line without its end.
func (l *Lines) Text() string { return string(l.line) }

// Number counts from 1.
func (l *Lines) Number() int { return l.n }

// Cut tells that the line may lack its end: the input ended without a line
// end, or the line was longer than is kept.
func (l *Lines) Cut() bool { return !l.whole || l.long }

// Err is what ended the lines, nil at the end of the input.
func (l *Lines) Err() error {
	if errors.Is(l.err, io.EOF) {
		return nil
	}
	return l.err
}

// Wrong is a SyntaxError at this line.
func (l *Lines) Wrong(expected string) error {
	return &SyntaxError{Line: l.n, Expected: expected, Found: l.Text()}
}

// Blanks makes the blanks that web pages have for layout plain ones.
func Blanks(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return blanks.Replace(s)
		}
	}
	return s
}

var blanks = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2007", " ", "\u200b", "", "\ufeff", "")
