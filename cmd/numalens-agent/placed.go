package main

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/collect/placement"
	"github.com/numalens/numalens/pkg/export"
)

// placementSettings say at whose pages to look, beside the recorded command's.
type placementSettings struct {
	every   interval
	pids    pidList
	cgroups textList
}

func (p *placementSettings) flags(fs *flag.FlagSet) {
	fs.Var(&p.every, "placement", "look `every` so long where the pages of processes lie, whatever that costs; \"never\" (default: 5s, and less often at large processes)")
	fs.Var(&p.pids, "pid", "look also where the pages of this `process` and of its descendants lie; can be given several times")
	fs.Var(&p.cgroups, "cgroup", "look also at the processes of this control `group`, as /proc/PID/cgroup names it; can be given several times")
}

func (p *placementSettings) check() error {
	if p.every != never && p.every < 0 || p.every > 0 && p.every < interval(100*time.Millisecond) {
		return fmt.Errorf("%v: want 100ms or more, or \"never\"", p.every)
	}
	return nil
}

func openPlacement(s *settings, info *hostinfo.Info, clock export.Clock, command int) (collect.Collector, collect.Report, error) {
	if s.placement.every == never {
		return nil, collect.Report{}, nil
	}
	return placement.Open(placement.Options{
		Roots: s.roots, Clock: clock, PageBytes: info.Topology.PageBytes,
		Command: command, PIDs: s.placement.pids, Cgroups: s.placement.cgroups, Period: time.Duration(s.placement.every),
	})
}

// interval is a duration, or never; 0 is the default.
type interval time.Duration

const never interval = -1

func (i interval) String() string {
	switch i {
	case never:
		return "never"
	case 0:
		return ""
	}
	return time.Duration(i).String()
}

// Set implements flag.Value.
func (i *interval) Set(text string) error {
	if text == "never" {
		*i = never
		return nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return fmt.Errorf("want a time like 5s, or \"never\"")
	}
	*i = interval(d)
	return nil
}

// UnmarshalText is for the configuration file.
func (i *interval) UnmarshalText(text []byte) error {
	if err := i.Set(string(text)); err != nil {
		return fmt.Errorf("%q: %w", text, err)
	}
	return nil
}

type pidList []int

func (l *pidList) String() string { return strings.Trim(fmt.Sprint([]int(*l)), "[]") }

// Set implements flag.Value.
func (l *pidList) Set(text string) error {
	pid, err := strconv.Atoi(text)
	if err != nil || pid <= 0 {
		return fmt.Errorf("want the number of a process")
	}
	*l = append(*l, pid)
	return nil
}

type textList []string

func (l *textList) String() string { return strings.Join(*l, " ") }

// Set implements flag.Value.
func (l *textList) Set(text string) error {
	*l = append(*l, text)
	return nil
}
