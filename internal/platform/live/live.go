package live

import (
	"errors"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options of a Hub. The zero value of each means its default.
type Options struct {
	PerTopic     int           // streams of one topic, 6; one more ends the oldest
	Total        int           // streams in all, 20000; one more is answered 503
	Heartbeat    time.Duration // a comment to every stream, so that proxies keep it and dead ones show, 20 s
	WriteTimeout time.Duration // how long one stream may hold up the others before it is dropped, 100 ms
	Life         time.Duration // of a stream; then the page reconnects and is checked again, 30 min

	// Relay hands an event to every process, this one included, each of which
	// then calls Deliver. nil: there is one process. topic is "" for all.
	// When it fails the streams of this process are still told.
	Relay func(topic, event, data string) error
}

func (o *Options) defaults() {
	o.PerTopic = or(o.PerTopic, 6)
	o.Total = or(o.Total, 20_000)
	o.Heartbeat = or(o.Heartbeat, 20*time.Second)
	o.WriteTimeout = or(o.WriteTimeout, 100*time.Millisecond)
	o.Life = or(o.Life, 30*time.Minute)
}

func or[T int | time.Duration](value, fallback T) T {
	if value == 0 {
		return fallback
	}
	return value
}

// Hub holds the open streams of one process. Close ends its goroutine.
type Hub struct {
	opt  Options
	stop chan struct{}

	mu     sync.Mutex
	topics map[string][]*stream // of each topic the oldest first
	total  int
	closed bool
}

// stream is one open page.
type stream struct {
	topic string
	until int64 // Unix seconds
	sink  sink
}

// sink is where a stream's bytes go. Both methods may be called at once from
// several goroutines; end may be called more than once.
type sink interface {
	write(b []byte, timeout time.Duration) error
	end()
}

// New starts a Hub.
func New(opt Options) *Hub {
	opt.defaults()
	h := &Hub{opt: opt, stop: make(chan struct{}), topics: map[string][]*stream{}}
	go h.beat()
	return h
}

// Serve opens a stream of a topic for the page that asks. The headers set on w
// so far are sent with it. The caller has checked that the page may listen
// until a time, zero being as long as streams live: when it comes the stream
// ends, and the page must ask again.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, topic string, until time.Time) {
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-store")
	head.Set("X-Accel-Buffering", "no") // nginx would hold events back
	head.Del("Content-Length")
	if r.Method == http.MethodHead {
		return
	}
	// A topic may be cut from a request's header, which must not be kept for it.
	s := &stream{topic: strings.Clone(topic), until: time.Now().Add(h.opt.Life).Unix()}
	if !until.IsZero() {
		s.until = min(s.until, until.Unix())
	}
	if !h.reserve() {
		head.Set("Content-Type", "text/plain; charset=utf-8")
		head.Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	switch {
	case err == nil:
		s.sink = connSink{conn}
		if err := s.sink.write(opening(head), h.opt.WriteTimeout); err != nil {
			s.sink.end()
			h.release()
			return
		}
		h.add(s)
	case errors.Is(err, http.ErrNotSupported):
		sink := newFlushSink()
		s.sink = sink
		h.add(s)
		sink.serve(w, r)
		h.drop(s)
	default: // the connection is already lost
		h.release()
	}
}

// Publish tells the streams of a topic in all processes. data may have several lines.
func (h *Hub) Publish(topic, event, data string) {
	if topic != "" {
		h.send(topic, event, data)
	}
}

// Broadcast tells every stream in all processes.
func (h *Hub) Broadcast(event, data string) { h.send("", event, data) }

func (h *Hub) send(topic, event, data string) {
	if h.opt.Relay == nil || h.opt.Relay(topic, event, data) != nil {
		h.Deliver(topic, event, data)
	}
}

// Deliver tells the streams of this process: those of a topic, or all when topic is "".
func (h *Hub) Deliver(topic, event, data string) {
	h.mu.Lock()
	var streams []*stream
	if topic != "" {
		streams = slices.Clone(h.topics[topic])
	} else {
		streams = h.allLocked()
	}
	h.mu.Unlock()
	if len(streams) > 0 {
		h.write(streams, frame(event, data))
	}
}

// End ends the streams of a topic: its pages must sign in again to listen.
func (h *Hub) End(topic string) {
	h.mu.Lock()
	streams := slices.Clone(h.topics[topic])
	h.mu.Unlock()
	for _, s := range streams {
		h.drop(s)
	}
}

// Listening reports whether this process has a stream of the topic, so that
// what nobody would hear need not be prepared.
func (h *Hub) Listening(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[topic]) > 0
}

