package agent_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/numalens/numalens/pkg/export"
)

// TestRecordACommand records one that touches known pages, as whoever runs
// the tests and as a plain user.
func TestRecordACommand(t *testing.T) {
	for name, options := range users() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := outDir(t)
			r := start(t, []string{"record", "--out", out, "--fault-period", "1", "--name", "touch pages", "--label", "suite=test", "--label", "pages=5000", "--host", "bench1", "--", helper, "5000", "1500ms"},
				append(options, withEnv(helperVariable+"=touch"))...)
			if code := r.wait(t); code != 0 {
				t.Fatalf("status %d; stderr:\n%s", code, r.stderr)
			}
			if r.stdout.String() != "" {
				t.Errorf("stdout is the command's, and there is %q", r.stdout)
			}
			lines := strings.Split(strings.TrimSpace(r.stderr.String()), "\n")
			if len(lines) != 2 || !strings.Contains(lines[0], "recording into "+out) || !strings.Contains(lines[1], "recorded ") {
				t.Errorf("want one line at the start and one at the end, and there is:\n%s", r.stderr)
			}
			m := onlyRun(t, out)
			checkManifest(t, m)
			report := sound(t, out)
			for _, table := range []string{export.TableNodes, export.TableNotes} {
				if rowsOf(report, table) == 0 {
					t.Errorf("no rows in %s", table)
				}
			}
			// Each touched page is a fault in user mode, which a plain user
			// may sample too. On a busy machine the ring can fill up before
			// the agent gets a CPU: then the run says how many were lost.
			rows, lost := rowsOf(report, export.TableSamples), lostOf(t, out, m, export.TableSamples)
			if rows+lost < 5000 && granted(t, m, export.TableSamples, "fault samples", string(export.MinorFault)) {
				t.Errorf("%d fault samples, and %d said to be lost, of a command that touches 5000 pages", rows, lost)
			}
			if rows := rowsOf(report, export.TableCounters); rows == 0 && granted(t, m, export.TableCounters, "counters", string(export.ScopeCPU), string(export.ScopeProcessCPU)) {
				t.Error("no rows in counters")
			}
		})
	}
}

// lostOf is how many rows of a table a run says that it lost.
func lostOf(t *testing.T, root string, m *export.Manifest, table string) int64 {
	t.Helper()
	files, err := export.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	notes, err := export.NewReader(files).Notes(t.Context(), m.Host, m.Run)
	if err != nil {
		t.Fatal(err)
	}
	var lost int64
	for _, n := range notes {
		if n.Kind == export.NoteDrop && n.Table == table {
			lost += n.Count
		}
	}
	return lost
}

func users() map[string][]option {
	u := map[string][]option{"this user": nil}
	if os.Geteuid() == 0 {
		u["plain user"] = []option{asPlainUser}
	}
	return u
}

// granted tells whether a table is there with one of the scopes. If it is not,
// the run has to say why.
func granted(t *testing.T, m *export.Manifest, table, feature string, scopes ...string) bool {
	t.Helper()
	info, _ := tableOf(m, table)
	for _, s := range scopes {
		if slices.Contains(info.Scopes, s) {
			return true
		}
	}
	if why, _, ok := missing(m, feature); !ok || why == "" {
		t.Errorf("there is no table %s of %v, and no reason", table, scopes)
	}
	return false
}

