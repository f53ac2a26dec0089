package placement

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/collecttest"
)

// The benchmark below measures what a look does to the process that is looked
// at: this binary, run again, fills memory with small pages and then maps and
// unmaps one page over and over, and tells the longest that this took. Maps
// and unmaps want the process's lock for writing, so they wait for whoever
// holds it for reading.
//
//	NUMALENS_STALL_MIB=4096 go test -run - -bench Stall -benchtime 10x ./pkg/collect/placement

const (
	stalledVariable = "NUMALENS_STALLED" // "MIB AREAMIB" makes this binary the process
	sizeVariable    = "NUMALENS_STALL_MIB"
)

func TestMain(m *testing.M) {
	if spec := os.Getenv(stalledVariable); spec != "" {
		if err := beStalled(spec); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	collecttest.Main(m)
}

// beStalled holds memory, and measures from each line of its input to the next.
func beStalled(spec string) error {
	var mib, areaMiB int
	if _, err := fmt.Sscan(spec, &mib, &areaMiB); err != nil {
		return err
	}
	runtime.LockOSThread()
	for at := 0; at < mib; at += areaMiB {
		if err := fill(areaMiB<<20, at/areaMiB%2 == 0); err != nil {
			return err
		}
	}
	lines := make(chan struct{})
	go func() {
		for in := bufio.NewScanner(os.Stdin); in.Scan(); {
			lines <- struct{}{}
		}
		close(lines)
	}()
	fmt.Println("ready")
	for range lines {
		longest, ok := mapUntil(lines)
		if !ok {
			return nil
		}
		fmt.Println(longest.Nanoseconds())
	}
	return nil
}

// fill maps small pages and writes to each. Neighbours of other permissions
// stay mappings of their own.
func fill(bytes int, executable bool) error {
	prot := unix.PROT_READ | unix.PROT_WRITE
	b, err := unix.Mmap(-1, 0, bytes, prot, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	if err := unix.Madvise(b, unix.MADV_NOHUGEPAGE); err != nil {
		return err
	}
	for i := 0; i < len(b); i += os.Getpagesize() {
		b[i] = 1
	}
	if executable {
		return unix.Mprotect(b, prot|unix.PROT_EXEC)
	}
	return nil
}

func mapUntil(lines <-chan struct{}) (longest time.Duration, ok bool) {
	page := uintptr(os.Getpagesize())
	for {
		select {
		case _, ok := <-lines:
			return longest, ok
		default:
		}
		began := time.Now()
		addr, _, errno := unix.RawSyscall6(unix.SYS_MMAP, 0, page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON, ^uintptr(0), 0)
		if errno != 0 {
			return longest, false
		}
		unix.RawSyscall(unix.SYS_MUNMAP, addr, page, 0)
		longest = max(longest, time.Since(began))
	}
}

// stalled is that process, seen from here.
type stalled struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startStalled(b *testing.B, mib, areaMiB int) *stalled {
	b.Helper()
	s := &stalled{cmd: exec.Command(os.Args[0])}
	s.cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d %d", stalledVariable, mib, areaMiB))
	s.cmd.Stderr = os.Stderr
	var err error
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		s.in.Close()
		s.cmd.Wait()
	})
	s.line(b)
	return s
}

func (s *stalled) line(b *testing.B) string {
	b.Helper()
	line, err := s.out.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// during gives the longest map and unmap while something is done.
func (s *stalled) during(b *testing.B, do func()) time.Duration {
	b.Helper()
	fmt.Fprintln(s.in)
	do()
	fmt.Fprintln(s.in)
	ns, err := strconv.ParseInt(s.line(b), 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(ns)
}

// BenchmarkStall compares ways to look at one process.
func BenchmarkStall(b *testing.B) {
	mib := 512
	if n, err := strconv.Atoi(os.Getenv(sizeVariable)); err == nil && n >= 64 {
		mib = n
	}
	for _, areaMiB := range []int{mib, 64} {
		s := startStalled(b, mib, areaMiB)
		pid, pageBytes := s.cmd.Process.Pid, os.Getpagesize()
		sampler, into := newSampler(), tally{}
		for _, way := range []struct {
			name string
			look func() error
		}{
			{"nothing", func() error { time.Sleep(100 * time.Millisecond); return nil }},
			{"whole", func() error { return readWhole(pid) }},
			{"pieces", func() error {
				_, err := readNumaMaps(collect.HostRoots(), pid, pageBytes, into.add)
				return err
			}},
			{"estimate", func() error {
				areas, err := readAreas(collect.HostRoots(), pid)
				if err != nil {
					return err
				}
				_, err = sampler.sample(pid, areas, int64(pageBytes), into)
				return err
			}},
		} {
			b.Run(fmt.Sprintf("%dMiB/areas=%dMiB/%s", mib, areaMiB, way.name), func(b *testing.B) {
				var stalls []time.Duration
				for b.Loop() {
					stalls = append(stalls, s.during(b, func() {
						if err := way.look(); err != nil {
							b.Skipf("[numa] %v", err)
						}
					}))
				}
				slices.Sort(stalls)
				b.ReportMetric(float64(stalls[len(stalls)/2])/1e6, "median-stall-ms")
				b.ReportMetric(float64(stalls[len(stalls)-1])/1e6, "longest-stall-ms")
			})
		}
		s.in.Close()
		s.cmd.Wait()
	}
}

// readWhole is how a file is read when nobody thinks of the lock.
func readWhole(pid int) error {
	f, err := os.Open(fmt.Sprintf("/proc/%d/numa_maps", pid))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyBuffer(io.Discard, struct{ io.Reader }{f}, make([]byte, 64<<10))
	return err
}
