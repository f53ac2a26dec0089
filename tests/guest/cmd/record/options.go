package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/tests/guest/machine"
	"github.com/numalens/numalens/tests/guest/slowclock"
)

// options are what a user asks for.
type options struct {
	program []string // its path, and its arguments
	out     string
	truth   string

	machine   machine.Spec
	nodeBytes byteSize
	hugePages int
	balancing bool
	thp       string

	host, name  string
	labels, env list
	events      words
	agent       words
	hz          int
	faultPeriod int

	noPMU         bool
	sampleEvery   int
	sampleLatency int
	slow          int

	timeout time.Duration
	verbose bool

	agentStatus string // as init says at the end
}

const usage = `usage: record [flags] PROGRAM [ARGS…] [flags]

Boot a machine of several NUMA nodes under QEMU, run PROGRAM there under the
agent, and bring the export out below --out. PROGRAM is a static binary, or a
directory with a Go program, which is built.

What begins with two dashes and is a flag of record is record's, wherever it
stands; everything after a lone -- is the program's.

flags:
`

func (o *options) flags(fs *flag.FlagSet) {
	fs.StringVar(&o.out, "out", "", "`directory` of the export; made if absent, added to if not (required)")
	fs.StringVar(&o.truth, "truth", "", "`file` for what the plugin counted (default: OUT/truth/RUN.json)")
	fs.StringVar(&o.machine.Arch, "arch", "amd64", "amd64 or arm64")
	fs.IntVar(&o.machine.Nodes, "nodes", 4, "NUMA nodes, each a socket")
	fs.IntVar(&o.machine.CPUsPerNode, "cpus-per-node", 2, "CPUs on each node")
	fs.Var(&o.nodeBytes, "memory-per-node", "`size`, a multiple of 128M, at most 2G in all (default 512M, less for many nodes)")
	fs.Uint64Var(&o.machine.Seed, "seed", 1, "for QEMU's random numbers; the program finds it in NUMALENS_SEED")
	fs.StringVar(&o.machine.Kernel, "kernel", "", "kernel `file` (default: Debian's, fetched once)")
	fs.BoolVar(&o.machine.IOMMU, "iommu", false, "an IOMMU that does not look into caches, so that the kernel flushes lines for it (amd64)")
	fs.IntVar(&o.hugePages, "hugepages", 8, "2 MiB pages set aside on each node")
	fs.BoolVar(&o.balancing, "balancing", false, "let the kernel balance NUMA nodes")
	fs.StringVar(&o.thp, "thp", "never", "transparent huge pages: never, madvise or always")
	fs.StringVar(&o.host, "host", "guest", "the guest's `name` in the export")
	fs.StringVar(&o.name, "name", "", "what to call the run (default: the program's name)")
	fs.Var(&o.labels, "label", "`key=value` that the run carries; can be given several times")
	fs.Var(&o.env, "env", "`NAME=value` for the program; can be given several times")
	fs.Var(&o.events, "event", "`event` to count beside the others, in perf's syntax, as of the agent; can be given several times")
	fs.Var(&o.agent, "agent", "one further `word` for the agent's record command, as in --agent --trace=pages; can be given several times")
	fs.IntVar(&o.hz, "hz", 10, "readings of counters a second")
	fs.IntVar(&o.faultPeriod, "fault-period", 1, "sample one page fault in `N`; 0 lets the agent choose")
	fs.BoolVar(&o.noPMU, "no-pmu", false, "boot without the plugin: nothing is counted, and the guest is faster")
	fs.IntVar(&o.sampleEvery, "sample-every", 0, "sample one load in `N` (default: none)")
	fs.IntVar(&o.sampleLatency, "sample-latency", 0, "sample only loads of at least so many model `cycles`")
	fs.IntVar(&o.slow, "slow", 0, "have the guest's clock go `N` times slower than the host's, so that it gets more done in a second of its own (default 10, 1 with --no-pmu)")
	fs.DurationVar(&o.timeout, "timeout", 5*time.Minute, "how long the guest may take")
	fs.BoolVar(&o.verbose, "verbose", false, "show the guest's console")
}

