package export

import (
	"container/list"
	"sync"
)

// cache keeps what was decoded, up to a number of bytes; what was used
// longest ago goes first. Whoever still holds an entry that went may go on
// using it.
type cache struct {
	mu        sync.Mutex
	max, used int64
	order     *list.List // front is the newest
	items     map[any]*list.Element
}

type cacheItem struct {
	key   any
	value any
	bytes int64
}

func newCache(max int64) *cache {
	return &cache{max: max, order: list.New(), items: map[any]*list.Element{}}
}

func (c *cache) get(key any) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.items[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cacheItem).value
}

// put enters a value, or says how large it has grown.
func (c *cache) put(key, value any, bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.items[key]; e != nil {
		i := e.Value.(*cacheItem)
		c.used += bytes - i.bytes
		i.value, i.bytes = value, bytes
		c.order.MoveToFront(e)
	} else {
		c.items[key] = c.order.PushFront(&cacheItem{key, value, bytes})
		c.used += bytes
	}
	// The newest stays even when it alone is too large: it is in use.
	for c.used > c.max && c.order.Len() > 1 {
		i := c.order.Remove(c.order.Back()).(*cacheItem)
		delete(c.items, i.key)
		c.used -= i.bytes
	}
}

func (c *cache) limit(max int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.max = max
}

func (c *cache) drop(key any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.items[key]; e != nil {
		c.used -= c.order.Remove(e).(*cacheItem).bytes
		delete(c.items, key)
	}
}
