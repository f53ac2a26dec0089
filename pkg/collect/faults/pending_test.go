package faults

import (
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/collecttest"
	"github.com/numalens/numalens/pkg/export"
)

// TestPending mixes samples of this process, of one
// that does not exist, and of another namespace's.
func TestPending(t *testing.T) {
	page := os.Getpagesize()
	mem, err := unix.Mmap(-1, 0, 2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mem)
	mem[0] = 1
	mapped := uint64(uintptr(unsafe.Pointer(&mem[0])))
	me := int32(os.Getpid())
	p := pending{limit: 5}
	var rows collecttest.Rows
	for _, s := range []export.Sample{
		{PID: me, Addr: mapped, MemNode: -1},
		{PID: 0, Addr: mapped, MemNode: -1}, // would be this process to move_pages
		{PID: me, Addr: mapped + uint64(page), MemNode: -1},
		{PID: 1 << 30, Addr: mapped, MemNode: -1},
		{PID: me, Addr: mapped + 8, MemNode: -1},
		{PID: me, Addr: mapped, MemNode: -1, Weight: 99}, // above the limit
	} {
		p.add(s, &rows)
	}
	p.resolve(&rows)
	if len(rows.Samples) != 6 {
		t.Fatalf("%d samples came out of 6", len(rows.Samples))
	}
	for _, s := range rows.Samples {
		known := s.PID == me && s.Addr < mapped+uint64(page) && s.Weight == 0
		if (s.MemNode >= 0) != known {
			t.Errorf("%+v", s)
		}
	}
	p.resolve(&rows)
	if len(rows.Samples) != 6 {
		t.Error("samples came out twice")
	}
}
