package calibrate

import (
	"strings"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/numa"
)

// base is what a count is held against.
type base int

const (
	perUnit   base = iota // of the workload: a load, a transfer
	perRan                // a ns for which its threads ran
	perWall               // a ns of the monotonic clock
	perSwitch             // a switch, by the kernel's account of the threads
)

// The names of workloads as they are reported: the padded twins have their own.
const (
	padded         = "-padded"
	chaseSmall     = workChase + "-small"
	pingpongPadded = workPingPong + padded
	handoverPadded = workHandover + padded
)

// units are what a workload's units are called.
var units = map[string]string{
	workChase: "load", chaseSmall: "load", workStream: "line", workPingPong: "transfer", pingpongPadded: "turn", workHandover: "transfer", handoverPadded: "turn",
	workTouch: "page", workSleep: "sleep", workMigrate: "move", workSpin: "turn",
}

// Where two CPUs are to each other, nearest first; and memory to a CPU: the
// words of numa.Place.
const (
	sameCore  = "same core"
	sameCache = "same cache"
)

var (
	ownNode     = numa.OwnNode.String()
	sameSocket  = numa.SameSocket.String()
	otherSocket = numa.OtherSocket.String()

	onSocket  = []string{sameCache, ownNode, sameSocket}
	offSocket = []string{otherSocket}
	offCore   = []string{sameCache, ownNode, sameSocket, otherSocket}
)

// expectation is what an event of a meaning must count in a workload, if it
// says what the meaning claims. Bounds are wide where hardware may differ for
// good reason, and narrow where it may not: what they have to tell apart are
// 0 and 1.
type expectation struct {
	meaning numa.Meaning // of a software event, its name
	work    string
	places  []string // nil is any
	per     base
	low     float64
	high    float64
	// memory scales low by the share of the loads that no cache can hold.
	memory  bool
	because string
}

const (
	chaseGoesToMemory = "each load of the chain goes to memory, but for what the last-level cache holds of it"
	nothingElsewhere  = "no load of the chain goes there"
	oneTransfer       = "each turn loads the word from the other CPU's cache, where it was just modified; a load that waits with it may be counted with the miss or apart"
	noTransfer        = "each CPU has a line of its own"
	noSharing         = "nobody else writes to the memory"
	otherKind         = "the two CPUs are not in such a place to each other"
	storesTake        = "each turn stores to a line that the other CPU has just modified, without loading it"
	everyKind         = "each line is read once, by a load or by a prefetch before it; others' use of memory is in it"
)

