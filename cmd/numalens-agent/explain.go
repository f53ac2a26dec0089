package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
)

// permission is one thing that a host may grant the agent.
type permission struct {
	Name string `json:"name"`
	// There says whether this process has it; nil where that is not told.
	There    *bool  `json:"there"`
	Optional bool   `json:"optional,omitempty"` // nothing that is recorded needs it
	Gives    string `json:"gives"`
	Without  string `json:"without"`

	capability hostinfo.Capability
	also       hostinfo.Capability // has the same effect
}

// permissions are those of deploy/, in the order of what they cost when
// missing. docs/agent.md has the same list.
func permissions() []permission {
	return []permission{
		{
			Name: "CAP_PERFMON", capability: hostinfo.CapPerfmon, also: hostinfo.CapSysAdmin,
			Gives:   "counters of every CPU, whoever runs there; samples of faults and loads with their physical address, which tells the node of the memory",
			Without: "of the whole host only the nodes' own counts (rung 5) are recorded; a command that record starts is still counted, in user space, while perf_event_paranoid is 2 or less",
		},
		{
			Name: "CAP_SYS_PTRACE", capability: hostinfo.CapSysPtrace,
			Gives:   "where the pages of other users' processes lie (table placement)",
			Without: "only processes of the agent's own user, the recorded command among them, are looked at",
		},
		{
			Name: "CAP_BPF", capability: hostinfo.CapBPF, also: hostinfo.CapSysAdmin,
			Gives:   "programs in the kernel that tell allocations, migrations and flushes by caller (--trace), together with CAP_PERFMON",
			Without: "the tables allocations, events and migrations stay empty",
		},
		{
			Name: "CAP_SYSLOG", capability: hostinfo.CapSyslog,
			Gives:   "the addresses of kernel functions (/proc/kallsyms) while kptr_restrict is 1",
			Without: "kernel code shows as addresses instead of names",
		},
		{
			Name: "CAP_SYS_ADMIN", capability: hostinfo.CapSysAdmin, Optional: true,
			Gives:   "page frame numbers in /proc/PID/pagemap, by which tracing finds out on which node kmalloc's memory lies; on kernels before 5.8 what CAP_PERFMON and CAP_BPF give now",
			Without: "kmalloc's rows have no node on a host of several; nothing else needs it since 5.8",
		},
	}
}

// paranoidLevels are what kernel.perf_event_paranoid leaves a process without
// CAP_PERFMON (Documentation/admin-guide/sysctl/kernel.rst; 3 and 4 are
// patches of distributions).
var paranoidLevels = []struct {
	least int
	text  string
}{
	{3, "no event at all"},
	{2, "events of its own processes, in user space only"},
	{1, "events of its own processes, in the kernel as well"},
	{0, "events of every CPU, without raw tracepoints"},
	{-1 << 31, "every event"},
}

func paranoidText(value string) string {
	level, err := strconv.Atoi(value)
	if err != nil {
		return "unknown: /proc/sys/kernel/perf_event_paranoid cannot be read; a kernel without it has no perf events"
	}
	for _, l := range paranoidLevels {
		if level >= l.least {
			return fmt.Sprintf("%d: a process without CAP_PERFMON gets %s", level, l.text)
		}
	}
	return value
}

// explanation is what explain prints.
type explanation struct {
	Permissions []permission `json:"permissions"`
	Paranoid    string       `json:"perf_event_paranoid"`
	Kptr        string       `json:"kptr_restrict"`
}

func explainCommand(fs *flag.FlagSet) func(streams, []string) error {
	roots := collect.Roots{}
	asJSON := fs.Bool("json", false, "print JSON")
	fs.StringVar(&roots.Sys, "sys-root", "/sys", "where sysfs is")
	fs.StringVar(&roots.Proc, "proc-root", "/proc", "where procfs is")
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		info, err := hostinfo.Read(roots)
		if err != nil {
			return err
		}
		e := explain(roots, info)
		if *asJSON {
			enc := json.NewEncoder(std.out)
			enc.SetIndent("", "  ")
			return enc.Encode(e)
		}
		return e.print(std.out)
	}
}

func explain(roots collect.Roots, info *hostinfo.Info) explanation {
	e := explanation{Permissions: permissions(), Paranoid: paranoidText(info.AsFound.PerfEventParanoid), Kptr: kptrText(info.AsFound.KptrRestrict)}
	caps, told := hostinfo.OwnCapabilities(roots)
	for i := range e.Permissions {
		p := &e.Permissions[i]
		if told {
			there := caps.Has(p.capability) || p.also != 0 && caps.Has(p.also)
			p.There = &there
		}
	}
	return e
}

func kptrText(value string) string {
	switch value {
	case "0":
		return "0: kernel addresses are shown to everyone whom perf_event_paranoid lets profile the kernel"
	case "1":
		return "1: kernel addresses are shown to processes with CAP_SYSLOG"
	case "2":
		return "2: kernel addresses are hidden from everyone"
	}
	return "unknown: /proc/sys/kernel/kptr_restrict cannot be read"
}

func (e explanation) print(w io.Writer) error {
	var b strings.Builder
	for _, p := range e.Permissions {
		state := "unknown"
		if p.There != nil {
			state = map[bool]string{true: "there", false: "missing"}[*p.There]
		}
		if p.Optional {
			state += ", optional"
		}
		fmt.Fprintf(&b, "%s: %s\n  gives    %s\n  without  %s\n", p.Name, state, p.Gives, p.Without)
	}
	fmt.Fprintf(&b, "kernel.perf_event_paranoid %s\nkernel.kptr_restrict %s\n", e.Paranoid, e.Kptr)
	fmt.Fprint(&b, "`numalens-agent check` tries what is granted in effect: a container's seccomp filter or a security module may refuse more.\n")
	_, err := io.WriteString(w, b.String())
	return err
}
