package probes

import "testing"

func TestLearnsFromOwn(t *testing.T) {
	needBPF(t)
	k := ReadKernel(0, 64)
	if err := k.LearnFromOwn(); err != nil {
		t.Fatal(err)
	}
	t.Logf("struct page %d bytes, vmemmap %#x, linear mapping %#x, node in bits from %d", k.StructPageBytes, k.Vmemmap, k.Linear, k.NodeShift)
	if k.Vmemmap>>63 != 1 || k.Linear>>63 != 1 || k.Linear&(1<<20-1) != 0 {
		t.Errorf("that cannot be: both lie in the kernel's half, and memory begins at a multiple of some megabytes")
	}
}

func TestVmemmapIsVotedFor(t *testing.T) {
	const base, size = 0xffffea0000000000, 64
	frames := []uint64{100, 7, 5000, 5001}
	var pages []uint64
	for _, f := range frames {
		pages = append(pages, base+(77+13*f)*size, base+f*size) // the first is the kernel's own
	}
	if got, err := vmemmapOf(pages, frames, size); err != nil || got != base {
		t.Errorf("got %#x, %v", got, err)
	}
	if _, err := vmemmapOf(pages[:2], frames, size); err == nil {
		t.Error("one page of four was enough")
	}
	if _, err := vmemmapOf(pages, frames, 0); err == nil {
		t.Error("without a size of struct page there is an answer")
	}
}
