package goprogram

import (
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/link"
	"github.com/cilium/ebpf/ringbuf"
	"github.com/cilium/ebpf/rlimit"
)

// hit is what a probe of the tests read: the words that it was told to, after
// its kind and the goroutine's number.
type hit struct {
	kind      uint64
	goroutine uint64
	words     []uint64
}

// read is a word that a probe reads: a location, or with Deref the word that
// the value at the location points at, Offset bytes further.
type read struct {
	Location
	deref  bool
	beyond int64
}

func in(r Register) read { return read{Location: Location{Register: r}} }
func at(l Location) read { return read{Location: l} }

// tracer holds probes on one executable.
type tracer struct {
	ring *ebpf.Map
	exe  *link.Executable
	path string
	g    Register
	goid int64
}

func trace(t *testing.T, path string, p *Program) *tracer {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("[root] uprobes need CAP_BPF and CAP_PERFMON")
	}
	_ = rlimit.RemoveMemlock()
	// Big enough for all of a run, so that none is lost.
	ring, err := ebpf.NewMap(&ebpf.MapSpec{Type: ebpf.RingBuf, MaxEntries: 1 << 24})
	if err != nil {
		t.Skipf("[bpf] no ring buffer: %v", err)
	}
	t.Cleanup(func() { ring.Close() })
	exe, err := link.OpenExecutable(path)
	if err != nil {
		t.Fatal(err)
	}
	return &tracer{ring: ring, exe: exe, path: path, g: p.G, goid: p.GoroutineID}
}

// probe puts a program on a point that sends the words.
func (tr *tracer) probe(t *testing.T, kind int32, offset uint64, words ...read) {
	t.Helper()
	goid := read{Location: Location{Register: tr.g}, deref: true, beyond: tr.goid}
	prog, err := ebpf.NewProgram(&ebpf.ProgramSpec{
		Type: ebpf.Kprobe, License: "Dual BSD/GPL",
		Instructions: sending(tr.ring.FD(), kind, append([]read{goid}, words...)),
	})
	if err != nil {
		t.Fatalf("%+v", err)
	}
	t.Cleanup(func() { prog.Close() })
	up, err := tr.exe.Uprobe("", prog, &link.UprobeOptions{Address: offset})
	if err != nil {
		t.Skipf("[bpf] no uprobe at %#x: %v", offset, err)
	}
	t.Cleanup(func() { up.Close() })
}

// sending is the probe's program.
func sending(ring int, kind int32, words []read) asm.Instructions {
	base := -int16(8 * (len(words) + 1))
	code := asm.Instructions{
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.Mov.Imm(asm.R1, kind),
		asm.StoreMem(asm.RFP, base, asm.R1, asm.DWord),
	}
	for i, w := range words {
		slot := base + int16(8*(i+1))
		code = append(code, asm.LoadMem(asm.R3, asm.R6, int16(w.Register.Offset), asm.DWord))
		if w.Memory {
			code = append(code, asm.Add.Imm(asm.R3, int32(w.Offset)))
			code = append(code, fetch(slot)...)
			code = append(code, asm.LoadMem(asm.R3, asm.RFP, slot, asm.DWord))
		}
		if w.deref {
			code = append(code, asm.Add.Imm(asm.R3, int32(w.beyond)))
			code = append(code, fetch(slot)...)
			continue
		}
		code = append(code, asm.StoreMem(asm.RFP, slot, asm.R3, asm.DWord))
	}
	return append(code,
		asm.LoadMapPtr(asm.R1, ring),
		asm.Mov.Reg(asm.R2, asm.RFP),
		asm.Add.Imm(asm.R2, int32(base)),
		asm.Mov.Imm(asm.R3, -int32(base)),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnRingbufOutput.Call(),
		asm.Mov.Imm(asm.R0, 0),
		asm.Return(),
	)
}

// fetch reads the program's word at R3 into the stack.
func fetch(slot int16) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.RFP),
		asm.Add.Imm(asm.R1, int32(slot)),
		asm.Mov.Imm(asm.R2, 8),
		asm.FnProbeReadUser.Call(),
	}
}

// run runs the program to its end, and gives what it printed and what the
// probes sent.
func (tr *tracer) run(t *testing.T, args ...string) ([]byte, []hit) {
	t.Helper()
	out, err := exec.Command(tr.path, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	reader, err := ringbuf.NewReader(tr.ring)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	reader.SetDeadline(time.Now())
	var hits []hit
	for {
		record, err := reader.Read()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return out, hits
		}
		if err != nil {
			t.Fatal(err)
		}
		var words []uint64
		for b := record.RawSample; len(b) >= 8; b = b[8:] {
			words = append(words, binary.LittleEndian.Uint64(b))
		}
		hits = append(hits, hit{words[0], words[1], words[2:]})
	}
}
