package live

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"
)

// connSink is a connection taken over from the HTTP server. net.Conn lets
// writes of several goroutines through one after another, each whole.
type connSink struct{ conn net.Conn }

func (c connSink) write(b []byte, timeout time.Duration) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(timeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	return err
}

func (c connSink) end() { c.conn.Close() }

// opening is the answer's head and a first comment. Without a length the body
// lasts until the connection is closed.
func opening(head http.Header) []byte {
	head.Set("Connection", "close")
	head.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	head.Del("Transfer-Encoding")
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\n")
	_ = head.Write(&b) // a bytes.Buffer takes everything
	b.WriteString("\r\n:\n\n")
	return b.Bytes()
}

var errSlow = errors.New("the page does not take its events")

// flushSink hands what is written to the handler's goroutine.
type flushSink struct {
	queue chan []byte
	done  chan struct{}
	once  sync.Once
}

func newFlushSink() *flushSink {
	return &flushSink{queue: make(chan []byte, 16), done: make(chan struct{})}
}

func (f *flushSink) write(b []byte, _ time.Duration) error {
	select {
	case f.queue <- b:
		return nil
	default:
		return errSlow
	}
}

func (f *flushSink) end() { f.once.Do(func() { close(f.done) }) }

// serve sends what is written until the stream or the request ends.
func (f *flushSink) serve(w http.ResponseWriter, r *http.Request) {
	rc := http.NewResponseController(w)
	next := []byte(":\n\n")
	for {
		if _, err := w.Write(next); err != nil {
			return
		}
		if err := rc.Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-f.done:
			return
		case next = <-f.queue:
		}
	}
}
