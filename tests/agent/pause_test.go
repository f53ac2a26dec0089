package agent_test

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/query"
)

// tell runs a command that ends by itself, and gives what it said.
func tell(t *testing.T, args ...string) (string, int) {
	t.Helper()
	c := exec.Command(bin, args...)
	b, err := c.CombinedOutput()
	if c.ProcessState == nil {
		t.Fatal(err)
	}
	return string(b), c.ProcessState.ExitCode()
}

func mustTell(t *testing.T, want string, args ...string) {
	t.Helper()
	if said, status := tell(t, args...); status != 0 || !strings.Contains(said, want) {
		t.Fatalf("%v: status %d, want %q in:\n%s", args, status, want, said)
	}
}

// recordingWithCounters records the host, or skips where nothing is counted.
func recordingWithCounters(t *testing.T, args ...string) (*run, string) {
	t.Helper()
	needRoot(t, "whole CPUs are counted with privilege only")
	out := outDir(t)
	r := start(t, append([]string{"record", "--out", out, "--host", "h"}, args...))
	r.awaitText(t, r.stderr, "recording into")
	if m := onlyRun(t, out); !counts(m) {
		t.Skip("[root] CPU-wide events are not allowed here")
	}
	return r, out
}

func counts(m *export.Manifest) bool {
	i := slices.IndexFunc(m.Tables, func(x export.TableInfo) bool { return x.Name == export.TableCounters })
	return i >= 0 && slices.Contains(m.Tables[i].Scopes, string(export.ScopeCPU))
}

// notesOf reads a sealed run's notes.
func notesOf(t *testing.T, out string, m *export.Manifest) []export.Note {
	t.Helper()
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	notes, err := export.NewReader(files).Notes(t.Context(), m.Host, m.Run)
	if err != nil {
		t.Fatal(err)
	}
	return notes
}

// pauses gives the times of notes that bound the pauses of a table.
func pauses(notes []export.Note, table string) (stops, starts []int64) {
	for _, n := range notes {
		switch {
		case n.Table != table:
		case n.Kind == export.NoteStop:
			stops = append(stops, n.TS)
		case n.Kind == export.NoteStart:
			starts = append(starts, n.TS)
		}
	}
	return stops, starts
}

// switchRate asks as a panel does, by columns of 250 ms.
func switchRate(t *testing.T, out string, m *export.Manifest) *query.Grid {
	t.Helper()
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	g, err := query.Sources{{Name: "test", Source: export.NewReader(files)}}.Grid(t.Context(), query.Query{
		View: query.ViewHeatmap, Metric: "context_switches", By: query.ByCPU, Host: m.Host, Run: m.Run, Columns: int((m.EndNS - m.StartNS) / 250e6),
	})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// steadyClock holds the rate of a clock in each column against 1, whatever
// happened meanwhile: a count that was taken across a pause would show.
func steadyClock(t *testing.T, out string, m *export.Manifest) {
	t.Helper()
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	var edges []int64
	for at := m.StartNS; at < m.EndNS; at += 250e6 {
		edges = append(edges, at)
	}
	in, err := export.NewReader(files).Increments(t.Context(), m.Host, m.Run, export.IncrementsRequest{
		Table: export.TableCounters, Scope: export.ScopeCPU, Columns: []string{"cpu-clock"}, EdgesNS: edges,
	})
	if err != nil {
		t.Fatal(err)
	}
	for k, span := range in.Series[0].SpanNS {
		if rate := float64(in.Series[0].Delta[k]) / float64(span); span > 0 && (rate < 0.8 || rate > 1.2) {
			t.Errorf("row %d, column %d: a clock of %g s a second", k/in.Columns, k%in.Columns, rate)
		}
	}
}

// TestAPauseIsAGap: what closes perf events has a beginning and an end in the
// notes, nothing is known in between, and no rate is out of the ordinary.
func TestAPauseIsAGap(t *testing.T) {
	t.Parallel()
	r, out := recordingWithCounters(t)
	where := []string{"--out", out, "--host", "h"}
	time.Sleep(1200 * time.Millisecond) // something to compare with
	before := perfEvents(t, r.cmd.Process.Pid)
	mustTell(t, "its counters are paused until", append([]string{"pause", "--for", "1h"}, where...)...)
	if m := onlyRun(t, out); m.Paused == nil || m.Paused.Faults {
		t.Errorf("run.json says paused: %+v", m.Paused)
	}
	if open := perfEvents(t, r.cmd.Process.Pid); open >= before {
		t.Errorf("%d perf events are open in the pause, and %d were before", open, before)
	}
	mustTell(t, "its counters are paused until", append([]string{"status"}, where...)...)
	time.Sleep(2500 * time.Millisecond)
	mustTell(t, "is recording", append([]string{"resume"}, where...)...)
	time.Sleep(1500 * time.Millisecond)
	r.signal(t, syscall.SIGTERM)
	if status := r.wait(t); status != 0 {
		t.Fatalf("status %d: %s", status, r.stderr)
	}
	m := onlyRun(t, out)
	notes := notesOf(t, out, m)
	stops, starts := pauses(notes, export.TableCounters)
	if len(stops) != 1 || len(starts) != 1 || m.Paused != nil {
		t.Fatalf("stops %v, starts %v, paused %+v; notes %+v", stops, starts, m.Paused, notes)
	}
	if stops, _ := pauses(notes, export.TableSamples); len(stops) != 0 {
		t.Error("fault samples were paused, and nobody asked for that")
	}
	steadyClock(t, out, m)
	g := switchRate(t, out, m)
	known, early, late := false, false, false
	for i, v := range g.Values {
		column := i % g.Columns
		from, to := g.StartNS+int64(column)*g.WidthNS, g.StartNS+int64(column+1)*g.WidthNS
		switch {
		case from > stops[0] && to < starts[0]:
			known = known || !math.IsNaN(v)
		case math.IsNaN(v):
		default:
			early, late = early || to < stops[0], late || from > starts[0]
			if v < 0 {
				t.Errorf("row %d, column %d: %g switches a second", i/g.Columns, column, v)
			}
		}
	}
	if known || !early || !late {
		t.Errorf("values before the pause %v, within %v, after %v", early, known, late)
	}
	sound(t, out)
}

// perfEvents are the perf events that a process has open.
func perfEvents(t *testing.T, pid int) int {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if to, err := os.Readlink(dir + "/" + e.Name()); err == nil && strings.Contains(to, "[perf_event]") {
			n++
		}
	}
	return n
}

