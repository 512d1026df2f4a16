package live

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve starts a hub behind a server of its own; the topic is the query "t".
func serve(t testing.TB, opt Options, http2 bool) (*Hub, *httptest.Server) {
	t.Helper()
	h := New(opt)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		end := time.Time{}
		if unix, err := strconv.ParseInt(r.URL.Query().Get("until"), 10, 64); err == nil {
			end = time.Unix(unix, 0)
		}
		h.Serve(w, r, r.URL.Query().Get("t"), end)
	}))
	if http2 {
		srv.EnableHTTP2 = true
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	t.Cleanup(h.Close) // runs first
	return h, srv
}

// page is an open stream.
type page struct {
	resp  *http.Response
	lines *bufio.Scanner
}

func open(t testing.TB, srv *httptest.Server, topic string) *page {
	t.Helper()
	resp, err := srv.Client().Get(srv.URL + "/?t=" + topic)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &page{resp, bufio.NewScanner(resp.Body)}
}

// next returns the next event as "name|data", or "" when the stream ended.
func (p *page) next() string {
	var event string
	var data []string
	for p.lines.Scan() {
		switch line := p.lines.Text(); {
		case strings.HasPrefix(line, "event: "):
			event = line[7:]
		case strings.HasPrefix(line, "data: "):
			data = append(data, line[6:])
		case line == "" && event != "":
			return event + "|" + strings.Join(data, "/")
		}
	}
	return ""
}

func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not within 5 s: " + what)
		}
	}
}

func both(t *testing.T, test func(t *testing.T, http2 bool)) {
	t.Parallel()
	t.Run("taken over", func(t *testing.T) { t.Parallel(); test(t, false) })
	t.Run("HTTP 2", func(t *testing.T) { t.Parallel(); test(t, true) })
}

func TestAnEventReachesItsTopicOnly(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		h, srv := serve(t, Options{}, http2)
		a1, a2, b := open(t, srv, "a"), open(t, srv, "a"), open(t, srv, "b")
		until(t, "three streams", func() bool { return h.Streams() == 3 })
		h.Publish("a", "unread", "3")
		h.Publish("", "unread", "nobody's")
		h.Broadcast("notice", "one\r\ntwo\nthree")
		for _, p := range []*page{a1, a2} {
			if got := p.next(); got != "unread|3" {
				t.Errorf("got %q", got)
			}
		}
		for _, p := range []*page{a1, a2, b} {
			if got := p.next(); got != "notice|one/two/three" {
				t.Errorf("got %q", got)
			}
		}
	})
}

func TestTheAnswerIsAStreamThatNobodyKeeps(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		_, srv := serve(t, Options{}, http2)
		p := open(t, srv, "a")
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store",
			"X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff",
		} {
			if got := p.resp.Header.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if p.resp.Header.Get("Date") == "" {
			t.Error("no Date")
		}
		resp, err := srv.Client().Head(srv.URL + "/?t=a")
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("HEAD: %v, %v", resp, err)
		}
	})
}

func TestOneStreamTooManyEndsTheOldest(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		h, srv := serve(t, Options{PerTopic: 2}, http2)
		var pages []*page
		for i := range 3 {
			pages = append(pages, open(t, srv, "a"))
			until(t, "the stream counts", func() bool { return h.Streams() == min(i+1, 2) })
		}
		if got := pages[0].next(); got != "" {
			t.Errorf("the oldest got %q, must have ended", got)
		}
		h.Publish("a", "unread", "1")
		if pages[1].next() != "unread|1" || pages[2].next() != "unread|1" {
			t.Error("a younger stream did not get its event")
		}
	})
}

func TestStreamsInAllAreLimited(t *testing.T) {
	t.Parallel()
	h, srv := serve(t, Options{Total: 2}, false)
	open(t, srv, "a")
	open(t, srv, "b")
	until(t, "two streams", func() bool { return h.Streams() == 2 })
	p := open(t, srv, "c")
	if p.resp.StatusCode != http.StatusServiceUnavailable || p.resp.Header.Get("Retry-After") == "" {
		t.Errorf("the third got %d %v", p.resp.StatusCode, p.resp.Header)
	}
	h.End("a")
	until(t, "a place is free", func() bool { return h.Streams() == 1 })
	if p := open(t, srv, "c"); p.resp.StatusCode != http.StatusOK {
		t.Errorf("after one ended the next got %d", p.resp.StatusCode)
	}
}

func TestAPageThatLeftIsForgotten(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		h, srv := serve(t, Options{Heartbeat: 5 * time.Millisecond}, http2)
		p := open(t, srv, "a")
		until(t, "one stream", func() bool { return h.Streams() == 1 })
		p.resp.Body.Close()
		until(t, "the stream is gone", func() bool { return h.Streams() == 0 })
	})
}

