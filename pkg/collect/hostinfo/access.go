package hostinfo

import (
	"fmt"
	"strconv"

	"github.com/numalens/numalens/pkg/numa"
)

// access reads what ACPI's HMAT says of a node's memory: directories
// access0 and access1, each with the nodes that reach it best and how fast
// (Documentation/admin-guide/mm/numaperf.rst).
func (t tree) access(dir string) []numa.Access {
	var all []numa.Access
	for class := range 2 {
		initiators := fmt.Sprintf("%saccess%d/initiators/", dir, class)
		a := numa.Access{
			Class:                     class,
			Initiators:                t.directories(initiators, "node"),
			ReadLatencyNS:             t.number(initiators + "read_latency"),
			WriteLatencyNS:            t.number(initiators + "write_latency"),
			ReadBandwidthMBPerSecond:  t.number(initiators + "read_bandwidth"),
			WriteBandwidthMBPerSecond: t.number(initiators + "write_bandwidth"),
		}
		told := a.ReadLatencyNS + a.WriteLatencyNS + a.ReadBandwidthMBPerSecond + a.WriteBandwidthMBPerSecond
		if told > 0 || a.Initiators != nil {
			all = append(all, a)
		}
	}
	return all
}

// number reads a count of which 0 says nothing.
func (t tree) number(file string) int64 {
	n, err := strconv.ParseInt(t.sys(file), 10, 52)
	if err != nil {
		return 0
	}
	return max(n, 0)
}
