package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// Config is the operator's part of it.
type Config struct {
	LogFormat  string  `config:"log_format" default:"json" oneof:"json text" help:"Form of the log on standard error."`
	LogLevel   string  `config:"log_level" default:"info" oneof:"debug info warn error" help:"Least level that is logged."`
	TraceURL   string  `config:"trace_url" check:"url" example:"http://127.0.0.1:4318/v1/traces" help:"Where traces go, by OTLP over HTTP as JSON. Without it none are made."`
	TraceRatio float64 `config:"trace_ratio" default:"0.05" min:"0" max:"1" help:"Share of requests and jobs that are traced, when traces are made."`
}

// Telemetry holds what the program reports with.
type Telemetry struct {
	Log *slog.Logger
	// Registry is for metrics of other packages. Their names begin with "kabinet_".
	Registry *prometheus.Registry

	metrics metrics
	tracing *tracing // nil when traces are off
}

// New makes a Telemetry that logs to out. version is the program's.
func New(cfg Config, out io.Writer, version string) (*Telemetry, error) {
	log, err := newLogger(cfg, out)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{Log: log, Registry: prometheus.NewRegistry()}
	t.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "kabinet_build_info", Help: "Always 1; the label names the version.", ConstLabels: prometheus.Labels{"version": version}})
	build.Set(1)
	t.Registry.MustRegister(build)
	t.metrics = newMetrics(t.Registry)
	if cfg.TraceURL != "" {
		if t.tracing, err = newTracing(cfg, log, version); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Close sends what traces are left, as long as ctx lasts.
func (t *Telemetry) Close(ctx context.Context) error {
	if t.tracing == nil {
		return nil
	}
	if err := t.tracing.provider.Shutdown(ctx); err != nil {
		return fmt.Errorf("sending the last traces: %w", err)
	}
	return nil
}

// Span begins a part of the request or job of ctx; end it with its error, nil
// when it went well. name must not hold IDs. Without traces it costs nothing.
func (t *Telemetry) Span(ctx context.Context, name string) (context.Context, func(error)) {
	if t.tracing == nil {
		return ctx, func(error) {}
	}
	return t.tracing.begin(ctx, name, trace.SpanKindInternal)
}

// Job runs a background job of a kind under a number of its own, counts and
// times it, and makes its span.
func (t *Telemetry) Job(ctx context.Context, kind string, run func(context.Context) error) error {
	ctx = context.WithValue(ctx, workKey{}, &work{id: newID()})
	var end func(error)
	if t.tracing != nil {
		ctx, end = t.tracing.begin(ctx, "job "+kind, trace.SpanKindConsumer)
	}
	start := time.Now()
	err := run(ctx)
	outcome := "done"
	if err != nil {
		outcome = "failed"
	}
	t.metrics.jobs.WithLabelValues(kind, outcome).Observe(time.Since(start).Seconds())
	if end != nil {
		end(err)
	}
	return err
}

// Database notes how long an operation on the database took. op is one of a
// few words such as "read", "write", "commit".
func (t *Telemetry) Database(op string, took time.Duration) {
	t.metrics.database.WithLabelValues(op).Observe(took.Seconds())
}

// Refused counts what a named limit refused.
func (t *Telemetry) Refused(limit string) { t.metrics.refused.WithLabelValues(limit).Inc() }

// Gauge reports a number that read returns whenever metrics are asked for.
func (t *Telemetry) Gauge(name, help string, read func() float64) {
	t.Registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, read))
}

func endSpan(span trace.Span, err error) {
	if err != nil {
		span.SetStatus(codes.Error, Mask(err.Error()))
	}
	span.End()
}
