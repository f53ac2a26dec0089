package bcc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// text goes through the lines.
type text struct {
	lines *imports.Lines
	sink  imports.Sink
	clock imports.DayClock

	tracing  string     // what a tool says that it traces
	section  []string   // lines above a histogram that name what it is of
	hist     *histogram // that is open
	done     *histogram // the last one, of which an average may follow
	cpus     *cpuTable
	cache    *cacheTable
	commands int
	every    int64 // ns between the rows of cachestat, where that is told

	skipped, skippedAt int
	skippedFirst       string
}

// tools are those whose commands are known at a prompt.
const tools = `runqlat|runqlen|runqslower|cpudist|biolatency|biolatpcts|bitesize|bitehist|funclatency|funcinterval|argdist|hardirqs|softirqs|(?:ext4|xfs|btrfs|zfs|nfs|fs)dist|vfsreadlat|tcprtt|tcpsynbl|tcpcong|dbstat|wqlat|readahead|llcstat|cachestat|iolatency|perf-stat-hist|numamove|ksnoop`

var (
	quoteForm   = regexp.MustCompile(`^(?:\s*>(?:\s|$))+`)
	remarkForm  = regexp.MustCompile(`^(?:#|//)(?:\s+|$)`)
	promptForm  = regexp.MustCompile(`^(?:(?:.*[#$%>]\s*)(?:sudo\s+)?(?:\S*/)?|(?:sudo\s+)(?:\S*/)?|\S*/)((?:` + tools + `)(?:-bpfcc|\.py)?(?:\s.*)?)$`)
	tracingForm = regexp.MustCompile(`^((?:Tracing|Sampling|Counting|Summarizing|Running|Measuring|Profiling|Collecting)\b.*?)(?:\.\.\.|\. Output|\. +Hit Ctrl-C| or [Hh]it Ctrl-C|, until Ctrl-C).*$`)
	everyForm   = regexp.MustCompile(`Output every (\d+) seconds`)
	memberForm  = regexp.MustCompile(`^([A-Za-z][\w ]*?) = (.*)$`)
	ofForm      = regexp.MustCompile(`^(?:pid|tid|cpu|pidns|disk|flags|operation|hardirq|softirq) = `)
	cutForm     = regexp.MustCompile(`^(?:#|//)?\s*[\[(<{]?\s*(?:\.\.\.+|…|\.\. ?snip.*|snip|cut|truncated|output (?:truncated|omitted))\s*[\])>}]?$`)
)

func (t *text) line() error {
	raw := imports.Blanks(t.lines.Text())
	raw = raw[len(quoteForm.FindString(raw)):]
	s, stopped := strings.CutPrefix(strings.TrimSpace(raw), "^C")
	s = strings.TrimSpace(s)
	if rest := s[len(remarkForm.FindString(s)):]; rest != s && (t.hist != nil || headOf(rest) != nil || cacheHead(rest) != nil || cpuHead(rest) != nil || ofForm.MatchString(rest)) {
		s = rest
	}
	if t.hist != nil && t.hist.bare != nil {
		return t.hist.bar(t, s)
	}
	if s == "" {
		t.finish()
		t.section = nil
		return nil
	}
	if h := headOf(s); h != nil {
		t.begin(h)
		return nil
	}
	if ok, err := t.table(raw, s, stopped); ok || err != nil {
		return err
	}
	if t.hist != nil {
		if ok, err := t.hist.row(t, s); ok || err != nil {
			return err
		}
	}
	return t.around(s)
}

// table reads lines of the tables of llcstat and cachestat.
func (t *text) table(raw, s string, stopped bool) (bool, error) {
	if c := cpuHead(s); c != nil {
		t.finish()
		t.cpus, t.cache = c, nil
		return true, nil
	}
	if c := cacheHead(s); c != nil {
		t.finish()
		c.width = len(strings.TrimRight(raw, " \t"))
		if t.cache != nil {
			c.rows = t.cache.rows // a header that is repeated
		}
		t.cpus, t.cache = nil, c
		return true, nil
	}
	switch {
	case t.cpus != nil:
		return t.cpus.line(t, s)
	case t.cache != nil:
		return t.cache.line(t, raw, s, stopped)
	}
	return t.totals(s)
}

