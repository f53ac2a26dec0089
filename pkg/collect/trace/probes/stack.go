package probes

import (
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
)

// unwinding is the kernel's table of frames (ORC), by which it walks stacks.
type unwinding struct {
	ips, entries uint64
	count        uint32
}

// maxUnwinding is how many entries the programs' search can tell apart.
const maxUnwinding = 1 << 20

// orcEntryBytes is the size of an entry, orcIPBytes that of its address.
const orcEntryBytes, orcIPBytes = 6, 4

// findUnwinding finds the table; none is there with other unwinders, on other
// architectures, or where addresses are hidden. Nor is it made use of before
// Linux 5.15, where programs cannot tell the end of a stack. Then all stacks
// are walked.
func findUnwinding(kallsyms string) (u unwinding) {
	if runtime.GOARCH != "amd64" || features.HaveProgramHelper(ebpf.RawTracepoint, asm.FnTaskPtRegs) != nil {
		return u
	}
	at, err := addresses(kallsyms, "__start_orc_unwind_ip", "__stop_orc_unwind_ip", "__start_orc_unwind", "__stop_orc_unwind")
	if err != nil {
		return u
	}
	return tableOf(at["__start_orc_unwind_ip"], at["__stop_orc_unwind_ip"], at["__start_orc_unwind"], at["__stop_orc_unwind"])
}

// tableOf checks that the two halves of the table fit each other.
func tableOf(ips, ipsEnd, entries, entriesEnd uint64) unwinding {
	if ips == 0 || entries == 0 || ipsEnd <= ips || entriesEnd <= entries {
		return unwinding{}
	}
	n := (ipsEnd - ips) / orcIPBytes
	if n != (entriesEnd-entries)/orcEntryBytes || (entriesEnd-entries)%orcEntryBytes != 0 || n >= maxUnwinding {
		return unwinding{}
	}
	return unwinding{ips, entries, uint32(n)}
}

// Recalls are what became of the kernel's stacks, on all CPUs.
type Recalls = ObjectRecalls

// Recalls reads them.
func (s *Set) Recalls() (all Recalls, err error) {
	var each []ObjectAttempt
	if err := s.Map(ObjectMapAttempts).Lookup(uint32(0), &each); err != nil {
		return all, err
	}
	for _, a := range each {
		all.Recalled += a.Counts.Recalled
		all.Checked += a.Counts.Checked
		all.Wrong += a.Counts.Wrong
		all.Walked += a.Counts.Walked
		all.Learned += a.Counts.Learned
		all.Refused += a.Counts.Refused
		all.Elsewhere += a.Counts.Elsewhere
		all.Deep += a.Counts.Deep
	}
	return all, nil
}
