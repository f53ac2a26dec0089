package calibrate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/numalens/numalens/pkg/collect"
	"github.com/numalens/numalens/pkg/collect/hostinfo"
	"github.com/numalens/numalens/pkg/events"
	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// Identify says what a calibration of this host is bound to: what decides how
// its events count and how far its nodes are.
func Identify(roots collect.Roots, info *hostinfo.Info) (export.Identity, error) {
	table, err := events.Table()
	if err != nil {
		return export.Identity{}, fmt.Errorf("event table: %w", err)
	}
	return export.Identity{
		CPUModel:  info.CPUModel,
		Microcode: microcode(roots),
		Kernel:    info.Kernel,
		Topology:  fingerprint(placed(&info.Topology)),
		Events:    fingerprint(table) + "-" + fingerprint(events.CPUGroups()),
	}, nil
}

// placed leaves out of a topology what changes from day to day: how much
// memory there is, and where.
func placed(t *numa.Topology) numa.Topology {
	out := *t
	out.Nodes = nil
	for _, n := range t.Nodes {
		n.MemoryBytes, n.MemoryRanges = 0, nil
		out.Nodes = append(out.Nodes, n)
	}
	return out
}

// fingerprint is a short hash of a value's JSON.
func fingerprint(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error() // of types that are all ours, and can be marshalled
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:6])
}

// microcode is x86's revision; "" is not told.
func microcode(roots collect.Roots) string {
	b, err := os.ReadFile(filepath.Join(roots.Proc, "cpuinfo"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "microcode" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
