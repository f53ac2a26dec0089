package collecttest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect/launch"
)

const workloadName = "numalens-test-workload"

// Workload touches known pages for the first time, one by one: in its main
// process with some threads, and in some child processes.
type Workload struct {
	Pages    int // touched by each thread and each child
	Threads  int
	Children int
	// Hold keeps the process, and so its pages, until Release is called.
	Hold bool
}

// Touched is what one thread or child of a workload did.
type Touched struct {
	PID, TID  int
	Base      uint64 // of the first page
	PageBytes int
	// Nodes are the pages' nodes as move_pages gives them.
	Nodes []int
}

// Result is what a workload says of itself.
type Result struct {
	Touched []Touched
	// Faults is the growth of ru_minflt from the program's first to its last
	// statement, its children included.
	Faults int64
}

// Start launches the workload, held back; the caller releases it.
func (w Workload) Start(t *testing.T) *Running {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "result.json")
	c, err := launch.Start([]string{"/proc/self/exe", workloadName, file,
		strconv.Itoa(w.Pages), strconv.Itoa(w.Threads), strconv.Itoa(w.Children), strconv.FormatBool(w.Hold)})
	if err != nil {
		t.Fatal(err)
	}
	return &Running{Command: c, file: file}
}

// Running is a launched workload.
type Running struct {
	*launch.Command
	file string
}

// Done tells that all pages are touched.
func (r *Running) Done() bool {
	_, err := os.Stat(r.file)
	return err == nil
}

// Result waits until all pages are touched.
func (r *Running) Result(t *testing.T) Result {
	t.Helper()
	for range 3000 {
		b, err := os.ReadFile(r.file)
		if err == nil {
			var result Result
			if err := json.Unmarshal(b, &result); err != nil {
				t.Fatal(err)
			}
			return result
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the workload did not end within 30 s")
	return Result{}
}

// End lets a held workload end and gives its status.
func (r *Running) End(t *testing.T) int {
	t.Helper()
	os.Remove(r.file)
	status, err := r.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return status
}

func runWorkload(args []string) int {
	before := minorFaults()
	file := args[0]
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(args[1+i])
	}
	result, err := touchAll(n[0], n[1], n[2])
	if err == nil {
		result.Faults = minorFaults() - before
		err = writeResult(file, result)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for args[4] == "true" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	return 0
}

func touchAll(pages, threads, children int) (Result, error) {
	var (
		result Result
		failed error
		mutex  sync.Mutex
		group  sync.WaitGroup
	)
	add := func(touched []Touched, err error) {
		mutex.Lock()
		defer mutex.Unlock()
		result.Touched = append(result.Touched, touched...)
		failed = errors.Join(failed, err)
	}
	for range threads {
		group.Go(func() {
			runtime.LockOSThread() // a thread of its own
			touched, err := touch(pages)
			add([]Touched{touched}, err)
		})
	}
	for range children {
		group.Go(func() { add(touchInChild(pages)) })
	}
	group.Wait()
	return result, failed
}

// touchInChild runs the workload once more, in a process of its own.
func touchInChild(pages int) ([]Touched, error) {
	f, err := os.CreateTemp("", "numalens-workload")
	if err != nil {
		return nil, err
	}
	f.Close()
	os.Remove(f.Name())
	cmd := exec.Command("/proc/self/exe", workloadName, f.Name(), strconv.Itoa(pages), "1", "0", "false")
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	b, err := os.ReadFile(f.Name())
	if err != nil {
		return nil, err
	}
	var result Result
	return result.Touched, json.Unmarshal(b, &result)
}

func touch(pages int) (Touched, error) {
	page := os.Getpagesize()
	mem, err := unix.Mmap(-1, 0, pages*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return Touched{}, err
	}
	// One fault a page, and no more than the page asked for.
	if err := unix.Madvise(mem, unix.MADV_NOHUGEPAGE); err != nil && !errors.Is(err, unix.EINVAL) {
		return Touched{}, err
	}
	for i := range pages {
		mem[i*page] = 1
	}
	t := Touched{PID: os.Getpid(), TID: unix.Gettid(), Base: uint64(uintptr(unsafe.Pointer(&mem[0]))), PageBytes: page}
	t.Nodes, err = nodesOf(mem, page)
	return t, err
}

// nodesOf asks the kernel where this process's pages lie.
func nodesOf(mem []byte, page int) ([]int, error) {
	n := len(mem) / page
	addresses := make([]uintptr, n)
	for i := range addresses {
		addresses[i] = uintptr(unsafe.Pointer(&mem[i*page]))
	}
	status := make([]int32, n)
	_, _, errno := unix.Syscall6(unix.SYS_MOVE_PAGES, 0, uintptr(n), uintptr(unsafe.Pointer(&addresses[0])), 0, uintptr(unsafe.Pointer(&status[0])), 0)
	if errno != 0 {
		return nil, fmt.Errorf("move_pages: %w", errno)
	}
	nodes := make([]int, n)
	for i, s := range status {
		nodes[i] = int(s)
	}
	return nodes, nil
}

func writeResult(file string, result Result) error {
	b, err := json.Marshal(result)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file+".new", b, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

func minorFaults() int64 {
	var sum int64
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if err := unix.Getrusage(who, &u); err == nil {
			sum += u.Minflt
		}
	}
	return sum
}
