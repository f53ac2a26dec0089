package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/launch"
	"github.com/numalens/numalens/pkg/collect/lint"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

func checkCommand(fs *flag.FlagSet) func(streams, []string) error {
	s := &settings{}
	asJSON := fs.Bool("json", false, "print JSON")
	cpus := fs.String("cpus", "", "`list` of the CPUs that a workload will run on, like 2-3,6 (default: those that this command may use)")
	watch := fs.Duration("watch", time.Second, "how `long` to watch where interrupts fire")
	fs.IntVar(&s.hz, "hz", defaultHz, "as for record")
	fs.Var(&s.events, "event", "as for record")
	fs.StringVar(&s.roots.Sys, "sys-root", "/sys", "where sysfs is")
	fs.StringVar(&s.roots.Proc, "proc-root", "/proc", "where procfs is")
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		if _, err := hostinfo.ParseList(*cpus); err != nil {
			return usagef("--cpus: %v", err)
		}
		if *watch < 0 {
			return usagef("--watch %v: want a time after now", *watch)
		}
		g, err := checkHost(s, *cpus, *watch)
		if err != nil {
			return err
		}
		if *asJSON {
			e := json.NewEncoder(std.out)
			e.SetIndent("", "  ")
			e.SetEscapeHTML(false)
			return e.Encode(g)
		}
		return g.print(std.out)
	}
}

// grants is what a host lets the agent record.
type grants struct {
	Host     string    `json:"host"`
	Kernel   string    `json:"kernel"`
	Arch     string    `json:"arch"`
	CPUModel string    `json:"cpu_model,omitempty"`
	CPUs     int       `json:"cpus"`
	Nodes    int       `json:"nodes"`
	Sockets  int       `json:"sockets"`
	Rung     numa.Rung `json:"rung"` // the best that a recording of the whole host reaches
	RungName string    `json:"rung_name"`
	// What is granted of the whole host, and of a command that is recorded.
	WholeHost []grant `json:"whole_host"`
	Command   []grant `json:"command"` // what differs from the above
	// Findings are what a benchmark on these CPUs would suffer from.
	BenchmarkCPUs string           `json:"benchmark_cpus"`
	Findings      []export.Finding `json:"findings"`
}

// grant is one capability.
type grant struct {
	What    string `json:"what"`
	Granted bool   `json:"granted"`
	Why     string `json:"why,omitempty"`
	Remedy  string `json:"remedy,omitempty"`
}

// checkHost opens everything as a recording would, and closes it: the only
// way to know what a kernel grants is to ask for it.
func checkHost(s *settings, cpus string, watch time.Duration) (*grants, error) {
	info, err := hostinfo.Read(s.roots)
	if err != nil {
		return nil, err
	}
	fired := watchInterrupts(s.roots)
	clock, err := collect.ReadClock()
	if err != nil {
		return nil, err
	}
	g := &grants{Host: info.Host, Kernel: info.Kernel, Arch: info.Arch, CPUModel: info.CPUModel, CPUs: len(info.Topology.CPUs), Nodes: len(info.Topology.Nodes)}
	sockets := map[int]bool{}
	for _, c := range info.Topology.CPUs {
		sockets[c.Socket] = true
	}
	g.Sockets = len(sockets)

	whole, err := openCollectors(s, info, clock, nil, 0)
	if err != nil {
		return nil, err
	}
	whole.close()
	g.WholeHost = append(whole.grants(), refusals(info.Unavailable)...)
	for _, r := range whole.reports {
		g.Rung = better(g.Rung, r.Rung)
	}
	g.RungName = g.Rung.String()
	command, err := checkCommandGrants(s, info, clock)
	// What is granted or refused alike is said once.
	g.Command = slices.DeleteFunc(command, func(one grant) bool { return slices.Contains(g.WholeHost, one) })
	if err != nil {
		return nil, err
	}
	time.Sleep(watch - fired.elapsed())
	fired.enter(&info.AsFound)
	if cpus != "" {
		info.Pinning.CPUs = cpus
	}
	g.BenchmarkCPUs = info.Pinning.CPUs
	g.Findings = lint.Check(lint.Of(info, true))
	return g, nil
}

