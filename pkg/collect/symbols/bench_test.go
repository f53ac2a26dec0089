package symbols

import (
	"debug/elf"
	"os"
	"os/exec"
	"runtime"
	"testing"
	"time"

	"github.com/numalens/numalens/pkg/collect/collecttest"
)

// BenchmarkSee takes a stack that is known: kernel and process, 30 addresses.
func BenchmarkSee(b *testing.B) {
	n := openNamer(b)
	pid := int32(os.Getpid())
	user := ownStack()
	for len(user) < 15 {
		user = append(user, user[0])
	}
	kernel := make([]uint64, 15)
	for i := range kernel {
		kernel[i] = 0xffffffff81001000 + uint64(i)*4096
	}
	n.See(pid, kernel, user[:15])
	b.ReportAllocs()
	for b.Loop() {
		n.See(pid, kernel, user[:15])
	}
}

// BenchmarkName10k names 10,000 addresses spread over the go command, from
// the beginning: reading its tables is in it.
func BenchmarkName10k(b *testing.B) {
	name, err := exec.LookPath("go")
	if err != nil {
		b.Skipf("[go] %v", err)
	}
	b.ReportAllocs()
	for b.Loop() {
		opened, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		fs := newFiles(debugFiles)
		f := &file{name: name, reader: opened, closer: opened, seen: map[uint64]struct{}{}, written: map[uint64]struct{}{}}
		if err := f.readSegments(); err != nil {
			b.Fatal(err)
		}
		s := f.segments[0]
		for i := range uint64(10_000) {
			fs.want(f, s.offset+i*(s.size/10_000))
		}
		for fs.write(collecttest.Discard{}, 1, time.Now().Add(time.Hour)) {
		}
		f.rest()
	}
}

// BenchmarkTables reads the symbol table of the go command, and says what it
// takes to hold it.
func BenchmarkTables(b *testing.B) {
	name, err := exec.LookPath("go")
	if err != nil {
		b.Skipf("[go] %v", err)
	}
	e, err := elf.Open(name)
	if err != nil {
		b.Skipf("[go] %v", err)
	}
	defer e.Close()
	b.ReportAllocs()
	for b.Loop() {
		st, err := readSymbols(e, segmentsOf(e))
		if err != nil {
			b.Skipf("[symtab] %v", err)
		}
		b.ReportMetric(float64(st.bytes()), "B-held")
		b.ReportMetric(float64(len(st.cuts)), "parts")
		runtime.KeepAlive(st)
	}
}