var expectations = []expectation{
	{numa.Instructions, workChase, nil, perUnit, 2.95, 3.6, false, "a step of the chain is three instructions; interrupts add theirs"},
	{numa.Cycles, workChase, nil, perRan, 0.3, 7, false, "processors run at 0.3 to 7 GHz"},
	{numa.RefCycles, workChase, nil, perRan, 0.02, 7, false, "reference clocks run at 25 MHz to 7 GHz"},
	{numa.Loads, workChase, nil, perUnit, 0.95, 1.3, false, "a step of the chain is one load; interrupts add theirs"},
	{numa.L1DReplacement, workChase, nil, perUnit, 0.7, 3, true, "each load brings a line, and a page walk may bring more"},
	{numa.DTLBLoadWalks, chaseSmall, nil, perUnit, 0.5, 2.5, false, "no TLB holds as many small pages as the chain is spread over"},
	{numa.DTLBLoadWalks, pingpongPadded, nil, perUnit, 0, 0.05, false, "all turns are on one page"},
	{numa.LLCLoads, workChase, nil, perUnit, 0.7, 2.5, true, "no cache of a core holds the chain; page walks may add loads"},
	{numa.LLCLoadMisses, workChase, nil, perUnit, 0.7, 2.5, true, chaseGoesToMemory},
	{numa.LLCLoadMisses, pingpongPadded, nil, perUnit, 0, 0.05, false, "the line stays in the core's own cache"},
	{numa.LLCLoadHits, workChase, nil, perUnit, 0, 1.5, false, "the last-level cache can hold a part of the chain, and page tables"},
	{numa.LLCReferences, workChase, nil, perUnit, 0.7, 4, true, "each load asks the last-level cache, and so do prefetches"},
	{numa.LLCMisses, workChase, nil, perUnit, 0.7, 4, true, chaseGoesToMemory + "; prefetches are in it"},

	{numa.DRAMLoadsLocal, workChase, []string{ownNode}, perUnit, 0.7, 1.5, true, chaseGoesToMemory},
	{numa.DRAMLoadsLocal, workChase, offSocket, perUnit, 0, 0.05, false, nothingElsewhere},
	{numa.DRAMLoadsRemote, workChase, []string{ownNode}, perUnit, 0, 0.05, false, nothingElsewhere},
	{numa.DRAMLoadsRemote, workChase, offSocket, perUnit, 0.7, 1.5, true, chaseGoesToMemory},
	{numa.DRAMLoadsLocal, pingpongPadded, nil, perUnit, 0, 0.05, false, "the line stays in the core's own cache"},
	{numa.RemoteAccesses, workChase, []string{ownNode}, perUnit, 0, 0.05, false, nothingElsewhere},
	{numa.RemoteAccesses, workChase, offSocket, perUnit, 0.7, 3, true, chaseGoesToMemory},
	{numa.CoreReadsOwnNode, workChase, []string{ownNode}, perUnit, 0.7, 3, true, chaseGoesToMemory + "; prefetches are in it"},
	{numa.CoreReadsOwnNode, workChase, []string{sameSocket, otherSocket}, perUnit, 0, 0.1, false, nothingElsewhere},
	{numa.CoreReadsSameSocket, workChase, []string{ownNode, otherSocket}, perUnit, 0, 0.1, false, nothingElsewhere},
	{numa.CoreReadsSameSocket, workChase, []string{sameSocket}, perUnit, 0.7, 3, true, chaseGoesToMemory + "; prefetches are in it"},
	{numa.CoreReadsOtherSocket, workChase, []string{ownNode, sameSocket}, perUnit, 0, 0.1, false, nothingElsewhere},
	{numa.CoreReadsOtherSocket, workChase, offSocket, perUnit, 0.7, 3, true, chaseGoesToMemory + "; prefetches are in it"},
	{numa.DataReads, workChase, nil, perUnit, 0.7, 4, true, chaseGoesToMemory + "; prefetches are in it"},
	{numa.DataReadsDemand, workChase, nil, perUnit, 0.7, 2.5, true, chaseGoesToMemory},

	{numa.HITMLocal, workPingPong, onSocket, perUnit, 0.2, 2, false, oneTransfer},
	{numa.HITMLocal, workPingPong, offSocket, perUnit, 0, 0.1, false, otherKind},
	{numa.HITMLocal, pingpongPadded, offCore, perUnit, 0, 0.05, false, noTransfer},
	{numa.HITMLocal, workChase, nil, perUnit, 0, 0.02, false, noSharing},
	{numa.HITMRemote, workPingPong, onSocket, perUnit, 0, 0.1, false, otherKind},
	{numa.HITMRemote, workPingPong, offSocket, perUnit, 0.2, 2, false, oneTransfer},
	{numa.HITMRemote, pingpongPadded, offCore, perUnit, 0, 0.05, false, noTransfer},
	{numa.HITMRemote, workChase, nil, perUnit, 0, 0.02, false, noSharing},
	{numa.ForwardRemote, workChase, nil, perUnit, 0, 0.05, false, noSharing},
	{numa.ForwardRemote, pingpongPadded, offCore, perUnit, 0, 0.05, false, noTransfer},
	{numa.CacheFillsNear, workPingPong, []string{ownNode}, perUnit, 0.2, 3, false, oneTransfer},
	{numa.CacheFillsNear, pingpongPadded, offCore, perUnit, 0, 0.05, false, noTransfer},
	{numa.CacheFillsRemote, workPingPong, offSocket, perUnit, 0.2, 3, false, oneTransfer + "; the word's memory is the first CPU's"},
	{numa.CacheFillsRemote, pingpongPadded, offCore, perUnit, 0, 0.05, false, noTransfer},
	{numa.CacheFillsRemote, workChase, []string{ownNode}, perUnit, 0, 0.05, false, noSharing},
	{numa.RFOHITMLocal, workHandover, onSocket, perUnit, 0.2, 3, false, storesTake},
	{numa.RFOHITMLocal, workHandover, offSocket, perUnit, 0, 0.1, false, otherKind},
	{numa.RFOHITMLocal, handoverPadded, offCore, perUnit, 0, 0.05, false, noTransfer},
	{numa.RFOHITMRemote, workHandover, onSocket, perUnit, 0, 0.1, false, otherKind},
	{numa.RFOHITMRemote, workHandover, offSocket, perUnit, 0.2, 3, false, storesTake},
	{numa.RFOHITMRemote, handoverPadded, offCore, perUnit, 0, 0.05, false, noTransfer},

	{numa.DRAMReads, workStream, nil, perUnit, 0.8, 4, true, everyKind},
	{numa.DRAMTransfers, workStream, nil, perUnit, 0.8, 6, true, everyKind},
	{numa.LinkDataFlits, workStream, offSocket, perUnit, 6, 40, true, "nine flits carry a line; " + everyKind},
	{numa.LinkData32B, workStream, offSocket, perUnit, 1.5, 9, true, "two packets carry a line; " + everyKind},

	{"minor-faults", workTouch, nil, perUnit, 1, 1.002, false, "each page is touched for the first time, and nothing else is"},
	{"context-switches", workSleep, nil, perSwitch, 1, 1.02, false, "the thread sleeps and sleeps, and getrusage tells how often it was switched"},
	{"cpu-migrations", workMigrate, nil, perUnit, 1, 1.002, false, "the thread is moved to another CPU each time"},
	{"task-clock", workSpin, nil, perRan, 0.98, 1.05, false, "it is the time for which the kernel says that the thread ran"},
	{"cpu-clock", workSpin, nil, perWall, 0.95, 1.02, false, "it runs whatever the CPU does, as the monotonic clock"},
}

// holds tells whether an expectation is about an event in a cell.
func (x *expectation) holds(e export.GroupEvent, c *cell) bool {
	if x.work != c.work || x.meaning != meaningOf(e) || (x.per == perRan || x.per == perWall) && c.emulated {
		return false
	}
	if x.places == nil {
		return true
	}
	for _, p := range x.places {
		// What counts own node and others apart does so within a socket too.
		if p == c.place || p == otherSocket && c.place == sameSocket && x.work == workChase && strings.Contains(e.Caveat, "local is the node") {
			return true
		}
	}
	return false
}

// softNames are events of the software PMU, which have perf's names and no
// meaning of their own.
var softNames = map[string]numa.Meaning{
	"node-loads": numa.DRAMLoadsLocal, "node-load-misses": numa.DRAMLoadsRemote,
	"LLC-loads": numa.LLCLoads, "LLC-load-misses": numa.LLCLoadMisses, "L1-dcache-loads": numa.Loads,
}

func meaningOf(e export.GroupEvent) numa.Meaning {
	if e.Meaning != "" {
		return e.Meaning
	}
	if m, ok := softNames[e.Name]; ok {
		return m
	}
	return numa.Meaning(e.Name)
}