// parse reads the command line; a person's mistakes are errors, help is
// flag.ErrHelp.
func parse(args []string, help io.Writer) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("record", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	o.flags(fs)
	own, program := split(args, fs)
	o.program = program
	if err := fs.Parse(own); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(help, usage)
			fs.SetOutput(help)
			fs.PrintDefaults()
		}
		return nil, err
	}
	return o, o.check()
}

// split tells record's flags from the program and its arguments.
func split(args []string, fs *flag.FlagSet) (own, program []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			return own, append(program, args[i+1:]...)
		}
		name, dashed := strings.CutPrefix(a, "--")
		name, _, valued := strings.Cut(name, "=")
		f := fs.Lookup(name)
		switch {
		case dashed && f != nil:
			own = append(own, a)
			if _, boolean := f.Value.(interface{ IsBoolFlag() bool }); !boolean && !valued && i+1 < len(args) {
				i++
				own = append(own, args[i])
			}
		case len(program) == 0 && strings.HasPrefix(a, "-"):
			own = append(own, a) // a mistake, or -h: flag says so
		default:
			program = append(program, a)
		}
	}
	return own, program
}

func (o *options) check() error {
	switch {
	case len(o.program) == 0:
		return errors.New("no program to record")
	case o.out == "":
		return errors.New("--out names no directory for the export")
	case !slices.Contains([]string{"never", "madvise", "always"}, o.thp):
		return fmt.Errorf("--thp %q: want never, madvise or always", o.thp)
	case o.hugePages < 0:
		return fmt.Errorf("--hugepages %d: want 0 or more", o.hugePages)
	case o.noPMU && (o.sampleEvery > 0 || o.truth != ""):
		return errors.New("--no-pmu leaves out the plugin, which samples loads and writes the truth")
	case o.sampleEvery < 0 || o.sampleLatency < 0:
		return errors.New("--sample-every and --sample-latency: want 0 or more")
	case o.slow < 0 || o.slow > slowclock.Max:
		return fmt.Errorf("--slow %d: want 1 to %d", o.slow, slowclock.Max)
	case o.timeout <= 0:
		return fmt.Errorf("--timeout %v: want a time", o.timeout)
	}
	if err := export.CheckName("--host", o.host); err != nil {
		return err
	}
	if o.slow == 0 {
		o.slow = defaultSlow(o.noPMU)
	}
	o.machine.NodeBytes = int64(o.nodeBytes)
	if o.nodeBytes == 0 {
		o.machine.NodeBytes = machine.DefaultNodeBytes(o.machine.Nodes)
	}
	o.machine.KernelArgs = []string{"numa_balancing=" + onOff(o.balancing), "transparent_hugepage=" + o.thp}
	return o.machine.Check()
}

// defaultSlow keeps a guest under the plugin from being busy with nothing but
// its timers, which on a loaded host they can bring it to.
func defaultSlow(noPMU bool) int {
	if noPMU {
		return 1
	}
	return 10
}

func onOff(on bool) string {
	if on {
		return "enable"
	}
	return "disable"
}

// list is a flag that can be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(s string) error {
	if name, _, ok := strings.Cut(s, "="); !ok || name == "" {
		return errors.New("want name=value")
	}
	*l = append(*l, s)
	return nil
}

// words is a flag of anything that can be given several times.
type words []string

func (w *words) String() string { return strings.Join(*w, " ") }

func (w *words) Set(s string) error {
	*w = append(*w, s)
	return nil
}

// byteSize is written as in 512M or 1G.
type byteSize int64

func (b *byteSize) String() string { return fmt.Sprintf("%dM", int64(*b)>>20) }

func (b *byteSize) Set(s string) error {
	shift := map[bool]int{strings.HasSuffix(s, "M"): 20, strings.HasSuffix(s, "G"): 30}[true]
	n, err := strconv.ParseInt(strings.TrimRight(s, "MG"), 10, 64)
	if err != nil || shift == 0 || n < 1 || n > math.MaxInt32 {
		return errors.New("want a size as in 512M or 1G")
	}
	*b = byteSize(n << shift)
	return nil
}
