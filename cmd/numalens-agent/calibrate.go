package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect/calibrate"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

func calibrateCommand(flags *flag.FlagSet) func(streams, []string) error {
	s := &settings{}
	var (
		o     calibrate.Options
		bytes byteSize
	)
	cpus := flags.String("cpus", "", "`list` of the CPUs that may be used, like 0-3,8 (default: those that this command may use)")
	flags.StringVar(&s.out, "out", "", "`directory` of the export; the result is kept there for recordings of this host (default: it is only printed)")
	flags.StringVar(&s.calibration, "calibration", "", "`file` to keep the result in, instead of HOST/calibration.json below --out")
	flags.StringVar(&s.host, "host", "", "as for record")
	flags.Var(&s.events, "event", "as for record")
	flags.Var(&bytes, "bytes", "`size` of the memory that is read, of one node at a time (default: four times the last-level cache, within 64 and 256 MiB)")
	flags.BoolVar(&o.Quick, "quick", false, "fewer rounds, and 64 MiB")
	quiet := flags.Bool("quiet", false, "do not say what is being done")
	asJSON := flags.Bool("json", false, "print JSON")
	flags.StringVar(&s.roots.Sys, "sys-root", "/sys", "where sysfs is")
	flags.StringVar(&s.roots.Proc, "proc-root", "/proc", "where procfs is")
	return func(std streams, args []string) error {
		if err := noArguments(args); err != nil {
			return err
		}
		if bytes < 0 {
			return usagef("--bytes: want a size")
		}
		info, err := hostinfo.Read(s.roots)
		if err != nil {
			return err
		}
		o.Roots, o.Info, o.Named, o.Bytes = s.roots, info, s.events, int64(bytes)
		if o.CPUs, err = usableCPUs(*cpus, info); err != nil {
			return err
		}
		if !*quiet {
			o.Say = (&messages{info: std.err}).say
		}
		path, err := s.calibrationPath(info)
		if err != nil {
			return err
		}
		return calibrateHost(o, path, *asJSON, std)
	}
}

// usableCPUs are those of the list, or all that this process may use.
func usableCPUs(list string, info *hostinfo.Info) ([]int, error) {
	if list == "" {
		list = info.Pinning.CPUs
	}
	cpus, err := hostinfo.ParseList(list)
	if err != nil {
		return nil, usagef("--cpus: %v", err)
	}
	for _, id := range cpus {
		if _, ok := info.Topology.CPUByID(id); !ok {
			return nil, usagef("--cpus: CPU %d is not online", id)
		}
	}
	if len(cpus) == 0 {
		for _, c := range info.Topology.CPUs {
			cpus = append(cpus, c.ID)
		}
	}
	return cpus, nil
}

