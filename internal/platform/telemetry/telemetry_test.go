package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// buffer is an output that several goroutines write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

// lines returns what was logged, each line as its attributes.
func (b *buffer) lines(t *testing.T) []map[string]any {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []map[string]any
	for line := range strings.Lines(b.b.String()) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, m)
	}
	return all
}

func start(t testing.TB, cfg Config) (*Telemetry, *buffer) {
	t.Helper()
	out := &buffer{}
	tel, err := New(cfg, out, "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	return tel, out
}

func scrape(t *testing.T, tel *Telemetry) string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

func TestARequestLeavesOneLineWithItsPatternAndNumber(t *testing.T) {
	t.Parallel()
	tel, out := start(t, Config{})
	var number string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /applications/{id}", func(w http.ResponseWriter, r *http.Request) {
		number = RequestID(r.Context())
		SetAccount(r.Context(), "01k7account")
		tel.Log.InfoContext(r.Context(), "inside")
		io.WriteString(w, "hello")
	})
	w := httptest.NewRecorder()
	tel.HTTP(mux, nil).ServeHTTP(w, httptest.NewRequest("GET", "/applications/secret-id?phone=1", nil))

	lines := out.lines(t)
	if len(lines) != 2 || len(number) != 10 {
		t.Fatalf("number %q, lines %v", number, lines)
	}
	for _, line := range lines {
		if line["request"] != number {
			t.Errorf("line without the number %s: %v", number, line)
		}
	}
	got := lines[1]
	for _, varying := range []string{"time", "micros", "request"} {
		if got[varying] == nil {
			t.Errorf("no %s", varying)
		}
		delete(got, varying)
	}
	want := map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "GET /applications/{id}", "status": 200.0, "bytes": 5.0, "account": hash("01k7account"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(scrape(t, tel), `kabinet_http_request_seconds_count{route="GET /applications/{id}",status="200"} 1`) {
		t.Error("no metric of the route")
	}
}

func TestAnswersOfEveryKindAreCounted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method string
		serve        func(w http.ResponseWriter, r *http.Request)
		status       float64
		bytes        float64
		route, level string
	}{
		{"nothing written", "GET", func(http.ResponseWriter, *http.Request) {}, 200, 0, "none", "INFO"},
		{"a strange method", "BREW", func(http.ResponseWriter, *http.Request) {}, 200, 0, "none", "INFO"},
		{"an error", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); w.WriteHeader(200) }, 503, 0, "none", "WARN"},
		{"early hints first", "GET", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(404) }, 404, 0, "none", "INFO"},
		{"a file", "GET", func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "a.txt", time.Time{}, strings.NewReader("four"))
		}, 200, 4, "none", "INFO"},
		{"a route told by the router", "GET", func(_ http.ResponseWriter, r *http.Request) {
			SetRoute(r.Context(), "GET /x")
		}, 200, 0, "GET /x", "INFO"},
		{"a panic", "GET", func(http.ResponseWriter, *http.Request) { panic("on purpose") }, 500, 0, "none", "WARN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tel, out := start(t, Config{})
			srv := httptest.NewUnstartedServer(tel.HTTP(http.HandlerFunc(tt.serve), nil))
			srv.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
			srv.Start()
			defer srv.Close()
			req, _ := http.NewRequest(tt.method, srv.URL, nil)
			if resp, err := http.DefaultClient.Do(req); err == nil {
				resp.Body.Close()
			}
			var lines []map[string]any
			for range 500 { // the line comes after the answer
				if lines = out.lines(t); len(lines) > 0 {
					break
				}
				time.Sleep(2 * time.Millisecond)
			}
			if len(lines) != 1 {
				t.Fatalf("lines %v", lines)
			}
			got := lines[0]
			if got["status"] != tt.status || got["bytes"] != tt.bytes || got["route"] != tt.route || got["level"] != tt.level {
				t.Errorf("got %v", got)
			}
			if want := map[string]string{"BREW": "other"}[tt.method]; want != "" && got["method"] != want {
				t.Errorf("method is %v", got["method"])
			}
		})
	}
}

