package perfscript

import "math"

// shape is what lines have in common that were printed by one command: how
// many numbers stand behind the data source, and whether the last has a name.
type shape struct {
	n     int
	named bool
}

// seen is what the numbers of one column were over the first lines.
type seen struct {
	address bool // some can only be hexadecimal, or are too long for a weight
	most    int64
	highest uint64
}

// roles say which number is what; -1 is none of them.
type roles struct {
	weight, ip, phys int
	doubt            string // why one of them is not told
}

// The bounds that tell numbers apart. Weights are cycles, of 16 bits on most
// processors, while the lowest address that programs are linked at is
// 0x400000. Programs and libraries that are laid out at random lie above
// 0x550000000000, where no machine has memory, or where addresses have 39
// bits (arm64) above 0x5500000000; those linked at a fixed place below 4 GiB.
const (
	mostWeight     = 400_000
	lowestRandom   = 0x550000000000
	lowestRandom39 = 0x5500000000
	fourGiB        = 1 << 32
	mostLatencies  = 3 // weight, ins_lat, retire_lat
)

func (c *seen) add(x number) {
	c.address = c.address || x.decimal < 0 || x.digits >= minAddressDigits
	c.most = max(c.most, x.decimal)
	c.highest = max(c.highest, x.hex)
}

// decide finds the roles. perf prints weight, ins_lat, retire_lat, ip and
// phys_addr in this order, those that were asked for.
func (s shape) decide(columns [maxNumbers]seen) roles {
	r := roles{-1, -1, -1, ""}
	end := s.n
	if s.named {
		end--
		r.ip = end
	}
	latencies := 0
	for latencies < end && !columns[latencies].address {
		latencies++
	}
	if latencies > 0 {
		r.weight = 0
		if columns[0].most >= mostWeight || latencies > mostLatencies {
			r.weight, r.doubt = -1, "the number behind the data source may be a weight or an address"
		}
	}
	switch addresses := end - latencies; {
	case addresses == 0:
	case s.named:
		r.doubt = "a number between the data source and the ip is neither a weight nor a latency"
	case addresses == 1 && columns[latencies].highest >= lowestRandom:
		r.ip = latencies
	case addresses == 1 && columns[latencies].highest >= fourGiB && columns[latencies].highest < lowestRandom39:
		r.phys = latencies
	case addresses == 2:
		r.ip, r.phys = latencies, latencies+1
	default:
		r.doubt = "the address behind the data source may be an ip or a physical one"
	}
	return r
}

// fill gives a sample its numbers; false is one that is not what its column
// was taken for.
func (r roles) fill(h *held) bool {
	ok := true
	if r.weight >= 0 {
		if w := h.numbers[r.weight].decimal; w >= 0 && w <= math.MaxInt32 {
			h.sample.Latency = int32(w)
		} else {
			ok = false
		}
	}
	if r.ip >= 0 {
		h.sample.IP = h.numbers[r.ip].hex
	}
	if r.phys >= 0 {
		h.sample.Phys = h.numbers[r.phys].hex
	}
	return ok
}
