package sqldb

import "sync"

// readers are connections to SQLite for reading outside of transactions. The one
// that was used last is used next: its pages are still in memory.
type readers struct {
	path  string
	slots chan struct{} // one for each connection in use

	mu     sync.Mutex
	idle   []*lite
	closed bool
}

func newReaders(path string, n int) *readers {
	return &readers{path: path, slots: make(chan struct{}, n)}
}

// query runs a query on a connection that its rows give back when they are
// closed. Cancelling it is not possible: it takes microseconds, and to watch for
// the end of a request costs more than that.
func (r *readers) query(query string, args []any) (rows, error) {
	c, err := r.take()
	if err != nil {
		return nil, err
	}
	s, err := c.start(query, args)
	if err != nil {
		r.give(c)
		return nil, err
	}
	s.busy = true
	return &liteRows{s: s, home: r}, nil
}

func (r *readers) take() (*lite, error) {
	r.slots <- struct{}{}
	r.mu.Lock()
	closed, n := r.closed, len(r.idle)
	if !closed && n > 0 {
		c := r.idle[n-1]
		r.idle = r.idle[:n-1]
		r.mu.Unlock()
		return c, nil
	}
	r.mu.Unlock()
	if closed {
		<-r.slots
		return nil, ErrClosed
	}
	c, err := openLite(r.path, "", readerPragmas...)
	if err != nil {
		<-r.slots
	}
	return c, err
}

func (r *readers) give(c *lite) {
	r.mu.Lock()
	r.idle = append(r.idle, c)
	r.mu.Unlock()
	<-r.slots
}

// close waits for what is being read.
func (r *readers) close() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	for range cap(r.slots) {
		r.slots <- struct{}{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.idle {
		c.close()
	}
	r.idle = nil
	for range cap(r.slots) {
		<-r.slots
	}
}
