package perfc2c

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// stats is where the values of a table of statistics end: perf prints them
// flush right.
type stats struct {
	at int
}

var (
	statForm   = regexp.MustCompile(`^([A-Z][\w ()/-]*?)\s*:\s*(\d+|-?\d+\.\d+%|-?nan%|-?inf%)(?: {2,}(?:<|←|#|//|\(|--?>?|\*).*)?$`) // people write remarks behind
	traceKey   = regexp.MustCompile(`^(?:Total records|Locked Load/Store Operations|Load (?:Operations|Fill Buffer Hit|L1D hit|L2D hit|LLC hit|HIT Peer|HIT (?:Local|Remote) Peer|(?:Local|Remote) (?:HITM|HIT|DRAM)|MESI State \w+|LLC Misses|access blocked by \w+)|Loads - [\w ]+|LLC Misses to [\w ()]+|Store Operations|Store - [\w ]+|Store L1D (?:Hit|Miss)|No Page Map Rejects|Unable to parse data source)$`)
	sharedKey  = regexp.MustCompile(`^(?:Total Shared Cache Lines|.* on shared lines|Load (?:hits|HITs) on peer cache (?:or nodes|lines)|Total Merged records)$`)
	detailForm = regexp.MustCompile(`^(Events|Cachelines sort on|Cacheline data grouping)?\s*:\s*(\S.*)$`)
	startsKey  = regexp.MustCompile(`^(?:Total|Locked|Loads?|LLC|Stores?|No|Unable|Fill|L1D|L2D|Blocked)\b.*\d%?$`)
)

// statistic takes a line outside of tables.
func (x *reader) statistic(raw, text string) error {
	n := x.lines.Number()
	inStats := x.part == partTrace || x.part == partShared
	m := statForm.FindStringSubmatch(text)
	if m == nil {
		switch {
		case inStats && x.firm && x.lines.Cut():
			x.sink.Warn(n, "the text ends within this line: it is left out")
			return nil
		case inStats && x.firm && startsKey.MatchString(text), isKey(text):
			return x.lines.Wrong("a name, a colon and a number, as perf prints statistics")
		case orphan(text):
			return x.lines.Wrong("titles of a table with a line of dots above its rows")
		}
		if !x.firm || !inStats {
			x.part = ""
		}
		x.around.line(n, raw, text)
		return nil
	}
	key := m[1]
	trace, shared := traceKey.MatchString(key), sharedKey.MatchString(key)
	switch {
	case inStats && x.firm, trace && x.part == partTrace, shared && x.part == partShared:
	case trace:
		x.untitled(partTrace, key)
	case shared:
		x.untitled(partShared, key)
	case inStats && key == "Store No available memory level":
	default:
		x.around.line(n, raw, text)
		return nil
	}
	end := strings.LastIndex(raw, m[2]) + len(m[2])
	if x.lines.Cut() && end != x.at && !strings.HasSuffix(raw, "%") {
		x.sink.Warn(n, "the text ends within this line, and its number may lack digits: it is left out")
		return nil
	}
	x.at = end
	x.keys[x.part+key] = true
	f := imports.NewFigure(n)
	f.Scope, f.Name, f.Labels = imports.ScopeHost, key, x.labels("part", x.part)
	if !value(&f, m[2]) {
		return x.lines.Wrong("a number, no larger than any is")
	}
	x.sink.Figure(f)
	if key == "Total Shared Cache Lines" {
		x.told, x.shared = int(f.Value), n
	}
	return nil
}

// untitled enters a part whose title someone left out. Its lines may come in
// any order; one that was there already is of another report.
func (x *reader) untitled(part, key string) {
	if !x.had[part] || x.keys[part+key] {
		x.enter(part)
		return
	}
	x.part, x.firm = part, true
}

// isKey is true of a line that begins with one of perf's names and a colon.
func isKey(text string) bool {
	key, _, ok := strings.Cut(text, ":")
	key = strings.TrimSpace(key)
	return ok && (traceKey.MatchString(key) || sharedKey.MatchString(key))
}

// labels are pairs of key and value; those without a value are left out.
func (x *reader) labels(pairs ...string) map[string]string {
	out := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			out[pairs[i]] = pairs[i+1]
		}
	}
	if x.report > 1 {
		out["report"] = strconv.Itoa(x.report)
	}
	return out
}

// value takes a count, or a share as perf rounds it.
func value(f *imports.Figure, text string) bool {
	f.Kind, f.Unit = imports.KindCount, "1"
	digits, share := strings.CutSuffix(text, "%")
	if share {
		f.Kind = imports.KindMetric
		f.Labels["printed"] = text
		if strings.HasSuffix(digits, "nan") || strings.HasSuffix(digits, "inf") {
			f.Null, f.Why = true, text
			return true
		}
	}
	if !share && !plain(digits) {
		return false
	}
	exact := digits
	if share {
		exact += "e-2" // and not divided, which adds what was not printed
	}
	v, err := strconv.ParseFloat(exact, 64)
	f.Value = v
	return err == nil && digits != "" && (digits[0] == '-' || digits[0] >= '0' && digits[0] <= '9')
}

func plain(s string) bool {
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

// detail takes a line of how the report was made.
func (x *reader) detail(text string) bool {
	m := detailForm.FindStringSubmatch(text)
	if m == nil {
		return false
	}
	switch m[1] {
	case "Cachelines sort on":
		x.sink.Fact("sorted on", m[2])
	case "Cacheline data grouping":
		x.sink.Fact("grouped by", m[2])
	default:
		x.sink.Fact("event", m[2])
	}
	return true
}

// orphan is true of a row of a table whose head is not there.
func orphan(text string) bool {
	words := strings.Fields(text)
	if len(words) < 6 {
		return false
	}
	numbers, addresses := 0, 0
	for _, w := range words {
		switch {
		case plain(strings.Replace(strings.TrimSuffix(w, "%"), ".", "", 1)):
			numbers++
		case strings.HasPrefix(w, "0x"):
			addresses++
		}
	}
	return numbers >= 5 && addresses > 0 && (plain(words[0]) || strings.HasSuffix(words[0], "%"))
}

// end tells what a report lacks.
func (x *reader) end() {
	rows := x.counts[partLines]
	switch {
	case rows == 0 && x.counts[partPareto] > 0:
		x.sink.Warn(max(1, x.lines.Number()), "the table of shared cache lines is not in the text; its lines are known by the Pareto only")
	case rows == 0 && x.told != 0:
		x.sink.Warn(max(1, x.lines.Number()), "the report has no table of shared cache lines: it was made with --stats, or cut. Which lines are contended is not known")
	case x.told > rows:
		x.sink.Warn(x.shared, "perf counted "+strconv.Itoa(x.told)+" shared cache lines, and the table has "+strconv.Itoa(rows)+": perf left the others out for their few hits, or they were cut off")
	}
}