func TestAConnectionCanBeTakenOver(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, Config{})
	srv := httptest.NewServer(tel.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ntaken")
	}), nil))
	defer srv.Close()
	resp, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, _ := io.ReadAll(resp.Body); string(body) != "taken" {
		t.Errorf("got %q", body)
	}
}

func TestPersonalDataIsMaskedWhereverItIsPassed(t *testing.T) {
	t.Parallel()
	for _, format := range []string{"json", "text"} {
		tel, out := start(t, Config{LogFormat: format})
		err := errors.New("sending to citizen@example.test: no route for +7 900 000-12-34")
		tel.Log.With("phone", "+79000001234").WithGroup("mail").Error("sending to citizen@example.test failed",
			"error", err, "snils", 11223344595, "user_email", "x", "to", "citizen@example.test", "document", "112-233-445 95",
			"any", struct{ Passport string }{"4509 123456 issued"}, slog.Group("who", "surname", "Соколова"), "ids", []string{"01k7zz9h8x1q2w3e4r5t6y7u8i"})
		for _, personal := range []string{"citizen", "900", "11223344595", "112-233", "4509", "Соколова"} {
			if strings.Contains(out.b.String(), personal) {
				t.Errorf("%s: %q is in the log: %s", format, personal, out.b.String())
			}
		}
		for _, kept := range []string{"no route for", "01k7zz9h8x1q2w3e4r5t6y7u8i", "issued"} {
			if !strings.Contains(out.b.String(), kept) {
				t.Errorf("%s: %q is not in the log: %s", format, kept, out.b.String())
			}
		}
	}
}

func TestMask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                       "",
		"nothing here":           "nothing here",
		"to a.b+c@example.test.": "to [masked]",
		"почта@пример.рф, two@x.test":            "[masked], [masked]",
		"user@host: @ and a@":                    "[masked]: @ and a@",
		"tel +7 (900) 000-12-34 busy":            "tel [masked] busy",
		"79000001234":                            "[masked]",
		"passport 45 09 123456":                  "passport [masked]",
		"order 123456789":                        "order 123456789",
		"id 01k7zz0123456789012345678z kept":     "id 01k7zz0123456789012345678z kept",
		"trace 4bf92f3577b34da6a3ce929d0e0e4736": "trace 4bf92f3577b34da6a3ce929d0e0e4736",
		"at 2026-11-21 23:05:07.123456 tried":    "at 2026-11-21 23:05:07.123456 tried",
		"http://127.0.0.1:8080/x 10 20":          "http://127.0.0.1:8080/x 10 20",
		"a + b - 1234567890":                     "a + b - [masked]",
	} {
		if got := Mask(in); got != want {
			t.Errorf("Mask(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestJobsDatabaseLimitsAndGaugesAreMeasured(t *testing.T) {
	t.Parallel()
	tel, out := start(t, Config{})
	fails := errors.New("partner is down")
	err := tel.Job(t.Context(), "notify.send", func(ctx context.Context) error {
		tel.Log.InfoContext(ctx, "working")
		return fails
	})
	if !errors.Is(err, fails) {
		t.Errorf("got %v", err)
	}
	if err := tel.Job(t.Context(), "notify.send", func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
	if line := out.lines(t)[0]; line["request"] == nil {
		t.Errorf("a job's line has no number: %v", line)
	}
	tel.Database("commit", time.Millisecond)
	tel.Refused("sign_in")
	tel.Gauge("kabinet_live_streams", "Open streams.", func() float64 { return 7 })
	got := scrape(t, tel)
	for _, want := range []string{
		`kabinet_job_seconds_count{kind="notify.send",outcome="done"} 1`,
		`kabinet_job_seconds_count{kind="notify.send",outcome="failed"} 1`,
		`kabinet_database_seconds_count{op="commit"} 1`,
		`kabinet_limit_refused_total{limit="sign_in"} 1`,
		"kabinet_live_streams 7", `kabinet_build_info{version="1.2.3"} 1`, "go_goroutines", "process_resident_memory_bytes",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s", want)
		}
	}
	ctx, end := tel.Span(t.Context(), "off")
	if end(nil); ctx != t.Context() {
		t.Error("a span was made without a collector")
	}
	if err := tel.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTracesGoToTheCollectorUnderTheCallersTrace(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []otlpSpan
	var service string
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var req otlpRequest
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("the collector got %v, %v", r.Header, err)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, req.ResourceSpans[0].ScopeSpans[0].Spans...)
		service = *req.ResourceSpans[0].Resource.Attributes[0].Value.String
	}))
	defer collector.Close()
	tel, out := start(t, Config{TraceURL: collector.URL, TraceRatio: 1})
	outgoing := http.Header{}
	h := tel.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, end := tel.Span(r.Context(), "asking the register")
		tel.Inject(ctx, outgoing)
		end(errors.New("no answer for +79000001234"))
		w.WriteHeader(http.StatusInternalServerError)
	}), func(*http.Request) string { return "GET /x" })
	req := httptest.NewRequest("GET", "/x/1", nil)
	req.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00") // not sampled by the caller
	h.ServeHTTP(httptest.NewRecorder(), req)
	_ = tel.Job(t.Context(), "mail", func(context.Context) error { return nil })
	if err := tel.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	byName := map[string]otlpSpan{}
	for _, s := range got {
		byName[s.Name] = s
	}
	root, inner, job := byName["GET /x"], byName["asking the register"], byName["job mail"]
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	if root.TraceID != id || root.ParentID != "00f067aa0ba902b7" || root.Kind != 2 || root.Status.Code != 2 {
		t.Errorf("the request's span is %+v", root)
	}
	if inner.ParentID != root.SpanID || inner.Status.Message != "no answer for [masked]" {
		t.Errorf("the inner span is %+v", inner)
	}
	if job.Kind != 5 || job.TraceID == id || job.ParentID != "" {
		t.Errorf("the job's span is %+v", job)
	}
	if !strings.HasPrefix(outgoing.Get("traceparent"), "00-"+id+"-"+inner.SpanID) {
		t.Errorf("a partner would get %q", outgoing.Get("traceparent"))
	}
	if service != "kabinet" || out.lines(t)[0]["trace"] != id {
		t.Errorf("service %q, line %v", service, out.lines(t)[0])
	}
}