func checkManifest(t *testing.T, m *export.Manifest) {
	t.Helper()
	if m.State != export.Sealed || m.Host != "bench1" || m.Name != "touch pages" || !strings.HasSuffix(m.Run, "-touch-pages") {
		t.Errorf("state %q, host %q, run %q, name %q", m.State, m.Host, m.Run, m.Name)
	}
	if m.Labels["suite"] != "test" || m.Labels["pages"] != "5000" {
		t.Errorf("labels %v", m.Labels)
	}
	if m.ExitStatus == nil || *m.ExitStatus != 0 || len(m.Command) != 3 || m.Command[0] != helper {
		t.Errorf("command %q, exit status %v", m.Command, m.ExitStatus)
	}
	if m.StartNS == 0 || m.EndNS <= m.StartNS || m.Clock.WallNS != m.StartNS {
		t.Errorf("start %d, end %d, clock %+v", m.StartNS, m.EndNS, m.Clock)
	}
	if m.Agent.CPUSeconds <= 0 || m.Agent.WallSeconds < 1 || m.Agent.Version == "" {
		t.Errorf("agent %+v", m.Agent)
	}
	if len(m.Topology.CPUs) == 0 || len(m.Topology.Nodes) == 0 || m.BootID == "" || m.Kernel == "" || m.Pinning.CPUs == "" {
		t.Errorf("the host is not described: %d CPUs, %d nodes, boot %q, kernel %q, pinning %+v", len(m.Topology.CPUs), len(m.Topology.Nodes), m.BootID, m.Kernel, m.Pinning)
	}
	for _, s := range m.Segments {
		if s.Format != "parquet" {
			t.Errorf("segment %s of a sealed run is %s", s.File, s.Format)
		}
	}
}

func rowsOf(r *export.Report, table string) (rows int64) {
	for _, h := range r.Hosts {
		for _, run := range h.Runs {
			for _, t := range run.Tables {
				if t.Table == table {
					rows += t.Rows
				}
			}
		}
	}
	return rows
}

func TestExitStatusIsTheCommands(t *testing.T) {
	notExecutable := filepath.Join(outDir(t), "script")
	if err := os.WriteFile(notExecutable, []byte("echo no"), 0o644); err != nil {
		t.Fatal(err)
	}
	garbage := filepath.Join(outDir(t), "garbage")
	if err := os.WriteFile(garbage, []byte("\x7fELF nonsense"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		command []string
		status  int
		runs    int // that are left; one that never began leaves none
		says    string
	}{
		"success":           {[]string{"true"}, 0, 1, "recorded"},
		"status 3":          {[]string{"sh", "-c", "exit 3"}, 3, 1, "recorded"},
		"status 255":        {[]string{"sh", "-c", "exit 255"}, 255, 1, "recorded"},
		"killed by TERM":    {[]string{"sh", "-c", "kill -TERM $$"}, 143, 1, "recorded"},
		"killed by KILL":    {[]string{"sh", "-c", "kill -KILL $$"}, 137, 1, "recorded"},
		"not found":         {[]string{"no-such-command-anywhere"}, 127, 0, "no-such-command-anywhere"},
		"path not found":    {[]string{"/no/such/command"}, 127, 0, "/no/such/command"},
		"not executable":    {[]string{notExecutable}, 126, 0, "permission denied"},
		"a directory":       {[]string{"/tmp"}, 126, 0, "/tmp"},
		"not a program":     {[]string{garbage}, 126, 1, "exec format error"},
		"flags are its own": {[]string{"sh", "-c", `exit $#`, "--out", "x", "--", "y"}, 3, 1, "recorded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := outDir(t)
			r := start(t, append([]string{"record", "--out", out, "--"}, c.command...))
			if got := r.wait(t); got != c.status {
				t.Errorf("status %d, want %d; stderr:\n%s", got, c.status, r.stderr)
			}
			if !strings.Contains(r.stderr.String(), c.says) {
				t.Errorf("%q is not in stderr:\n%s", c.says, r.stderr)
			}
			all := manifests(t, out)
			if len(all) != c.runs {
				t.Fatalf("%d runs, want %d", len(all), c.runs)
			}
			for _, m := range all {
				if m.State != export.Sealed || m.ExitStatus == nil || *m.ExitStatus != c.status {
					t.Errorf("state %q, exit status %v, want sealed and %d", m.State, m.ExitStatus, c.status)
				}
				sound(t, out)
			}
		})
	}
}

