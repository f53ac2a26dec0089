package serve

import "testing"

func TestBlockCacheKeepsTheLastUsed(t *testing.T) {
	c := newBlockCache(30)
	key := func(i int64) blockKey { return blockKey{"f", "v", i} }
	for i := range int64(3) {
		c.put(key(i), make([]byte, 10))
	}
	c.get(key(0))
	c.put(key(3), make([]byte, 10))
	for i, want := range []bool{true, false, true, true} {
		if _, ok := c.get(key(int64(i))); ok != want {
			t.Errorf("block %d is there: %v, want %v", i, ok, want)
		}
	}
	c.put(key(0), make([]byte, 5))
	if c.used != 25 {
		t.Errorf("%d bytes used after a block was replaced, want 25", c.used)
	}
	c.put(key(9), make([]byte, 100))
	if _, ok := c.get(key(9)); !ok || c.used != 100 {
		t.Errorf("a block larger than the limit: there %v, %d bytes used; want it alone", ok, c.used)
	}
	c.clear()
	if _, ok := c.get(key(9)); ok || c.used != 0 {
		t.Error("not empty after clear")
	}
}
