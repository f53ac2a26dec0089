package perfdata

import (
	"fmt"
	"strings"

	"github.com/numalens/numalens/pkg/imports"
)

// feature is a part of what perf tells of the host beside the records.
type feature uint64

// The features that are read (tools/perf/util/header.h).
const (
	featureHostname     feature = 3
	featureRelease      feature = 4
	featureVersion      feature = 5
	featureArch         feature = 6
	featureCPUs         feature = 7
	featureCPUDesc      feature = 8
	featureCPUID        feature = 9
	featureTotalMem     feature = 10
	featureCommand      feature = 11
	featureEvents       feature = 12
	featureCPUTopology  feature = 13
	featureNUMA         feature = 14
	featureCaches       feature = 20
	featureMemory       feature = 22
	featureClockID      feature = 23
	featureDirectory    feature = 24
	featureClock        feature = 29
	features                    = 256
	maxFeatureBytes             = 16 << 20
	featureSectionBytes         = 16
)

// factNames are the features that are one string, and what they tell.
var factNames = map[feature]string{
	featureHostname: imports.FactHost, featureRelease: imports.FactKernel, featureVersion: imports.FactVersion, featureArch: imports.FactArch,
	featureCPUDesc: imports.FactCPU, featureCPUID: "cpuid",
}

// feature takes what one feature tells. One that is damaged is told and left
// out: the records stand without it.
func (g *reading) feature(f feature, b []byte) {
	c := cursor{b: b}
	switch f {
	case featureCommand:
		g.fact(imports.FactCommand, strings.Join(c.texts(), " "), c.short)
	case featureCPUs:
		online, possible := c.u32(), c.u32()
		g.cpus = int(min(possible, maxCPU))
		g.fact("cpus", fmt.Sprint(online), c.short)
	case featureTotalMem:
		g.fact("memory", fmt.Sprint(c.u64()<<10, " bytes"), c.short)
	case featureEvents:
		g.eventNames(&c)
	case featureCPUTopology:
		g.host.siblings(&c, g.cpus)
	case featureNUMA:
		g.host.nodes(&c)
	case featureCaches:
		g.host.caches(&c)
	case featureMemory:
		g.host.memory(&c)
	case featureClock:
		g.clock.read(&c)
	case featureDirectory:
		g.sink.Warn(g.number, "this is a part of a recording by several threads, whose samples lie in the files beside it: import those, or record without --threads")
	default:
		if name, is := factNames[f]; is {
			g.fact(name, c.text(), c.short)
		}
	}
	if c.short {
		g.sink.Warn(g.number, fmt.Sprintf("feature %d of the file is damaged: what it tells is left out", f))
	}
}

func (g *reading) fact(key, value string, damaged bool) {
	if !damaged && value != "" {
		g.sink.Fact(key, value)
	}
}

// eventNames reads the description of events, which has their names. The
// events themselves were told already, in the same order.
func (g *reading) eventNames(c *cursor) {
	n, size := c.u32(), c.u32()
	for i := range n {
		c.skip(uint64(size))
		ids := c.u32()
		name := c.text()
		first := *c
		c.skipWords(uint64(ids))
		if c.short {
			return
		}
		e := g.events.byID[first.u64()]
		if ids == 0 {
			e = nil
			if int(i) < len(g.events.list) {
				e = g.events.list[i]
			}
		}
		if e != nil {
			e.name = name
		}
	}
}