// checkCommandGrants opens the collectors on a command that never runs.
func checkCommandGrants(s *settings, info *hostinfo.Info, clock export.Clock) ([]grant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	held, err := launch.Start([]string{self})
	if err != nil {
		return nil, err
	}
	defer held.Cancel()
	set, err := openCollectors(s, info, clock, nil, held.PID)
	if err != nil {
		return nil, err
	}
	set.close()
	return set.grants(), nil
}

func (s *collectorSet) grants() []grant {
	var all []grant
	for _, r := range s.reports {
		for _, t := range r.Tables {
			all = append(all, grant{What: describeTable(t, r), Granted: true})
		}
		all = append(all, refusals(r.Unavailable)...)
	}
	return all
}

func refusals(missing []numa.Unavailable) []grant {
	var all []grant
	for _, u := range missing {
		all = append(all, grant{What: u.Feature, Why: u.Why, Remedy: u.Remedy})
	}
	return all
}

func describeTable(t export.TableInfo, r collect.Report) string {
	text := t.Name
	if len(t.Scopes) > 0 {
		text += " by " + strings.Join(t.Scopes, ", ")
	}
	var events []string
	for _, group := range r.Groups {
		for _, e := range group.Events {
			events = append(events, e.Name)
		}
	}
	switch {
	case len(events) > 0:
		text += ": " + strings.Join(events, ", ")
	case len(r.NodeColumns) > 0:
		text += fmt.Sprintf(": %d counts and gauges of each node", len(r.NodeColumns))
	}
	if t.PeriodNS > 0 {
		text += fmt.Sprintf(", every %v", time.Duration(t.PeriodNS))
	}
	return text
}

func (g *grants) print(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s, %s, %s; Linux %s %s", g.Host, count(g.CPUs, "CPU"), count(g.Nodes, "node"), count(g.Sockets, "socket"), g.Kernel, g.Arch)
	if g.CPUModel != "" {
		fmt.Fprintf(&b, "; %s", g.CPUModel)
	}
	fmt.Fprintf(&b, "\nevidence of locality: rung %d of 5, %s\n", g.Rung, g.RungName)
	for _, part := range []struct {
		title  string
		grants []grant
	}{{"the whole host", g.WholeHost}, {"a recorded command (record -- COMMAND)", g.Command}} {
		fmt.Fprintf(&b, "\n%s\n", part.title)
		for _, one := range part.grants {
			one.print(&b)
		}
		if len(part.grants) == 0 {
			fmt.Fprintf(&b, "  the same\n")
		}
	}
	fmt.Fprintf(&b, "\nfor a benchmark on CPUs %s\n", g.BenchmarkCPUs)
	printFindings(&b, g.Findings)
	_, err := io.WriteString(w, b.String())
	return err
}

func printFindings(w io.Writer, all []export.Finding) {
	for _, f := range all {
		fmt.Fprintf(w, "  %-8s %s: %s\n           because %s\n", f.Severity, f.Rule, f.Found, f.Why)
		if f.Remedy != "" {
			fmt.Fprintf(w, "           to mend it: %s\n", f.Remedy)
		}
	}
	if len(all) == 0 {
		fmt.Fprintf(w, "  nothing to mend was found\n")
	}
}

func (g grant) print(w io.Writer) {
	if g.Granted {
		fmt.Fprintf(w, "  yes  %s\n", g.What)
		return
	}
	fmt.Fprintf(w, "  no   %s: %s\n", g.What, g.Why)
	if g.Remedy != "" {
		fmt.Fprintf(w, "       to get it: %s\n", g.Remedy)
	}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	plural := "s"
	if strings.HasSuffix(what, "s") {
		plural = "es"
	}
	return fmt.Sprintf("%d %s%s", n, what, plural)
}