// TestAForgottenPauseHeals: the tool that asked is killed, and the pause ends
// when it was to. A later one takes the place of an earlier one.
func TestAForgottenPauseHeals(t *testing.T) {
	t.Parallel()
	r, out := recordingWithCounters(t)
	asking := start(t, []string{"pause", "--out", out, "--host", "h", "--for", "1h", "--faults"})
	for range 600 {
		if _, err := os.Stat(export.PausePath(out, "h")); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	asking.cmd.Process.Kill()
	asking.wait(t)
	awaitPaused(t, out, true)
	mustTell(t, "counters are paused until", "pause", "--out", out, "--host", "h", "--for", "2s")
	if m := onlyRun(t, out); m.Paused == nil || m.Paused.UntilNS-m.Paused.SinceNS != 2e9 {
		t.Errorf("paused: %+v", m.Paused)
	}
	awaitPaused(t, out, false)
	if _, err := os.Stat(export.PausePath(out, "h")); !os.IsNotExist(err) {
		t.Errorf("the file of a pause that is over: %v", err)
	}
	r.signal(t, syscall.SIGTERM)
	r.wait(t)
	m := onlyRun(t, out)
	notes := notesOf(t, out, m)
	if stops, starts := pauses(notes, export.TableCounters); len(stops) != 1 || len(starts) != 1 {
		t.Errorf("stops %v, starts %v of counters", stops, starts)
	}
	stops, starts := pauses(notes, export.TableSamples)
	if len(stops) != 1 || len(starts) != 1 {
		t.Errorf("stops %v, starts %v of samples", stops, starts)
	}
	sound(t, out)
}

func awaitPaused(t *testing.T, out string, want bool) {
	t.Helper()
	for range 600 {
		if m := onlyRun(t, out); (m.Paused != nil) == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the recording does not come to be paused: %v", want)
}

// TestARunThatBeginsInAPauseRests, and one that ends in it is whole.
func TestARunThatBeginsInAPauseRests(t *testing.T) {
	t.Parallel()
	needRoot(t, "whole CPUs are counted with privilege only")
	out := outDir(t)
	if err := os.MkdirAll(out+"/h", 0o755); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if err := (export.Pause{SinceNS: now.UnixNano(), UntilNS: now.Add(time.Hour).UnixNano(), By: "someone"}).Ask(export.PausePath(out, "h")); err != nil {
		t.Fatal(err)
	}
	r := start(t, []string{"record", "--out", out, "--host", "h", "--for", "3s"})
	r.awaitText(t, r.stderr, "recording into")
	awaitPaused(t, out, true)
	mustTell(t, "by someone", "status", "--root", out, "--host", "h")
	if status := r.wait(t); status != 0 {
		t.Fatalf("status %d: %s", status, r.stderr)
	}
	if m := onlyRun(t, out); m.State != export.Sealed || m.Paused != nil {
		t.Errorf("state %s, paused %+v", m.State, m.Paused)
	}
	sound(t, out)
}

// TestACommandsCountersRestToo: they are inherited by processes that could
// not be found again, and go on with all of them.
func TestACommandsCountersRestToo(t *testing.T) {
	t.Parallel()
	needRoot(t, "becoming a plain user needs root")
	out := outDir(t)
	r := start(t, []string{"record", "--out", out, "--host", "h", "--", "sh", "-c", "while :; do :; done & sleep 7; kill $!"}, asPlainUser)
	r.awaitText(t, r.stderr, "recording into")
	time.Sleep(1500 * time.Millisecond)
	mustTell(t, "paused", "pause", "--out", out, "--host", "h", "--for", "2s")
	if status := r.wait(t); status != 0 {
		t.Fatalf("status %d: %s", status, r.stderr)
	}
	m := onlyRun(t, out)
	if _, ok := tableOf(m, export.TableCounters); !ok || len(m.Groups) == 0 {
		t.Skip("[root] a plain user may not count the own command here")
	}
	stops, starts := pauses(notesOf(t, out, m), export.TableCounters)
	if len(stops) != 1 || len(starts) != 1 {
		t.Fatalf("stops %v, starts %v", stops, starts)
	}
	files, err := export.Dir(out)
	if err != nil {
		t.Fatal(err)
	}
	// The child that spins was there before the pause: it is counted after.
	in, err := export.NewReader(files).Increments(t.Context(), m.Host, m.Run, export.IncrementsRequest{
		Table: export.TableCounters, Scope: export.ScopeProcessCPU, Columns: []string{"task-clock"},
		EdgesNS: []int64{m.StartNS, stops[0] - 2e8, stops[0] + 3e8, starts[0] - 3e8, starts[0] + 2e8, m.EndNS},
	})
	if err != nil {
		t.Fatal(err)
	}
	sum := make([]int64, in.Columns)
	for i := range in.Instances {
		for c := range in.Columns {
			sum[c] += in.Series[0].Delta[i*in.Columns+c]
		}
	}
	if sum[0] <= 0 || sum[2] != 0 || sum[4] <= 0 {
		t.Errorf("it ran for %v ns before, around, within, around and after the pause", sum)
	}
}

// TestServePausesByItsSettings: the file of settings names what is meant.
func TestServePausesByItsSettings(t *testing.T) {
	t.Parallel()
	needRoot(t, "whole CPUs are counted with privilege only")
	out := outDir(t)
	config := writeConfig(t, "out: "+out+"\nhost: bench\nlisten: 127.0.0.1:0\n")
	r := start(t, []string{"serve", "--config", config})
	r.awaitText(t, r.stderr, "msg=recording")
	mustTell(t, "its counters and fault samples are paused", "pause", "--config", config, "--faults")
	if n := perfEvents(t, r.cmd.Process.Pid); n != 0 {
		t.Errorf("%d perf events are open in a pause of everything", n)
	}
	mustTell(t, "bench/", "resume", "--config", config)
	mustTell(t, "nothing of bench is paused", "resume", "--config", config)
	if m := onlyRun(t, out); counts(m) && perfEvents(t, r.cmd.Process.Pid) == 0 {
		t.Error("no perf event is open after the pause")
	}
	r.signal(t, syscall.SIGTERM)
	if status := r.wait(t); status != 0 {
		t.Errorf("status %d: %s", status, r.stderr)
	}
	sound(t, out)
}

func TestWhatCannotBePaused(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	for want, c := range map[string]struct {
		args   []string
		status int
	}{
		"there is nothing to pause":  {[]string{"pause", "--out", out}, 1},
		"nothing of":                 {[]string{"resume", "--out", out}, 0},
		"nothing records":            {[]string{"status", "--out", out}, 0},
		"no such file":               {[]string{"status", "--out", out + "/none"}, 1},
		"want 1s to 24h":             {[]string{"pause", "--out", out, "--for", "25h"}, 2},
		"names the directory":        {[]string{"pause"}, 2},
		"--host":                     {[]string{"pause", "--out", out, "--host", "../x"}, 2},
		"no argument is taken":       {[]string{"resume", "--out", out, "all"}, 2},
		"configuration: open /none:": {[]string{"pause", "--config", "/none"}, 1},
	} {
		said, status := tell(t, c.args...)
		if status != c.status || !strings.Contains(said, want) {
			t.Errorf("%v: status %d, want %d and %q in:\n%s", c.args, status, c.status, want, said)
		}
		if status == 1 && strings.Count(said, "\n") != 1 {
			t.Errorf("%v says more than a sentence:\n%s", c.args, said)
		}
	}
}
