package symbols

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect/collecttest"
)

// buildCalls makes the Go program of testdata/calls, stripped.
func buildCalls(t testing.TB, flags ...string) string {
	t.Helper()
	source, err := os.ReadFile("testdata/calls/main.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": string(source), "go.mod": "module calls\n\ngo 1.18\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, "calls")
	cmd := exec.Command("go", append([]string{"build", "-ldflags=-s -w", "-o", name}, flags...)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("[go] the program cannot be built: %v %s", err, out)
	}
	return name
}

// program is one that runs, and has said what its addresses are.
type program struct {
	pid   int32
	names []Frame // of a stack, with what was inlined
	pcs   []uint64
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Scanner
}

func start(t testing.TB, cmd *exec.Cmd) *program {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{pid: int32(cmd.Process.Pid), cmd: cmd, in: in, out: bufio.NewScanner(out)}
	t.Cleanup(p.end)
	p.read(t)
	return p
}

// read takes what the program says of itself.
func (p *program) read(t testing.TB) {
	t.Helper()
	p.names, p.pcs = nil, nil
	for p.out.Scan() && p.out.Text() != "done" {
		f := strings.Fields(p.out.Text())
		if f[0] != "stack" {
			continue
		}
		one := Frame{Function: f[2], Source: f[3]}
		pc := uint64(0)
		fmt.Sscanf(f[1], "%x", &pc)
		fmt.Sscan(f[4], &one.Line)
		p.names, p.pcs = append(p.names, one), append(p.pcs, pc)
	}
	if len(p.names) < 10 {
		t.Fatalf("%v said %+v", p.cmd, p.names)
	}
}

func (p *program) end() {
	p.in.Close()
	p.cmd.Wait()
}

// stack is the program's addresses as a probe would have them: those that
// stand for what was inlined left out. The first is there twice, as nothing
// says of it that it is a return address.
func (p *program) stack(t testing.TB, n *Namer) []uint64 {
	t.Helper()
	all := []uint64{p.pcs[0] - 1}
	for i := 0; i < len(p.pcs); {
		frames, ok := n.User(p.pid, p.pcs[i]-1)
		if !ok {
			t.Fatalf("%#x has no name", p.pcs[i])
		}
		for j, f := range frames {
			if i+j >= len(p.names) || p.names[i+j] != f {
				t.Fatalf("%#x: %+v, the program says %+v", p.pcs[i], frames, p.names[i:min(i+len(frames), len(p.names))])
			}
		}
		all = append(all, p.pcs[i])
		i += len(frames)
	}
	return all
}

// rowsName names an address by the rows alone, as a reader of an export does.
func rowsName(rows *collecttest.Rows, pid int32, addr uint64) []Frame {
	for _, m := range rows.Mappings {
		if m.PID != pid || addr < m.Start || addr >= m.End {
			continue
		}
		var frames []Frame
		for _, s := range rows.Symbols {
			if at := addr - m.Start + m.Offset; s.File == m.File && s.BuildID == m.BuildID && at >= s.Start && at < s.End {
				frames = append(frames, Frame{s.Symbol, s.Source, int(s.Line)})
			}
		}
		return frames
	}
	return nil
}

// compare wants the rows to name what the program said.
func (p *program) compare(t testing.TB, rows *collecttest.Rows, stack []uint64) {
	t.Helper()
	var got []Frame
	for i, addr := range stack {
		got = append(got, rowsName(rows, p.pid, lookedUp(i, addr))...)
	}
	want := append(append([]Frame(nil), rowsName(rows, p.pid, stack[0])...), p.names...)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("rows name %+v, the program %+v", got, want)
	}
}

func writeAll(n *Namer) *collecttest.Rows {
	rows := &collecttest.Rows{}
	for n.Write(rows, 0) {
	}
	return rows
}

func TestGoPrograms(t *testing.T) {
	for _, flags := range [][]string{nil, {"-buildmode=pie"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			p := start(t, exec.Command(buildCalls(t, flags...)))
			n := openNamer(t)
			stack := p.stack(t, n)
			n.See(p.pid, nil, stack)
			rows := writeAll(n)
			p.compare(t, rows, stack)
			n.See(p.pid, nil, stack)
			if again := writeAll(n); len(again.Mappings)+len(again.Symbols) != 0 {
				t.Errorf("said once more: %+v", again)
			}
			if len(rows.Mappings) != 1 {
				t.Errorf("%+v", rows.Mappings)
			}
		})
	}
}

// TestEndedProgram is named from what was held of it.
func TestEndedProgram(t *testing.T) {
	name := buildCalls(t)
	p := start(t, exec.Command(name))
	stack := p.stack(t, openNamer(t))
	n := openNamer(t)
	n.See(p.pid, nil, stack)
	p.end()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	n.Forget(p.pid)
	p.compare(t, writeAll(n), stack)
	if len(n.processes) != 0 {
		t.Errorf("%d processes are known", len(n.processes))
	}
}

// TestDeletedProgram is named by the link to it.
func TestDeletedProgram(t *testing.T) {
	name := buildCalls(t)
	p := start(t, exec.Command(name))
	stack := p.stack(t, openNamer(t))
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	n := openNamer(t)
	n.See(p.pid, nil, stack)
	rows := writeAll(n)
	p.compare(t, rows, stack)
	if rows.Mappings[0].File != name {
		t.Errorf("%+v", rows.Mappings)
	}
}

// TestProgramInAnotherNamespace has its file where we have none.
func TestProgramInAnotherNamespace(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("[root] a mount namespace needs CAP_SYS_ADMIN")
	}
	name := buildCalls(t)
	dir := t.TempDir()
	cmd := exec.Command("unshare", "-m", "sh", "-c", "mount -t tmpfs none "+dir+" && cp "+name+" "+dir+"/inside && exec "+dir+"/inside")
	if exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "none", dir).Run() != nil {
		t.Skip("[root] a mount namespace is refused")
	}
	p := start(t, cmd)
	n := openNamer(t)
	stack := p.stack(t, n)
	n.See(p.pid, nil, stack)
	rows := writeAll(n)
	p.compare(t, rows, stack)
	if rows.Mappings[0].File != filepath.Join(dir, "inside") {
		t.Errorf("%+v", rows.Mappings)
	}
}

// TestAnotherProgramInTheSameProcess lies at the same addresses, and is not
// taken for the one before.
func TestAnotherProgramInTheSameProcess(t *testing.T) {
	n := openNamer(t)
	p := start(t, exec.Command(buildCalls(t), buildCalls(t, "-gcflags=-l")))
	n.See(p.pid, nil, p.stack(t, n))
	first := p.names
	if _, err := p.in.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	p.read(t)
	time.Sleep(identityAge)
	stack := p.stack(t, n)
	n.See(p.pid, nil, stack)
	if rows := writeAll(n); len(rows.Mappings) != 2 || rows.Mappings[0].File == rows.Mappings[1].File {
		t.Errorf("%+v", rows.Mappings)
	}
	if fmt.Sprint(first) == fmt.Sprint(p.names) {
		t.Error("the two programs are the same")
	}
}
