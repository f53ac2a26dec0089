package sampling

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const conditions = "name=, kind=, size>=, size<, comm~, caller~, remote, failed"

// ParseRule reads conditions joined by commas:
//
//	name=big,kind=kmalloc|page,size>=64K,comm~^nginx,caller~^tcp_
//
// A value that has a comma, or begins or ends with a space, stands in quotes,
// and a quote within those is doubled: comm~"^a{1,3}". A backslash is itself.
// Without a name the text is the name, cut where it is long; without a kind
// the rule is about every kind of which its conditions can be decided.
func ParseRule(text string) (Rule, error) {
	r, err := parseRule(text)
	if err != nil {
		return Rule{}, fmt.Errorf("rule %q: %w", shorten(text), err)
	}
	return r, nil
}

func parseRule(text string) (Rule, error) {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return Rule{}, errors.New("a rule is one line of UTF-8 text")
	}
	var r Rule
	seen := map[string]bool{}
	for rest, more := text, true; more; {
		var c condition
		var err error
		if c, rest, more, err = cutCondition(rest); err != nil {
			return Rule{}, err
		}
		if seen[c.key] {
			return Rule{}, fmt.Errorf("%s stands twice; a rule has each condition once", c.key)
		}
		seen[c.key] = true
		if err := r.add(c); err != nil {
			return Rule{}, fmt.Errorf("%s%s: %w", c.key, c.value, err)
		}
	}
	if len(seen) == 1 && seen["name="] {
		return Rule{}, fmt.Errorf("name= alone keeps nothing apart; add one of %s", conditions)
	}
	r.fill(text)
	return r, r.check()
}

// fill gives what was not said.
func (r *Rule) fill(text string) {
	if r.Name == "" {
		r.Name = shorten(strings.TrimSpace(text))
	}
	if r.Kinds == 0 {
		r.Kinds = allKinds
		if r.Remote {
			r.Kinds &= remoteKinds
		}
		if r.Failed {
			r.Kinds &= failedKinds
		}
	}
}

// condition is a key with its operator, "size>=", and what follows it.
type condition struct {
	key, value string
	isFlag     bool // there is no operator
}

// cutCondition takes the first condition off a text; more says that a comma
// followed it.
func cutCondition(text string) (c condition, rest string, more bool, err error) {
	text = strings.TrimLeftFunc(text, unicode.IsSpace)
	word := len(text) - len(strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz"))
	key := word + len(text[word:]) - len(strings.TrimLeft(text[word:], "=~<>"))
	c.key, c.isFlag, text = text[:key], key == word, text[key:]
	if !c.isFlag && strings.HasPrefix(text, `"`) {
		if c.value, text, err = cutQuoted(text[1:]); err != nil {
			return c, "", false, fmt.Errorf("%s: %w", c.key, err)
		}
		text = strings.TrimLeftFunc(text, unicode.IsSpace)
		if text != "" && text[0] != ',' {
			return c, "", false, fmt.Errorf("%s: after the closing quote comes a comma or the end, not %q; a quote within quotes is doubled", c.key, shorten(text))
		}
		rest, more = strings.CutPrefix(text, ",")
		return c, rest, more, nil
	}
	c.value, rest, more = strings.Cut(text, ",")
	c.value = strings.TrimSpace(c.value)
	return c, rest, more, nil
}

func cutQuoted(text string) (value, rest string, err error) {
	var b strings.Builder
	for {
		part, after, found := strings.Cut(text, `"`)
		if !found {
			return "", "", errors.New("the quote is not closed")
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, `"`) {
			return b.String(), after, nil
		}
		b.WriteByte('"')
		text = after[1:]
	}
}

func (r *Rule) add(c condition) (err error) {
	if c.isFlag {
		switch c.key + c.value {
		case "remote":
			r.Remote = true
			return nil
		case "failed":
			r.Failed = true
			return nil
		}
		return errUnknown
	}
	switch c.key {
	case "name=":
		r.Name = c.value
		if c.value == "" {
			err = errors.New("the name is empty")
		}
	case "kind=":
		r.Kinds, err = parseKinds(c.value)
	case "size>=":
		r.AtLeast, err = parseSize(c.value)
	case "size<":
		r.Below, err = parseSize(c.value)
	case "comm~":
		r.Comm, err = parseRegex(c.value)
	case "caller~":
		r.Caller, err = parseRegex(c.value)
	default:
		err = errUnknown
	}
	return err
}

var errUnknown = fmt.Errorf(`no such condition; allowed are %s, and a value with a comma needs quotes: comm~"a,b"`, conditions)

func parseRegex(text string) (*regexp.Regexp, error) {
	if text == "" || len(text) > maxRegex {
		return nil, fmt.Errorf("a regular expression has 1 to %d bytes", maxRegex)
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, fmt.Errorf(`%w; RE2 syntax is allowed, in quotes if it has a comma: comm~"a,b"`, err)
	}
	return re, nil
}

// shorten cuts a text to the length of a name.
func shorten(text string) string {
	if utf8.RuneCountInString(text) <= maxName {
		return text
	}
	return string([]rune(text)[:maxName-1]) + "…"
}
