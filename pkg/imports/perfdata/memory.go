package perfdata

import (
	"math/bits"

	"github.com/numalens/numalens/pkg/numa"
)

// maxBlocks is how many blocks of memory are told apart: 512 TiB of the usual
// 128 MiB.
const maxBlocks = 4 << 20

// blocks says which node each block of physical memory belongs to.
type blocks struct {
	bytes  uint64 // of a block
	nodeOf []int32
}

// memory reads feature MEM_TOPOLOGY: the size of a block, and for each node a
// bitmap of its blocks.
func (h *host) memory(c *cursor) {
	version, size, n := c.u64(), c.u64(), c.u64()
	if c.short || version != 1 || size == 0 || size > 1<<40 {
		c.short = true
		return
	}
	b := blocks{bytes: size}
	for range n {
		node, _, count := c.u64(), c.u64(), c.u64() // the bitmap tells its length too
		if c.short || node >= maxNode || count > maxBlocks || count > 64*uint64(len(c.b)) {
			c.short = true
			return
		}
		for at := uint64(0); at < count; at += 64 {
			b.mark(at, c.u64(), int32(node))
		}
	}
	if !c.short {
		h.blocks = b
	}
}

// mark takes 64 blocks of a node. A block that several nodes share is no
// one's: which part of it is whose is not told.
func (b *blocks) mark(from, word uint64, node int32) {
	for ; word != 0; word &= word - 1 {
		i := int(from) + bits.TrailingZeros64(word)
		for len(b.nodeOf) <= i {
			b.nodeOf = append(b.nodeOf, unknown)
		}
		if b.nodeOf[i] != unknown && b.nodeOf[i] != node {
			b.nodeOf[i] = ambiguous
		} else {
			b.nodeOf[i] = node
		}
	}
}

// node gives the node of a physical address, -1 where it is not told.
func (b *blocks) node(phys uint64) int32 {
	if b.bytes == 0 || phys == 0 {
		return unknown
	}
	if i := phys / b.bytes; i < uint64(len(b.nodeOf)) {
		return max(b.nodeOf[i], unknown)
	}
	return unknown
}

// ranges are each node's blocks, those side by side as one.
func (b *blocks) ranges() map[int][]numa.AddressRange {
	of := map[int][]numa.AddressRange{}
	for i, node := range b.nodeOf {
		if node < 0 {
			continue
		}
		start := uint64(i) * b.bytes
		list := of[int(node)]
		if last := len(list) - 1; last >= 0 && list[last].End == start {
			list[last].End += b.bytes
		} else {
			of[int(node)] = append(list, numa.AddressRange{Start: start, End: start + b.bytes})
		}
	}
	return of
}