// Streams counts the open streams of this process.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

// Close ends every stream and refuses new ones.
func (h *Hub) Close() {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	h.closed = true
	streams := h.allLocked()
	h.mu.Unlock()
	close(h.stop)
	for _, s := range streams {
		h.drop(s)
	}
}

// write writes to many streams, on all processors when they are many, and
// drops those that do not take it.
func (h *Hub) write(streams []*stream, b []byte) {
	const few = 64 // fewer are not worth a goroutine
	var wg sync.WaitGroup
	size := max(few, (len(streams)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	for part := range slices.Chunk(streams, size) {
		each := func() {
			for _, s := range part {
				if s.sink.write(b, h.opt.WriteTimeout) != nil {
					h.drop(s)
				}
			}
		}
		if len(streams) <= few {
			each()
		} else {
			wg.Go(each)
		}
	}
	wg.Wait()
}

// beat writes the heartbeat and ends the streams that have lived long enough.
func (h *Hub) beat() {
	tick := time.NewTicker(h.opt.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-h.stop:
			return
		case now := <-tick.C:
			h.mu.Lock()
			streams := h.allLocked()
			h.mu.Unlock()
			streams = slices.DeleteFunc(streams, func(s *stream) bool {
				old := s.until <= now.Unix()
				if old {
					h.drop(s)
				}
				return old
			})
			h.write(streams, []byte(":\n\n"))
		}
	}
}

// reserve takes a place for a stream that add will fill or release gives back.
func (h *Hub) reserve() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.total >= h.opt.Total {
		return false
	}
	h.total++
	return true
}

func (h *Hub) release() {
	h.mu.Lock()
	h.total--
	h.mu.Unlock()
}

// add makes a stream, which has its place, known to its topic.
func (h *Hub) add(s *stream) {
	h.mu.Lock()
	list := append(h.topics[s.topic], s)
	var oldest *stream
	switch {
	case h.closed:
		oldest = s
	case len(list) > h.opt.PerTopic:
		oldest = list[0]
	}
	h.topics[s.topic] = list
	h.mu.Unlock()
	if oldest != nil {
		h.drop(oldest)
	}
}

// drop ends a stream and forgets it; once more is no harm.
func (h *Hub) drop(s *stream) {
	h.mu.Lock()
	list := h.topics[s.topic]
	if i := slices.Index(list, s); i >= 0 {
		h.total--
		if len(list) == 1 {
			delete(h.topics, s.topic)
		} else {
			h.topics[s.topic] = slices.Delete(slices.Clone(list), i, i+1)
		}
	}
	h.mu.Unlock()
	s.sink.end()
}

func (h *Hub) allLocked() []*stream {
	all := make([]*stream, 0, h.total)
	for _, list := range h.topics {
		all = append(all, list...)
	}
	return all
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// frame makes the bytes of an event.
func frame(event, data string) []byte {
	b := make([]byte, 0, len("event: \ndata: \n\n")+len(event)+len(data))
	b = append(b, "event: "...)
	b = append(b, event...)
	for line := range strings.SplitSeq(newlines.Replace(data), "\n") {
		b = append(b, "\ndata: "...)
		b = append(b, line...)
	}
	return append(b, "\n\n"...)
}
