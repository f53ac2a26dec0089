package agent_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// churn starts processes for ever, each of which allocates for a second, by
// names and stacks that were not there before, and ends.
func churn() {
	for i := 0; ; i++ {
		c := exec.Command("/proc/self/exe", strconv.Itoa(i))
		c.Env = append(os.Environ(), helperVariable+"=allocate")
		c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := c.Start(); err != nil {
			panic(err)
		}
		go c.Wait()
		time.Sleep(250 * time.Millisecond)
	}
}

// allocate is such a process.
func allocate(number string) {
	rename(number)
	random := rand.New(rand.NewPCG(uint64(os.Getpid()), 7))
	var paths [8]uint32 // of 1024
	for i := range paths {
		paths[i] = random.Uint32()
	}
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		along(paths[random.IntN(len(paths))], 10, allocateSome)
	}
}

// rename gives the calling thread a name that a rule of the soak keeps, or
// one that none does.
func rename(number string) {
	name := "soak-" + number
	if number[len(number)-1] == '0' {
		name = "kept-" + number
	}
	b, err := unix.BytePtrFromString(name)
	if err != nil {
		panic(err)
	}
	if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(b)), 0, 0, 0); err != nil {
		panic(err)
	}
}

// along calls its way down: each path is another stack.
func along(path uint32, depth int, do func()) {
	switch {
	case depth == 0:
		do()
	case path&1 == 0:
		even(path>>1, depth-1, do)
	default:
		odd(path>>1, depth-1, do)
	}
}

//go:noinline
func even(path uint32, depth int, do func()) { along(path, depth, do) }

//go:noinline
func odd(path uint32, depth int, do func()) { along(path, depth, do) }

var allocated [][]byte

// allocateSome has the kernel and Go's runtime allocate.
func allocateSome() {
	fds := make([]unix.PollFd, 64) // more than fit on the kernel's stack
	for i := range fds {
		fds[i].Fd = -1
	}
	for range 20 {
		if _, err := unix.Poll(fds, 0); err != nil && err != unix.EINTR {
			panic(err)
		}
	}
	touch(20)
	allocated = nil
	for i := range 40 {
		allocated = append(allocated, fmt.Append(nil, i))
	}
}
