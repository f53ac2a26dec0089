package perfdata

import "math"

// fields are those of a PERF_RECORD_SAMPLE that an import needs.
type fields struct {
	ip, time, addr, period, dataSrc, phys uint64
	pid, tid, cpu                         uint32
	// latency is in cycles; 0 is not told, or more than fits.
	latency int32
}

// decode reads a sample as its event lays it out (PERF_RECORD_SAMPLE in
// include/uapi/linux/perf_event.h). false is one that is too short for it.
func (e *event) decode(payload []byte, f *fields) bool {
	*f = fields{period: e.period}
	c := cursor{b: payload}
	has := func(bit uint64) bool { return e.fields&bit != 0 }
	if has(hasIdentifier) {
		c.u64()
	}
	if has(hasIP) {
		f.ip = c.u64()
	}
	if has(hasTID) {
		f.pid, f.tid = c.u32(), c.u32()
	}
	if has(hasTime) {
		f.time = c.u64()
	}
	if has(hasAddr) {
		f.addr = c.u64()
	}
	if has(hasID) {
		c.u64()
	}
	if has(hasStreamID) {
		c.u64()
	}
	if has(hasCPU) {
		f.cpu = c.u32()
		c.u32()
	}
	if has(hasPeriod) {
		f.period = c.u64()
	}
	if e.fields&(hasRead|hasCallchain|hasRaw|hasBranchStack|hasRegsUser|hasStackUser) != 0 {
		e.skipVariable(&c)
	}
	if has(hasWeight | hasWeightStruct) {
		f.latency = e.latency(c.u64())
	}
	if has(hasDataSrc) {
		f.dataSrc = c.u64()
	}
	if has(hasTransaction) {
		c.u64()
	}
	if has(hasRegsIntr) {
		skipRegisters(&c, e.regsIntr)
	}
	if has(hasPhys) {
		f.phys = c.u64()
	}
	return !c.short
}

// latency takes the weight. As a struct its lower half is the latency, the
// rest is what the processor says of parts of it.
func (e *event) latency(weight uint64) int32 {
	if e.fields&hasWeightStruct != 0 {
		weight &= math.MaxUint32
	}
	if weight > math.MaxInt32 {
		return 0
	}
	return int32(weight)
}

// skipVariable passes the fields whose length is their own.
func (e *event) skipVariable(c *cursor) {
	if e.fields&hasRead != 0 {
		e.skipRead(c)
	}
	if e.fields&hasCallchain != 0 {
		c.skipWords(c.u64())
	}
	if e.fields&hasRaw != 0 {
		c.skip(uint64(c.u32()))
	}
	if e.fields&hasBranchStack != 0 {
		e.skipBranches(c)
	}
	if e.fields&hasRegsUser != 0 {
		skipRegisters(c, e.regsUser)
	}
	if e.fields&hasStackUser != 0 {
		if size := c.u64(); size != 0 {
			c.skip(size)
			c.u64() // how much of it was used
		}
	}
}

func (e *event) skipRead(c *cursor) {
	n := uint64(1)
	if e.readFormat&readGroup != 0 {
		n = c.u64()
	}
	each := uint64(1)
	for _, bit := range []uint64{readID, readLost} {
		if e.readFormat&bit != 0 {
			each++
		}
	}
	for _, bit := range []uint64{readEnabled, readRunning} {
		if e.readFormat&bit != 0 {
			c.u64()
		}
	}
	if n > uint64(len(c.b)) {
		c.short = true
		return
	}
	c.skipWords(n * each)
}

func (e *event) skipBranches(c *cursor) {
	n := c.u64()
	if e.branch&branchHWIndex != 0 {
		c.u64()
	}
	if n > uint64(len(c.b)) {
		c.short = true
		return
	}
	c.skipWords(3 * n)
	if e.branch&branchCounters != 0 {
		c.skipWords(n)
	}
}

// skipRegisters passes registers, which are there unless their ABI is none.
func skipRegisters(c *cursor, n int) {
	if c.u64() != 0 {
		c.skipWords(uint64(n))
	}
}
