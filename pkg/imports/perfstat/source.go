package perfstat

import (
	"bytes"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// source gives lines as perf printed them, where what carried them left no
// doubt: it takes off a mailer's quotes and encoding, HTML's entities, and the
// ^C of a terminal.
type source struct {
	*imports.Lines
	text   []byte
	begun  []byte // of a line that a mailer's encoding broke
	first  int    // number of the line where it begins
	quoted bool   // =3D is an equals sign: the mail's head says so
}

// Next goes to the next line.
func (s *source) Next() bool {
	s.begun, s.first = s.begun[:0], 0
	for s.Lines.Next() {
		if s.first == 0 {
			s.first = s.Lines.Number()
		}
		p := s.Lines.Bytes()
		if len(p) > 0 && plainLine(p, s.quoted) {
			s.text = p
		} else {
			s.text = s.clean(p)
		}
		if !s.quoted || !bytes.HasSuffix(s.text, []byte("=")) {
			if len(s.begun) > 0 {
				s.text = append(s.begun, s.text...)
			}
			s.text = s.decoded(s.text)
			return true
		}
		s.begun = append(s.begun, s.text[:len(s.text)-1]...)
	}
	s.text, s.begun = s.decoded(s.begun), nil
	return len(s.text) > 0
}

// plainLine tells a line that nothing was done to.
func plainLine(p []byte, quoted bool) bool {
	return p[0] != '>' && p[0] != '^' && (p[0] != ' ' || len(p) < 2 || p[1] != '>') && p[0] != 'C' && !quoted && bytes.IndexByte(p, '&') < 0
}

var (
	quoteForm  = regexp.MustCompile(`^(?: ?>)+ ?`)
	entityForm = regexp.MustCompile(`&(?:lt|gt|amp|quot|nbsp|#\d+|#x[0-9a-fA-F]+);`)
)

func (s *source) clean(p []byte) []byte {
	text := strings.TrimPrefix(string(p), "^C")
	if strings.EqualFold(text, "Content-Transfer-Encoding: quoted-printable") {
		s.quoted = true
	}
	text = quoteForm.ReplaceAllString(text, "")
	if strings.IndexByte(text, '&') >= 0 && entityForm.MatchString(text) {
		text = html.UnescapeString(text)
	}
	return []byte(text)
}

// decoded reads =3D as an equals sign in a mail whose head says so.
func (s *source) decoded(p []byte) []byte {
	if !s.quoted || bytes.IndexByte(p, '=') < 0 {
		return p
	}
	out := make([]byte, 0, len(p))
	for i := 0; i < len(p); i++ {
		if p[i] == '=' && i+2 < len(p) {
			if n, err := strconv.ParseUint(string(p[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, p[i])
	}
	return out
}

// Bytes is the line; valid until Next.
func (s *source) Bytes() []byte { return s.text }

// Number is the line's; of one that was broken, of its beginning.
func (s *source) Number() int { return max(s.first, 1) }

// Text is the line.
func (s *source) Text() string { return string(s.text) }

// Wrong is a SyntaxError at this line.
func (s *source) Wrong(expected string) error {
	return &imports.SyntaxError{Line: s.Number(), Expected: expected, Found: s.Text()}
}

// unfinished warns where the input ended before its end.
func (s *source) unfinished(sink imports.Sink) {
	if err := s.Err(); err != nil {
		sink.Warn(s.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
}

// cleanHead is a head without what the source takes off.
func cleanHead(head []byte) []byte {
	if bytes.IndexByte(head, '&') < 0 && bytes.IndexByte(head, '>') < 0 {
		return head
	}
	s := source{Lines: imports.NewLines(bytes.NewReader(head))}
	var out []byte
	for s.Next() {
		out = append(append(out, s.text...), '\n')
	}
	return out
}
