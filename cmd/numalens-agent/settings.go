package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/export"
)

// settings are what record and serve have in common.
type settings struct {
	out         string // the export's root
	host, name  string // "" host is the kernel's node name
	labels      labels
	hz          int
	events      eventList
	faultPeriod int // one fault sample for so many faults; 0 is the collector's default
	placement   placementSettings
	trace       traceSettings
	agentCPUs   cpuList
	maxBytes    byteSize
	keepFree    byteSize
	calibration string // "" is HOST/calibration.json below out
	roots       collect.Roots
	feed        *feed // nil where nothing is sent or shown
}

const (
	defaultHz = 10
	maxHz     = 1000
)

func (s *settings) flags(fs *flag.FlagSet) {
	fs.StringVar(&s.out, "out", "", "`directory` of the export; made if absent (required)")
	fs.StringVar(&s.host, "host", "", "this host's `name` in the export (default: as the kernel says)")
	fs.StringVar(&s.name, "name", "", "what to call the run")
	fs.Var(&s.labels, "label", "`key=value` that the run carries; can be given several times")
	fs.IntVar(&s.hz, "hz", defaultHz, "readings of counters a second, 1 to 1000")
	fs.Var(&s.events, "event", "`event` to count beside the others, in perf's syntax, as cpu/event=0xd3,umask=0x4/; can be given several times")
	fs.IntVar(&s.faultPeriod, "fault-period", 0, "sample one page fault in `N`; 1 is every one (default: as the collector finds cheap)")
	s.placement.flags(fs)
	s.trace.flags(fs)
	fs.Var(&s.agentCPUs, "agent-cpus", "`list` of the CPUs that the agent itself keeps to, as 0-1 (default: those that are neither isolated nor nohz_full)")
	fs.Var(&s.maxBytes, "max-bytes", "`size` of all runs together below the directory; the oldest go first; \"none\" is no cap (default 2GB)")
	fs.Var(&s.keepFree, "keep-free", "`size` that stays free on the file system (default: the larger of 1 GiB and 5 %, less where it is small)")
	fs.StringVar(&s.calibration, "calibration", "", "`file` that numalens-agent calibrate wrote (default: HOST/calibration.json below --out, where it is)")
	fs.StringVar(&s.roots.Sys, "sys-root", "/sys", "where sysfs is")
	fs.StringVar(&s.roots.Proc, "proc-root", "/proc", "where procfs is")
}

func (s *settings) check() error {
	if s.out == "" {
		return usagef("--out names no directory to record into")
	}
	if s.hz < 1 || s.hz > maxHz {
		return usagef("--hz %d: want 1 to %d", s.hz, maxHz)
	}
	if s.faultPeriod < 0 {
		return usagef("--fault-period %d: want 1 or more, or 0 for the default", s.faultPeriod)
	}
	if err := s.placement.check(); err != nil {
		return usagef("--placement %v", err)
	}
	if s.host != "" {
		if err := export.CheckName("--host", s.host); err != nil {
			return &usageError{err.Error()}
		}
	}
	return s.absolute()
}

func (s *settings) absolute() error {
	out, err := filepath.Abs(s.out)
	if err != nil {
		return fmt.Errorf("directory to record into: %w", err)
	}
	s.out = out
	return nil
}

// hostName is this host's name in the export.
func (s *settings) hostName(info *hostinfo.Info) (string, error) {
	if s.host != "" {
		return s.host, nil
	}
	if err := export.CheckName("host", info.Host); err != nil {
		return "", fmt.Errorf("%w; name this host by --host", err)
	}
	return info.Host, nil
}

// prepareRoot makes the export's root and mends what an agent that died left
// in it. Runs of other hosts, which record into the same file system, are
// left alone: whether their agents live cannot be seen from here.
func (s *settings) prepareRoot(info *hostinfo.Info) ([]export.Recovery, error) {
	host, err := s.hostName(info)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return nil, fmt.Errorf("make the directory to record into: %w", err)
	}
	mended, err := export.Recover(s.out, func(m export.Manifest) bool { return m.Host != host || export.Alive(m) })
	if err != nil {
		return nil, fmt.Errorf("mend what is in %s: %w", s.out, err)
	}
	return mended, nil
}

func (s *settings) writerOptions() export.WriterOptions {
	return export.WriterOptions{Root: s.out, MaxBytes: int64(s.maxBytes), KeepFreeBytes: int64(s.keepFree)}
}
