package querytest

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// Script is a parsed script.
type Script struct {
	sockets, nodes, cpus int // nodes a socket, CPUs a node
	counters             *block
	nodeTable            *block
	samples              []export.Sample // TS relative to the start
	traced               tracedRows
	units                []export.Unit
	referenceHz          int64
	model                string            // of the processor, in the event table
	meanings, caveats    map[string]string // by event
	Evals                []Eval
}

// block is what a `counters` or `nodes` line begins.
type block struct {
	scope  export.Scope
	period time.Duration
	names  []string // in order of appearance
	groups []group
	series map[string]map[int][]reading
}

// group is a group of counters: its events are names[from:to].
type group struct {
	name     string
	from, to int
}

// reading is one tick of one series.
type reading struct {
	missing bool
	value   int64
	epoch   int32
	running float64 // share of enabled time, since the tick before
}

// Eval is one question and what must come back.
type Eval struct {
	Line    int
	Query   query.Query // From and To relative to the start, ms
	Rows    []ExpectedRow
	Error   string
	Notices []string
	Engine  tolerance // of a fleet's engine
}

// ExpectedRow is a row of a grid; NaN is null.
type ExpectedRow struct {
	Label  string
	Values []float64
}

// Parse reads a script.
func Parse(in io.Reader) (*Script, error) {
	p := &parser{s: &Script{sockets: 1, nodes: 1, cpus: 1, meanings: map[string]string{}, caveats: map[string]string{}}}
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		if err := p.line(n, text); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return p.s, lines.Err()
}

type parser struct {
	s      *Script
	inside func(fields []string, text string) error
}

func (p *parser) line(n int, text string) error {
	f := strings.Fields(text)
	if text[0] == ' ' || text[0] == '\t' {
		if p.inside == nil {
			return fmt.Errorf("%q is indented but belongs to nothing", strings.TrimSpace(text))
		}
		return p.inside(f, strings.TrimSpace(text))
	}
	switch f[0] {
	case "topology":
		_, err := fmt.Sscanf(f[1], "%dx%dx%d", &p.s.sockets, &p.s.nodes, &p.s.cpus)
		return err
	case "counters":
		return p.begin(&p.s.counters, export.Scope(f[1]), f[3])
	case "nodes":
		return p.begin(&p.s.nodeTable, "", f[2])
	case "samples":
		p.inside = p.sample
		return nil
	case "allocations", "migrations":
		return p.beginTraced(f)
	case "stacks":
		p.inside = p.stack
		return nil
	case "units":
		p.inside = p.unit
		return nil
	case "events":
		p.inside = p.event
		return nil
	case "model":
		p.s.model = f[1]
		return nil
	case "reference":
		_, err := fmt.Sscanf(f[1], "%dHz", &p.s.referenceHz)
		return err
	case "eval":
		return p.eval(n, f[1:])
	}
	return fmt.Errorf("unknown word %q", f[0])
}

func (p *parser) begin(b **block, scope export.Scope, period string) error {
	d, err := time.ParseDuration(period)
	if err != nil {
		return err
	}
	*b = &block{scope: scope, period: d, series: map[string]map[int][]reading{}, groups: []group{{name: "g"}}}
	p.inside = func(f []string, _ string) error { return (*b).add(f) }
	return nil
}

// add reads "event instance: readings…", or "group NAME", of which the events
// are that follow.
func (b *block) add(f []string) error {
	last := &b.groups[len(b.groups)-1]
	if f[0] == "group" {
		if last.to == last.from {
			last.name = f[1]
		} else {
			b.groups = append(b.groups, group{f[1], last.to, last.to})
		}
		return nil
	}
	id, err := strconv.Atoi(strings.TrimSuffix(f[1], ":"))
	if err != nil {
		return err
	}
	if b.series[f[0]] == nil {
		b.names = append(b.names, f[0])
		last.to++
		b.series[f[0]] = map[int][]reading{}
	}
	b.series[f[0]][id], err = readings(f[2:])
	return err
}

var steps = regexp.MustCompile(`^(-?\d+)([+-]\d+)x(\d+)$`)

func readings(words []string) ([]reading, error) {
	var out []reading
	now := reading{running: 1}
	for _, w := range words {
		if m := steps.FindStringSubmatch(w); m != nil {
			v, _ := strconv.ParseInt(m[1], 10, 64)
			step, _ := strconv.ParseInt(m[2], 10, 64)
			n, _ := strconv.Atoi(m[3])
			for i := range n + 1 {
				now.value = v + int64(i)*step
				out = append(out, now)
			}
			continue
		}
		switch base, n := repeated(w); {
		case base == "_":
			for range n {
				out = append(out, reading{missing: true})
			}
		case w == "reset":
			now.epoch++
		case strings.HasPrefix(w, "run:"):
			share, err := strconv.ParseFloat(w[len("run:"):], 64)
			if err != nil {
				return nil, err
			}
			now.running = share
		default:
			v, err := strconv.ParseInt(base, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%q is not a reading", w)
			}
			now.value = v
			for range n {
				out = append(out, now)
			}
		}
	}
	return out, nil
}

// repeated splits "0.5x4" into "0.5" and 4.
func repeated(w string) (string, int) {
	if base, count, ok := strings.Cut(w, "x"); ok {
		if n, err := strconv.Atoi(count); err == nil {
			return base, n
		}
	}
	return w, 1
}

// sample reads "0.35s cpu 0 mem 1 weight 3"; mem -1 is not known.
func (p *parser) sample(f []string, _ string) error {
	at, err := time.ParseDuration(f[0])
	if err != nil {
		return err
	}
	s := export.Sample{TS: int64(at), Kind: export.MinorFault, Weight: 1, Addr: 0x1000}
	for i := 1; i+1 < len(f); i += 2 {
		v, err := strconv.ParseInt(f[i+1], 10, 32)
		if err != nil {
			return err
		}
		switch f[i] {
		case "cpu":
			s.CPU = int32(v)
		case "mem":
			s.MemNode = int32(v)
		case "weight":
			s.Weight = v
		default:
			return fmt.Errorf("unknown word %q", f[i])
		}
	}
	p.s.samples = append(p.s.samples, s)
	return nil
}

// unit reads "uncore_imc_0 socket 1 node 2"; node -1 is not known.
func (p *parser) unit(f []string, _ string) error {
	u := export.Unit{PMU: f[0]}
	if _, err := fmt.Sscanf(strings.Join(f[1:], " "), "socket %d node %d", &u.Socket, &u.Node); err != nil {
		return fmt.Errorf("unit %s: want socket N node N: %w", f[0], err)
	}
	p.s.units = append(p.s.units, u)
	return nil
}

// event reads "ls_fills.far means dram-loads-remote; MMIO is in it": an
// event's meaning, and after a semicolon its caveat.
func (p *parser) event(f []string, text string) error {
	if len(f) < 3 || f[1] != "means" {
		return fmt.Errorf("%q: want EVENT means MEANING; CAVEAT", text)
	}
	meaning, caveat, _ := strings.Cut(strings.Join(f[2:], " "), "; ")
	p.s.meanings[f[0]], p.s.caveats[f[0]] = meaning, caveat
	return nil
}