func TestCommandKeepsItsStreams(t *testing.T) {
	t.Parallel()
	r := start(t, []string{"record", "--quiet", "--out", outDir(t), "--", "sh", "-c", "cat; echo error >&2"}, func(c *exec.Cmd) {
		c.Stdin = strings.NewReader("input")
	})
	if code := r.wait(t); code != 0 || r.stdout.String() != "input" || r.stderr.String() != "error\n" {
		t.Errorf("status %d, stdout %q, stderr %q", code, r.stdout, r.stderr)
	}
}

// The command must run as it would without us: same niceness, same CPUs.
func TestCommandInheritsNothingOfOurs(t *testing.T) {
	t.Parallel()
	const script = `nice; grep -E 'Cpus_allowed_list|SigIgn|SigBlk' /proc/self/status; echo ${NUMALENS_TOKEN-none}`
	for name, before := range map[string]string{"plain": "", "nohup": "trap '' HUP; "} {
		with := startCommand(t, exec.Command("sh", "-c", before+`exec "$@"`, "sh", bin, "record", "--quiet", "--out", outDir(t), "--", "sh", "-c", script))
		plain := startCommand(t, exec.Command("sh", "-c", before+script))
		with.wait(t)
		plain.wait(t)
		if with.stdout.String() != plain.stdout.String() || with.stdout.String() == "" {
			t.Errorf("%s: recorded, the command sees\n%swithout us\n%s", name, with.stdout, plain.stdout)
		}
	}
}

// Under nice the agent is lower already than it would set itself, and a plain
// user may not go back up.
func TestRecordUnderNice(t *testing.T) {
	for name, options := range users() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plain := startCommand(t, exec.Command("nice", "-n", "15", "nice"), options...)
			plain.wait(t)
			r := startCommand(t, exec.Command("nice", "-n", "15", bin, "record", "--out", outDir(t), "--", "nice"), options...)
			if code := r.wait(t); code != 0 || strings.Contains(r.stderr.String(), "priority") {
				t.Errorf("status %d; stderr:\n%s", code, r.stderr)
			}
			if r.stdout.String() != plain.stdout.String() {
				t.Errorf("the command's niceness is %s, and without us %s", r.stdout, plain.stdout)
			}
		})
	}
}

func TestRecordTheHost(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		end  syscall.Signal // 0: it ends by itself
	}{
		"for a time":    {[]string{"--for", "1200ms"}, 0},
		"until SIGINT":  {nil, syscall.SIGINT},
		"until SIGTERM": {nil, syscall.SIGTERM},
		"until SIGHUP":  {nil, syscall.SIGHUP},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := outDir(t)
			r := start(t, append([]string{"record", "--out", out}, c.args...), inOwnGroup)
			r.awaitText(t, r.stderr, "recording into")
			if c.end != 0 {
				r.signal(t, c.end)
			}
			if code := r.wait(t); code != 0 {
				t.Errorf("status %d; stderr:\n%s", code, r.stderr)
			}
			m := onlyRun(t, out)
			if m.State != export.Sealed || m.Command != nil || m.ExitStatus != nil {
				t.Errorf("state %q, command %q, exit status %v", m.State, m.Command, m.ExitStatus)
			}
			if rowsOf(sound(t, out), export.TableNodes) == 0 {
				t.Error("no rows in nodes")
			}
		})
	}
}

// A command goes on after --for, and its status counts.
func TestCommandOutlivesTheRecording(t *testing.T) {
	t.Parallel()
	out := outDir(t)
	file := filepath.Join(out, "end")
	r := start(t, []string{"record", "--out", out, "--for", "200ms", "--", "sh", "-c", "sleep 1.5; echo done >" + file + "; exit 9"})
	r.awaitText(t, r.stderr, "recorded ")
	if onlyRun(t, out).State != export.Sealed {
		t.Error("not sealed while the command goes on")
	}
	if code := r.wait(t); code != 9 {
		t.Errorf("status %d, want the command's 9", code)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error("the command was cut short")
	}
}
