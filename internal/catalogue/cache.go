package catalogue

import (
	"container/list"
	"sync"
)

// cacheSize is how many definitions are kept: one with its compiled form takes
// some hundred kilobytes.
const cacheSize = 32

type cacheKey struct {
	code    string
	version int
}

// cache keeps the definitions that were asked for last. A version never
// changes, so nothing in it goes stale.
type cache struct {
	mu    sync.Mutex
	by    map[cacheKey]*list.Element
	order list.List // of *cached, the latest in front
}

type cached struct {
	key cacheKey
	d   *Definition
}

func (c *cache) get(key cacheKey) *Definition {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.by[key]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*cached).d
}

func (c *cache) put(key cacheKey, d *Definition) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.by == nil {
		c.by = map[cacheKey]*list.Element{}
	}
	if c.by[key] != nil {
		return // another request read it meanwhile
	}
	c.by[key] = c.order.PushFront(&cached{key, d})
	if c.order.Len() > cacheSize {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.by, oldest.Value.(*cached).key)
	}
}
