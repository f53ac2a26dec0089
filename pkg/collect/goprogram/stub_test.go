package goprogram

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stub runs a program under qemu-user and stops it where it is told, by the
// remote protocol of gdb: what a processor that is not here has in its
// registers.
type stub struct {
	t      *testing.T
	conn   net.Conn
	r      *bufio.Reader
	points map[uint64]stop
	image  *image
	goid   read
	stdout bytes.Buffer
	cmd    *exec.Cmd
}

// stop is a point with what is read there.
type stop struct {
	kind  uint64
	words []read
}

func emulate(t *testing.T, p *Program, path string, args ...string) *stub {
	t.Helper()
	qemu, err := exec.LookPath("qemu-aarch64")
	if err != nil {
		t.Skip("[qemu] qemu-aarch64 (Debian: qemu-user) is not installed")
	}
	// A socket's path is at most 107 bytes long, which a test's own directory
	// may exceed.
	dir, err := os.MkdirTemp("/tmp", "gdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	s := &stub{
		t: t, points: map[uint64]stop{},
		goid: read{Location: Location{Register: p.G}, deref: true, beyond: p.GoroutineID},
		cmd:  exec.Command(qemu, append([]string{"-g", socket, path}, args...)...),
	}
	s.image, _ = openImage(t, path)
	s.cmd.Stdout = &s.stdout
	// Preemption is by a signal, and every signal would be a stop.
	s.cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1", "GOMAXPROCS=1")
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	for range 200 {
		if s.conn, err = net.Dial("unix", socket); err == nil {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	s.r = bufio.NewReader(s.conn)
	return s
}

func (s *stub) probe(_ *testing.T, kind int32, offset uint64, words ...read) {
	for _, p := range s.image.elf.Progs {
		if p.Flags&1 != 0 && offset >= p.Off && offset-p.Off < p.Filesz {
			s.points[offset-p.Off+p.Vaddr] = stop{uint64(kind), words}
		}
	}
}

// ask sends a packet and gives the answer's text.
func (s *stub) ask(packet string) string {
	sum := byte(0)
	for _, c := range []byte(packet) {
		sum += c
	}
	if _, err := fmt.Fprintf(s.conn, "$%s#%02x", packet, sum); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.r.ReadString('$'); err != nil {
		s.t.Fatalf("%q: %v", packet, err)
	}
	answer, err := s.r.ReadString('#')
	if err != nil {
		s.t.Fatalf("%q: %v", packet, err)
	}
	_, _ = s.r.Discard(2)
	_, _ = s.conn.Write([]byte("+"))
	return strings.TrimSuffix(answer, "#")
}

// run continues from point to point until the program ends.
func (s *stub) run(t *testing.T) ([]byte, []hit) {
	t.Helper()
	for pc := range s.points {
		if got := s.ask(fmt.Sprintf("Z0,%x,4", pc)); got != "OK" {
			t.Fatalf("no breakpoint at %#x: %q", pc, got)
		}
	}
	var hits []hit
	answer := s.ask("c")
	for ; !strings.HasPrefix(answer, "W"); answer = s.ask("c") {
		registers := s.registers()
		at, ok := s.points[registers[32]]
		if !ok {
			t.Fatalf("stopped at %#x: %q", registers[32], answer)
		}
		h := hit{kind: at.kind, goroutine: s.word(registers, s.goid)}
		for _, w := range at.words {
			h.words = append(h.words, s.word(registers, w))
		}
		hits = append(hits, h)
		s.ask("s") // over the breakpoint
	}
	if answer != "W00" {
		t.Fatalf("ended by %q", answer)
	}
	_ = s.cmd.Wait()
	return s.stdout.Bytes(), hits
}

// registers are X0 to X30, SP and PC.
func (s *stub) registers() []uint64 {
	b, err := hex.DecodeString(s.ask("g")[:33*16])
	if err != nil {
		s.t.Fatal(err)
	}
	words := make([]uint64, 33)
	for i := range words {
		words[i] = binary.LittleEndian.Uint64(b[8*i:])
	}
	return words
}

func (s *stub) word(registers []uint64, w read) uint64 {
	value := registers[w.Register.Offset/8]
	if w.Memory {
		value = s.memory(value + uint64(w.Offset))
	}
	if w.deref {
		value = s.memory(value + uint64(w.beyond))
	}
	return value
}

// memory is the word at an address, 0 where there is none.
func (s *stub) memory(address uint64) uint64 {
	b, err := hex.DecodeString(s.ask(fmt.Sprintf("m%x,8", address)))
	if err != nil || len(b) != 8 {
		return 0
	}
	return binary.LittleEndian.Uint64(b)
}