// calibrateHost ends with status 1 where an event is untrusted, after all was
// said and kept: scripts that set hosts up have to notice.
func calibrateHost(o calibrate.Options, path string, asJSON bool, std streams) error {
	c, err := calibrate.Run(o)
	if err != nil {
		return err
	}
	if path != "" {
		if err := export.WriteCalibration(path, c); err != nil {
			return err
		}
	}
	if asJSON {
		e := json.NewEncoder(std.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		err = e.Encode(c)
	} else {
		_, err = io.WriteString(std.out, calibrationText(c, path))
	}
	if err != nil {
		return err
	}
	return calibrationStatus(c)
}

func calibrationStatus(c *export.Calibration) error {
	for _, v := range c.Events {
		if v.Trust == export.Untrusted {
			return &exitError{statusFailed}
		}
	}
	return nil
}

func calibrationText(c *export.Calibration, path string) string {
	var b strings.Builder
	if c.Emulated != "" {
		fmt.Fprintf(&b, "not from hardware: %s; no time is given\n", c.Emulated)
	}
	writeMatrix(&b, "latency of a load, ns", c, func(p export.NodePair) *float64 { return p.LatencyNS })
	writeMatrix(&b, "reading bandwidth of a node's cores together, 10⁹ bytes a second", c, func(p export.NodePair) *float64 { return p.BandwidthGB })
	for _, p := range c.Pairs {
		if p.HugeBytes < p.Bytes && p.LatencyNS != nil {
			fmt.Fprintf(&b, "  memory of node %d is in small pages: its latency has page walks in it\n", p.MemoryNode)
		}
	}
	writeTransfers(&b, c.Transfers)
	fmt.Fprintf(&b, "\nevents\n")
	for _, v := range c.Events {
		name := v.Name
		if v.Meaning != "" && string(v.Meaning) != v.Name {
			name += " (" + string(v.Meaning) + ")"
		}
		fmt.Fprintf(&b, "  %-9s %s", v.Trust, name)
		if v.Why != "" {
			fmt.Fprintf(&b, ": %s", v.Why)
		}
		fmt.Fprintln(&b)
	}
	for _, u := range c.Missing {
		fmt.Fprintf(&b, "  not here  %s: %s; %s\n", u.Feature, u.Why, u.Remedy)
	}
	if path != "" {
		fmt.Fprintf(&b, "\nkept in %s for recordings of this host\n", path)
	}
	return b.String()
}

// writeMatrix prints nodes with CPUs as rows and nodes with memory as columns.
func writeMatrix(b *strings.Builder, title string, c *export.Calibration, value func(export.NodePair) *float64) {
	var rows, columns []int
	cells := map[[2]int]string{}
	why := ""
	for _, p := range c.Pairs {
		rows, columns = withID(rows, p.CPUNode), withID(columns, p.MemoryNode)
		cells[[2]int{p.CPUNode, p.MemoryNode}] = "null"
		if v := value(p); v != nil {
			cells[[2]int{p.CPUNode, p.MemoryNode}] = fmt.Sprintf("%.1f", *v)
		} else if why == "" {
			why = fmt.Sprintf("  null: memory of node %d: %s\n", p.MemoryNode, p.Why)
		}
	}
	fmt.Fprintf(b, "%s\n  from CPUs of   to memory of", title)
	for _, m := range columns {
		fmt.Fprintf(b, " %9s", fmt.Sprintf("node %d", m))
	}
	fmt.Fprintln(b)
	for _, r := range rows {
		fmt.Fprintf(b, "  %-27s", fmt.Sprintf("node %d", r))
		for _, m := range columns {
			fmt.Fprintf(b, " %9s", cells[[2]int{r, m}])
		}
		fmt.Fprintln(b)
	}
	b.WriteString(why)
}

func withID(list []int, id int) []int {
	for _, have := range list {
		if have == id {
			return list
		}
	}
	return append(list, id)
}

func writeTransfers(b *strings.Builder, all []export.Transfer) {
	fmt.Fprintf(b, "a line from CPU to CPU, ns\n")
	for _, t := range all {
		if t.TransferNS == nil || t.PaddedNS == nil {
			fmt.Fprintf(b, "  CPUs %d and %d (%s): null: %s\n", t.CPUs[0], t.CPUs[1], t.Place, t.Why)
			continue
		}
		fmt.Fprintf(b, "  CPUs %d and %d (%s): %.1f; each on a line of its own %.1f\n", t.CPUs[0], t.CPUs[1], t.Place, *t.TransferNS, *t.PaddedNS)
	}
	if len(all) == 0 {
		fmt.Fprintf(b, "  there is one CPU\n")
	}
}

// calibrationPath is where this host's calibration is kept; "" is nowhere.
func (s *settings) calibrationPath(info *hostinfo.Info) (string, error) {
	if s.calibration != "" || s.out == "" {
		return s.calibration, nil
	}
	host, err := s.hostName(info)
	if err != nil {
		return "", err
	}
	return export.CalibrationPath(s.out, host), nil
}

// enterCalibration keeps the host's calibration in the run, where there is one
// that still holds; one that does not is told.
func enterCalibration(s *settings, info *hostinfo.Info, m *export.Manifest) {
	path, err := s.calibrationPath(info)
	if err != nil {
		return // of the host's name, which begin has refused already
	}
	c, err := export.ReadCalibration(path)
	if errors.Is(err, fs.ErrNotExist) && s.calibration == "" {
		return
	}
	if err == nil {
		err = holds(c, s, info, m)
	}
	if err != nil {
		m.Unavailable = append(m.Unavailable, numa.Unavailable{
			Feature: "calibration", Why: err.Error(), Remedy: "run numalens-agent calibrate on this host, while it is idle",
		})
		return
	}
	c.Enter(m)
}

// holds tells whether a calibration is of this host as it is now.
func holds(c *export.Calibration, s *settings, info *hostinfo.Info, m *export.Manifest) error {
	now, err := calibrate.Identify(s.roots, info)
	if err != nil {
		return err
	}
	differ := c.Host.Differences(now)
	if c.Emulated != m.Emulated {
		differ = append(differ, "one of the two hosts is emulated, or by another model")
	}
	if len(differ) > 0 {
		return fmt.Errorf("that of %s does not hold: %s", time.Unix(0, c.TakenNS).UTC().Format(time.RFC3339), strings.Join(differ, "; "))
	}
	return nil
}
