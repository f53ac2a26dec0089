package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/cilium/ebpf"

	"github.com/numalens/numalens/pkg/collect/trace/probes"
)

// probed is what a process's BPF programs have done.
type probed struct {
	runs  uint64
	took  time.Duration
	count probes.ObjectCount // of all kinds
}

func (p probed) since(before probed) probed {
	d := probed{runs: p.runs - before.runs, took: p.took - before.took}
	d.count = probes.ObjectCount{
		Seen: p.count.Seen - before.count.Seen, Ruled: p.count.Ruled - before.count.Ruled, Sampled: p.count.Sampled - before.count.Sampled,
		Thinned: p.count.Thinned - before.count.Thinned, RuledLost: p.count.RuledLost - before.count.RuledLost,
		SampledLost: p.count.SampledLost - before.count.SampledLost, Unsummed: p.count.Unsummed - before.count.Unsummed,
	}
	return d
}

// readProbed looks at the programs and at the map of counts that a process
// holds; a collector in this process and the agent's binary are looked at
// alike. Statistics must be on.
func readProbed(pid int) (p probed, err error) {
	ids, err := heldBy(pid, "prog_id")
	if err != nil {
		return p, err
	}
	for _, id := range ids {
		program, err := ebpf.NewProgramFromID(ebpf.ProgramID(id))
		if err != nil {
			return p, err
		}
		s, err := program.Stats()
		program.Close()
		if err != nil {
			return p, err
		}
		p.runs += s.RunCount
		p.took += s.Runtime
	}
	p.count, err = readCounts(pid)
	return p, err
}

func readCounts(pid int) (sum probes.ObjectCount, err error) {
	ids, err := heldBy(pid, "map_id")
	if err != nil {
		return sum, err
	}
	for _, id := range ids {
		m, err := ebpf.NewMapFromID(ebpf.MapID(id))
		if err != nil {
			return sum, err
		}
		defer m.Close()
		info, err := m.Info()
		if err != nil {
			return sum, err
		}
		if info.Name == probes.ObjectMapCounts {
			return addCounts(m)
		}
	}
	return sum, errors.New("the process holds no map of counts: it does not trace")
}

func addCounts(m *ebpf.Map) (sum probes.ObjectCount, err error) {
	for kind := range uint32(probes.AllKinds) {
		var each []probes.ObjectCount
		if err := m.Lookup(kind, &each); err != nil {
			return sum, err
		}
		for _, n := range each {
			sum.Seen += n.Seen
			sum.Ruled += n.Ruled
			sum.Sampled += n.Sampled
			sum.Thinned += n.Thinned
			sum.RuledLost += n.RuledLost
			sum.SampledLost += n.SampledLost
			sum.Unsummed += n.Unsummed
		}
	}
	return sum, nil
}

// heldBy finds the kernel's numbers of BPF objects that a process has
// descriptors of; links to them tell the program's number as well, so each is
// given once.
func heldBy(pid int, what string) ([]uint32, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid))
	if err != nil {
		return nil, err
	}
	var ids []uint32
	found := map[uint32]bool{}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			continue // closed meanwhile
		}
		for line := range strings.Lines(string(b)) {
			value, ok := strings.CutPrefix(line, what+":")
			if !ok {
				continue
			}
			id, err := strconv.ParseUint(strings.TrimSpace(value), 10, 32)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			if n := uint32(id); !found[n] {
				found[n] = true
				ids = append(ids, n)
			}
		}
	}
	return ids, nil
}
