package serve

import (
	"container/list"
	"sync"
)

// blockBytes is the unit of fetching and keeping. A page of a column is some
// tens of kilobytes, and a round trip costs more than sending one block.
const blockBytes = 128 << 10

// blockKey names a block of one version of a file.
type blockKey struct {
	name, version string
	block         int64
}

// blockCache keeps the blocks last used, up to a number of bytes. What it
// gives out is never written to again.
type blockCache struct {
	mu    sync.Mutex
	limit int
	used  int
	order *list.List // of *cachedBlock, last used first
	byKey map[blockKey]*list.Element
}

type cachedBlock struct {
	key  blockKey
	data []byte
}

func newBlockCache(limit int) *blockCache {
	return &blockCache{limit: limit, order: list.New(), byKey: map[blockKey]*list.Element{}}
}

func (c *blockCache) get(k blockKey) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[k]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedBlock).data, true
}

func (c *blockCache) put(k blockKey, data []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[k]; ok {
		c.drop(e)
	}
	c.byKey[k] = c.order.PushFront(&cachedBlock{k, data})
	c.used += len(data)
	// The newest stays, however large: whoever put it is about to read it.
	for c.used > c.limit && c.order.Len() > 1 {
		c.drop(c.order.Back())
	}
}

func (c *blockCache) drop(e *list.Element) {
	b := c.order.Remove(e).(*cachedBlock)
	delete(c.byKey, b.key)
	c.used -= len(b.data)
}

func (c *blockCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order.Init()
	clear(c.byKey)
	c.used = 0
}