func (t *text) begin(h *histogram) {
	t.finish()
	t.cpus, t.cache = nil, nil
	h.of(t.section, t.tracing)
	t.skipped -= h.named
	t.hist, t.section = h, nil
}

// finish ends a histogram.
func (t *text) finish() {
	if t.hist != nil {
		t.hist.flush(t)
		t.done, t.hist = t.hist, nil
	}
}

// around takes the lines between tables.
func (t *text) around(s string) error {
	if ok, err := t.averages(s); ok || err != nil {
		return err
	}
	if orphan(s) {
		return t.lines.Wrong("a line above the buckets, as `usecs : count distribution`")
	}
	if cutForm.MatchString(s) {
		if t.hist != nil {
			t.hist.gap()
		}
		t.sink.Warn(t.lines.Number(), "lines were cut out here")
		return nil
	}
	t.finish()
	if m := promptForm.FindStringSubmatch(s); m != nil {
		t.command(strings.TrimSpace(m[1]))
		return nil
	}
	if m := tracingForm.FindStringSubmatch(s); m != nil {
		t.section, t.tracing = nil, m[1]
		t.sink.Fact("tracing", m[1])
		if e := everyForm.FindStringSubmatch(s); e != nil {
			t.every = seconds(e[1])
		}
		return nil
	}
	if warning, ok := t.clock.Line(s); ok {
		t.section = nil
		if warning != "" {
			t.sink.Warn(t.lines.Number(), warning)
		}
		return nil
	}
	if strings.Trim(s, "`~") == "" {
		return nil
	}
	t.section = append(t.section, s)
	if len(t.section) > 4 {
		t.section = t.section[1:]
	}
	t.skipped++
	if memberForm.MatchString(s) {
		return nil
	}
	t.tracing = "" // what follows may be of another tool
	if t.skippedFirst == "" {
		t.skippedAt, t.skippedFirst = t.lines.Number(), s
	}
	return nil
}

// command takes a prompt's: what comes before it is not of the same capture.
func (t *text) command(line string) {
	t.clock.Forget()
	t.section, t.tracing, t.cpus, t.cache, t.done = nil, "", nil, nil, nil
	t.sink.Fact(imports.FactCommand, line)
	t.commands++
	t.every = 0
	fields := strings.Fields(line)
	for i, f := range fields {
		if !strings.Contains(f, "cachestat") {
			continue
		}
		for _, a := range fields[i+1:] {
			if n := seconds(a); n > 0 {
				t.every = n
				return
			}
		}
	}
}

// seconds is a whole number of them in ns, or 0.
func seconds(s string) int64 {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int64(n) * 1e9
}

func (t *text) end() error {
	t.finish()
	if err := t.lines.Err(); err != nil {
		t.sink.Warn(t.lines.Number(), fmt.Sprintf("the file ends here before its end: %v", err))
	}
	if t.skipped > 0 && t.skippedFirst != "" {
		t.sink.Warn(t.skippedAt, fmt.Sprintf("%d lines are of no table or histogram that is known and were skipped; the first is %.80q", t.skipped, t.skippedFirst))
	}
	return nil
}

// number is a figure of the line.
func (t *text) number(name, unit, digits string, kind imports.Kind) (imports.Figure, error) {
	f := imports.NewFigure(t.lines.Number())
	f.Scope, f.Name, f.Unit, f.Kind = imports.ScopeHost, name, unit, kind
	f.Labels = map[string]string{}
	x, err := strconv.ParseFloat(digits, 64)
	if err != nil || len(digits) > 20 {
		return f, t.lines.Wrong("a number of 64 bits as " + name)
	}
	f.Value = x
	if s := strconv.FormatFloat(x, 'f', -1, 64); s != digits && !strings.Contains(digits, ".") && strings.Trim(digits, "-0") != "" {
		f.Labels["exact"] = digits
	}
	return f, nil
}
