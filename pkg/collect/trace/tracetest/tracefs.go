package tracetest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const tracefs = "/sys/kernel/tracing"

// teller has the kernel tell of events in its own way, in a buffer apart from
// anyone else's.
type teller struct {
	dir    string
	probes []string // kprobes that are ours
}

// newTeller mounts tracefs where it is not. It needs root.
func newTeller() (*teller, error) {
	if _, err := os.Stat(filepath.Join(tracefs, "instances")); err != nil {
		if err := unix.Mount("tracefs", tracefs, "tracefs", 0, ""); err != nil {
			return nil, fmt.Errorf("mount tracefs: %w", err)
		}
	}
	t := &teller{dir: filepath.Join(tracefs, "instances", fmt.Sprintf("numalens-%d", os.Getpid()))}
	if err := os.Mkdir(t.dir, 0o755); err != nil {
		return nil, err
	}
	if err := errors.Join(t.write("trace_clock", "mono"), t.write("buffer_size_kb", "8192")); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *teller) write(file, text string) error {
	return os.WriteFile(filepath.Join(t.dir, file), []byte(text), 0)
}

// enable turns an event on, "sched/sched_move_numa".
func (t *teller) enable(event string) error {
	return t.write(filepath.Join("events", event, "enable"), "1")
}

// without leaves out threads whose name begins so.
func (t *teller) without(name, event string) error {
	return t.write(filepath.Join("events", event, "filter"), fmt.Sprintf("!(COMM ~ %q)", name+"*"))
}

const probeGroup = "numalens_test"

// probe puts a kprobe at a function and turns it on. Its event has the
// function's name.
func (t *teller) probe(function, arguments string) error {
	if err := addProbe(fmt.Sprintf("p:%s/%s %s %s", probeGroup, function, function, arguments)); err != nil {
		return fmt.Errorf("a kprobe at %s: %w", function, err)
	}
	t.probes = append(t.probes, function)
	return t.enable(filepath.Join(probeGroup, function))
}

// addProbe appends: the file's content is all the probes that there are.
func addProbe(line string) error {
	f, err := os.OpenFile(filepath.Join(tracefs, "kprobe_events"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

func (t *teller) close() error {
	err := t.write("events/enable", "0")
	for _, p := range t.probes {
		err = errors.Join(err, addProbe("-:"+probeGroup+"/"+p))
	}
	return errors.Join(err, unix.Rmdir(t.dir))
}

// told is one event.
type told struct {
	comm     string
	tid, cpu int
	atNS     int64 // to the microsecond
	event    string
	fields   map[string]string
}

func (e *told) number(field string) int64 {
	n, err := strconv.ParseInt(e.fields[field], 0, 64)
	if err != nil {
		return int64(e.address(field))
	}
	return n
}

func (e *told) address(field string) uint64 {
	n, _ := strconv.ParseUint(e.fields[field], 0, 64)
	return n
}

var toldLine = regexp.MustCompile(`^\s*(.+)-(\d+)\s+\[(\d+)\]\s+\S+\s+(\d+)\.(\d{6}): (\w+): (.*)$`)

// read gives all that was told.
func (t *teller) read() ([]told, error) {
	text, err := os.ReadFile(filepath.Join(t.dir, "trace"))
	if err != nil {
		return nil, err
	}
	if lost := bytes.Count(text, []byte("LOST")); lost > 0 {
		return nil, fmt.Errorf("tracefs lost events %d times", lost)
	}
	var all []told
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		if e, ok := parseTold(lines.Text()); ok {
			all = append(all, e)
		}
	}
	return all, nil
}

// parseTold reads a line of the file trace; some are none of events.
func parseTold(line string) (told, bool) {
	m := toldLine.FindStringSubmatch(line)
	if m == nil {
		return told{}, false
	}
	e := told{comm: m[1], event: m[6], fields: map[string]string{}}
	e.tid, _ = strconv.Atoi(m[2])
	e.cpu, _ = strconv.Atoi(m[3])
	seconds, _ := strconv.ParseInt(m[4], 10, 64)
	micros, _ := strconv.ParseInt(m[5], 10, 64)
	e.atNS = seconds*1e9 + micros*1e3
	for _, word := range strings.Fields(m[7]) {
		if k, v, ok := strings.Cut(word, "="); ok {
			e.fields[k] = v
		}
	}
	return e, true
}