func TestAPageThatDoesNotReadIsDroppedAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h, srv := serve(t, Options{WriteTimeout: 20 * time.Millisecond}, false)
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /?t=slow HTTP/1.1\r\nHost: x\r\n\r\n")
	until(t, "the stream is open", func() bool { return h.Streams() == 1 })
	big := strings.Repeat("x", 1<<20)
	start := time.Now()
	for range 100 {
		h.Publish("slow", "big", big)
		if h.Streams() == 0 {
			break
		}
	}
	if h.Streams() != 0 {
		t.Error("100 MiB were written to a page that reads nothing")
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestAStreamEndsAfterItsLife(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		_, srv := serve(t, Options{Life: time.Millisecond, Heartbeat: 5 * time.Millisecond}, http2)
		if got := open(t, srv, "a").next(); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

// ASVS: V7.3.1
func TestAStreamEndsWithItsSession(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		_, srv := serve(t, Options{Heartbeat: 5 * time.Millisecond}, http2)
		if got := open(t, srv, "a&until="+strconv.FormatInt(time.Now().Add(-time.Second).Unix(), 10)).next(); got != "" {
			t.Errorf("got %q", got)
		}
	})
}

func TestEndAndCloseEndStreams(t *testing.T) {
	both(t, func(t *testing.T, http2 bool) {
		h, srv := serve(t, Options{}, http2)
		a, b := open(t, srv, "a"), open(t, srv, "b")
		until(t, "two streams", func() bool { return h.Streams() == 2 })
		h.End("a")
		if got := a.next(); got != "" {
			t.Errorf("a got %q", got)
		}
		h.Publish("b", "unread", "1")
		if got := b.next(); got != "unread|1" {
			t.Errorf("b got %q", got)
		}
		h.Close()
		h.Close()
		if got := b.next(); got != "" {
			t.Errorf("b got %q after the end", got)
		}
		until(t, "no streams", func() bool { return h.Streams() == 0 })
		if p := open(t, srv, "a"); p.resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a closed hub answers %d", p.resp.StatusCode)
		}
	})
}

func TestARelayTakesEventsOverAndItsFailureLosesNone(t *testing.T) {
	t.Parallel()
	var sent []string
	var fail error
	h, srv := serve(t, Options{Relay: func(topic, event, data string) error {
		sent = append(sent, topic+"|"+event+"|"+data)
		return fail
	}}, false)
	p := open(t, srv, "a")
	until(t, "one stream", func() bool { return h.Streams() == 1 })
	h.Publish("a", "unread", "relayed") // comes back through Deliver only
	fail = errors.New("no connection")
	h.Publish("a", "unread", "direct")
	h.Deliver("a", "unread", "delivered")
	if got := p.next(); got != "unread|direct" {
		t.Errorf("first %q", got)
	}
	if got := p.next(); got != "unread|delivered" {
		t.Errorf("then %q", got)
	}
	if len(sent) != 2 || sent[0] != "a|unread|relayed" {
		t.Errorf("the relay got %q", sent)
	}
}

func TestManyOpenCloseAndPublishAtOnce(t *testing.T) {
	t.Parallel()
	h, srv := serve(t, Options{PerTopic: 3, Heartbeat: time.Millisecond}, false)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				resp, err := srv.Client().Get(fmt.Sprintf("%s/?t=%d", srv.URL, i%3))
				if err != nil {
					t.Error(err)
					return
				}
				h.Publish(fmt.Sprint(i%3), "e", "d")
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	until(t, "all are gone", func() bool { return h.Streams() == 0 })
}

// BenchmarkStreams opens 1000 streams and reports what one costs in the heap
// and stacks of the server's side, and how long telling all of them takes.
func BenchmarkStreams(b *testing.B) {
	const n = 1000
	h, srv := serve(b, Options{Total: n + 1}, false)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&before)
	conns := make([]net.Conn, 0, n)
	for i := range n {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET /?t=01k7account%015d HTTP/1.1\r\nHost: x\r\n\r\n", i)
		conns = append(conns, conn)
	}
	until(b, "all streams are open", func() bool { return h.Streams() == n })
	time.Sleep(50 * time.Millisecond) // the handlers' goroutines return
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := float64(after.HeapInuse+after.StackInuse) - float64(before.HeapInuse+before.StackInuse)
	go func() {
		for _, c := range conns {
			go io.Copy(io.Discard, c)
		}
	}()
	for b.Loop() {
		h.Broadcast("notice", "fire")
	}
	b.ReportMetric(used/n/1024*1000/1024, "MiB/1000streams") // both ends of each connection: an upper bound
}
