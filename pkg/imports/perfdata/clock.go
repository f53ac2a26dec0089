package perfdata

// clock ties the clock that samples carry to the wall clock.
type clock struct {
	known    bool
	wallNS   uint64
	sampleNS uint64
}

// read takes feature CLOCK_DATA, which perf record -k writes: both clocks at
// the same moment.
func (k *clock) read(c *cursor) {
	_, _ = c.u32(), c.u32() // version, clockid
	wall, sample := c.u64(), c.u64()
	if !c.short {
		*k = clock{known: true, wallNS: wall, sampleNS: sample}
	}
}

// wall gives ns since the epoch, or unchanged where the clocks aren't tied.
func (k *clock) wall(t uint64) int64 { return int64(t - k.sampleNS + k.wallNS) }
