package query

// Intel's top-down analysis prices what a core waits for: so many ns for each
// access of a kind, of all the clocks that it ran. The prices are Intel's, of
// intel/perfmon <MODEL>/metrics, False_Sharing, Contested_Accesses and
// Remote_MEM (August 2026).
//
// There: 100 × Σ price × GHz × count ÷ clocks. Clocks ÷ GHz is the time for
// which the core was not halted, and so are ref-cycles by the frequency of their
// clock: Σ price × count ÷ that time is the same figure, and needs no GHz.
// Intel's factor for loads that find their line already on its way, 1 + FB_HIT ÷
// L1_MISS ÷ 2, is left out, for want of counters: loads cost more by it, 50 % at
// most. So is the part of XSNP_FWD that offcore events say is HITM: contested
// loads are too many by the clean lines among them.

// prices of one access, ns.
type prices struct {
	remoteHITM, localHITM float64 // a line modified by another socket, by another core
	snoopMiss             float64 // the LLC had to ask a core that no longer had it
	l2, llc               float64 // what the access would have cost anyway
	remoteDRAM            float64 // 0: Intel gives none, and measures each load instead
}

func pricesOf(model string) (prices, bool) {
	switch model {
	case "SKX", "CLX":
		return prices{remoteHITM: 110, localHITM: 47.5, snoopMiss: 47.5, l2: 3.5, llc: 20.5, remoteDRAM: 147.5}, true
	case "ICX":
		return prices{remoteHITM: 120, localHITM: 48, snoopMiss: 47.5, l2: 4, llc: 23, remoteDRAM: 131}, true
	case "SPR", "EMR":
		return prices{remoteHITM: 170, localHITM: 81, snoopMiss: 79, l2: 4.4, llc: 37, remoteDRAM: 190}, true
	case "GNR":
		return prices{remoteHITM: 170, localHITM: 81, snoopMiss: 79, l2: 4.4}, true
	}
	return prices{}, false
}

// falseSharingCosts are of stores that take a line from another socket, and
// from another core.
func falseSharingCosts(model string) []float64 {
	p, ok := pricesOf(model)
	if !ok {
		return nil
	}
	return []float64{p.remoteHITM, p.localHITM}
}

// contestedCosts are of loads that hit a line modified by another core, and
// of loads for which another core was asked in vain.
func contestedCosts(model string) []float64 {
	p, ok := pricesOf(model)
	if !ok {
		return nil
	}
	return []float64{p.localHITM - p.l2, p.snoopMiss - p.l2}
}

// remoteMemoryCosts are of loads that another socket's memory served.
func remoteMemoryCosts(model string) []float64 {
	p, ok := pricesOf(model)
	if !ok || p.remoteDRAM == 0 {
		return nil
	}
	return []float64{p.remoteDRAM - p.llc}
}
