package probes

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/cilium/ebpf/link"
	"golang.org/x/sys/unix"
)

// TestRecalledStacksAreWhatAWalkGives walks every stack that is recalled, too.
func TestRecalledStacksAreWhatAWalkGives(t *testing.T) {
	needBPF(t)
	if findUnwinding("/proc/kallsyms").count == 0 {
		t.Skip("[bpf] this kernel has no table of frames (ORC) that could be read, so that all stacks are walked")
	}
	s := Settings{RecallStacks: 1}
	for i := range s.StacksOf {
		s.StacksOf[i] = KernelStack
	}
	set, err := Load(ReadKernel(0, 64), s)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	if err := set.SetFresh(1 << 14); err != nil {
		t.Fatal(err)
	}
	for hook, program := range map[string]string{"kmalloc": ObjectProgKmalloc, "mm_page_alloc": ObjectProgPageAlloc} {
		p, err := set.Program(program)
		if err != nil {
			t.Fatal(err)
		}
		l, err := link.AttachRawTracepoint(link.RawTracepointOptions{Name: hook, Program: p})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	mixedLoad(t, 2*time.Second)
	r, err := set.Recalls()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", r)
	if r.Wrong > 0 {
		t.Errorf("%d of %d recalled stacks were wrong", r.Wrong, r.Checked)
	}
	if r.Checked < 10000 {
		t.Errorf("only %d stacks were recalled: the load, or what is remembered, has changed", r.Checked)
	}
}

// mixedLoad allocates in the kernel in many ways at once.
func mixedLoad(t *testing.T, long time.Duration) {
	end := time.Now().Add(long)
	dir := t.TempDir()
	var all sync.WaitGroup
	for _, work := range []func(){
		func() { exec.Command("/bin/sh", "-c", "ls -lR /usr/lib/locale /etc | sort | wc").Run() },
		func() { touchPages(256) },
		func() { writeFile(filepath.Join(dir, "file")) },
		talk,
		poll,
	} {
		all.Go(func() {
			for time.Now().Before(end) {
				work()
			}
		})
	}
	all.Wait()
}

func touchPages(n int) {
	size := os.Getpagesize()
	m, err := unix.Mmap(-1, 0, n*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return
	}
	defer unix.Munmap(m)
	for i := range n {
		m[i*size] = 1
	}
	// Read by the kernel itself, where it faults: an exception within it.
	if p, err := unix.Mmap(-1, 0, n*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS); err == nil {
		if f, err := os.Open("/dev/zero"); err == nil {
			f.Read(p)
			f.Close()
		}
		unix.Munmap(p)
	}
}

func writeFile(path string) {
	if os.WriteFile(path, make([]byte, 1<<18), 0o600) == nil {
		os.ReadFile(path)
		os.Remove(path)
	}
}

func talk() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return
	}
	defer l.Close()
	go func() {
		if c, err := l.Accept(); err == nil {
			b := make([]byte, 4096)
			for {
				if _, err := c.Read(b); err != nil {
					c.Close()
					return
				}
				c.Write(b)
			}
		}
	}()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		return
	}
	defer c.Close()
	b := make([]byte, 4096)
	for range 50 {
		c.Write(b)
		c.Read(b)
	}
}

// poll has the kernel copy a list that is too long for its stack.
func poll() {
	fds := make([]unix.PollFd, 64)
	for i := range fds {
		fds[i].Fd = -1
	}
	for range 200 {
		unix.Poll(fds, 0)
	}
}
