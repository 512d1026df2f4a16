package telemetry

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// HTTP gives each request its number, and when it is answered a log line, its
// metrics and its span. route returns the pattern that served a request, asked
// after it was served; nil means http.Request.Pattern. SetRoute goes before it.
// A panic of next is not caught here, but is reported as status 500.
func (t *Telemetry) HTTP(next http.Handler, route func(*http.Request) string) http.Handler {
	if route == nil {
		route = func(r *http.Request) string { return r.Pattern }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a := &answer{ResponseWriter: w, work: work{id: newID()}}
		ctx := context.WithValue(r.Context(), workKey{}, &a.work)
		var span trace.Span
		if t.tracing != nil {
			ctx, span = t.tracing.request(ctx, r)
		}
		r = r.WithContext(ctx)
		t.metrics.inFlight.Inc()
		answered := false
		defer func() {
			t.metrics.inFlight.Dec()
			if !answered {
				a.status = http.StatusInternalServerError
			}
			if a.route == "" {
				a.route = route(r)
			}
			t.report(ctx, r, a, span, time.Since(start))
		}()
		next.ServeHTTP(a, r)
		answered = true
	})
}

// report tells of an answered request in all three ways.
func (t *Telemetry) report(ctx context.Context, r *http.Request, a *answer, span trace.Span, took time.Duration) {
	if a.route == "" {
		a.route = "none"
	}
	if a.status == 0 { // nothing was written, or the connection was taken over
		a.status = http.StatusOK
	}
	t.metrics.requests.WithLabelValues(a.route, strconv.Itoa(a.status)).Observe(took.Seconds())
	attrs := [7]slog.Attr{
		slog.String("method", method(r)), slog.String("route", a.route), slog.Int("status", a.status),
		slog.Int64("bytes", a.bytes), slog.Int64("micros", took.Microseconds()),
	}
	n := 5
	if a.account != "" {
		attrs[n] = slog.String("account", hash(a.account))
		n++
	}
	level := slog.LevelInfo
	if a.status >= 500 {
		level = slog.LevelWarn
	}
	t.Log.LogAttrs(ctx, level, "request", attrs[:n]...)
	if span != nil {
		span.SetName(a.route)
		span.SetAttributes(attribute.String("http.request.method", method(r)), attribute.String("http.route", a.route),
			attribute.Int("http.response.status_code", a.status))
		if a.status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// method returns the request's method if it is one of those that exist: the
// word comes from a stranger.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return r.Method
	}
	return "other"
}

// hash names an account in the log so that its lines can be found together.
func hash(account string) string {
	sum := sha256.Sum256([]byte(account))
	return hex.EncodeToString(sum[:6])
}

// answer counts what is sent.
type answer struct {
	http.ResponseWriter
	work
	status int
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := a.ResponseWriter.Write(b)
	a.bytes += int64(n)
	return n, err
}

// ReadFrom lets files be sent by the kernel.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	n, err := io.Copy(a.ResponseWriter, src)
	a.bytes += n
	return n, err
}

// Hijack hands the connection over; what is sent on it is not counted.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(a.ResponseWriter).Hijack()
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
