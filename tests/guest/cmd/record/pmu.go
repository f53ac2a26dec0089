package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/numalens/numalens/tests/guest/plugin"
)

const truthFile = "truth.json" // in the work directory

// loadPlugin builds the plugin and adds it to the machine.
func (o *options) loadPlugin(ctx context.Context, src, work string) error {
	so, err := plugin.Build(work)
	if err != nil {
		return err
	}
	version, err := revision(ctx, src)
	if err != nil {
		return err
	}
	o.machine.Plugin = []string{"-plugin", plugin.Args(so, plugin.Options{
		Shared:        o.machine.Shared,
		Truth:         filepath.Join(work, truthFile),
		Version:       "softpmu " + version,
		Nodes:         o.machine.Nodes,
		CPUsPerNode:   o.machine.CPUsPerNode,
		NodeBytes:     uint64(o.machine.NodeBytes),
		RAMBase:       o.machine.MemoryBase(),
		UnseenFrom:    agentCode,
		UnseenTo:      agentCode + agentCodeBytes,
		SamplePeriod:  o.sampleEvery,
		SampleLatency: o.sampleLatency,
	})}
	return nil
}

// The agent is linked to addresses at which no other program's code lies, by
// which the plugin knows it. Go's linker puts the headers, 4 KiB, before the
// text; they have to begin at a multiple of 64 KiB, arm64's largest page, or
// the program ends before it begins.
const (
	agentCode      = 0x60000000
	agentCodeBytes = 0x10000000
	agentText      = agentCode + 0x10000 + 0x1000
)

// bringTruth puts what the plugin counted where the user wants it.
func (o *options) bringTruth(work, run string) error {
	if o.noPMU {
		return nil
	}
	to := o.truth
	if to == "" {
		to = filepath.Join(o.out, "truth", run+".json")
	}
	data, err := os.ReadFile(filepath.Join(work, truthFile))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("the plugin wrote no truth")
	}
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o644)
}