func TestACollectorThatIsDownCostsALogLine(t *testing.T) {
	t.Parallel()
	collector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	defer collector.Close()
	tel, out := start(t, Config{TraceURL: collector.URL, TraceRatio: 1})
	_, end := tel.Span(t.Context(), "x")
	end(nil)
	if err := tel.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lines := out.lines(t); len(lines) != 1 || lines[0]["error"] != "the collector answered 500 Internal Server Error" {
		t.Errorf("lines %v", lines)
	}
}

func TestOnlyTheShareIsTraced(t *testing.T) {
	t.Parallel()
	tel, _ := start(t, Config{TraceURL: "http://127.0.0.1:1/", TraceRatio: 0})
	req := httptest.NewRequest("GET", "/", nil)
	req.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01") // the caller wants it
	tel.HTTP(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		head := http.Header{}
		tel.Inject(r.Context(), head)
		if got := head.Get("traceparent"); !strings.HasSuffix(got, "-00") {
			t.Errorf("traced at the wish of a stranger: %s", got)
		}
	}), nil).ServeHTTP(httptest.NewRecorder(), req)
}

func TestABadLevelIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := New(Config{LogLevel: "loud"}, io.Discard, ""); err == nil {
		t.Error("no error")
	}
	tel, out := start(t, Config{LogLevel: "warn"})
	tel.Log.Info("quiet")
	if len(out.lines(t)) != 0 {
		t.Error("a line under the level was written")
	}
}

func BenchmarkHTTP(b *testing.B) {
	tel, err := New(Config{}, io.Discard, "")
	if err != nil {
		b.Fatal(err)
	}
	h := tel.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { SetAccount(r.Context(), "01k7account") }),
		func(*http.Request) string { return "GET /" })
	r, w := httptest.NewRequest("GET", "/", nil), httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}
