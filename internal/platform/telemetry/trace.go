package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// tracing makes spans and sends them to the collector.
type tracing struct {
	provider *sdk.TracerProvider
	tracer   trace.Tracer
	context  propagation.TraceContext
}

func newTracing(cfg Config, log *slog.Logger, version string) (*tracing, error) {
	// The caller's wish to be traced is not followed: it comes from anybody. Its
	// trace ID is kept, so that a proxy's spans and ours stand in one trace.
	share := sdk.TraceIDRatioBased(cfg.TraceRatio)
	provider := sdk.NewTracerProvider(
		sdk.WithSampler(sdk.ParentBased(share, sdk.WithRemoteParentSampled(share), sdk.WithRemoteParentNotSampled(share))),
		sdk.WithBatcher(&exporter{url: cfg.TraceURL, version: version, log: log, client: &http.Client{Timeout: 10 * time.Second}}),
	)
	return &tracing{provider: provider, tracer: provider.Tracer("kabinet")}, nil
}

func (t *tracing) begin(ctx context.Context, name string, kind trace.SpanKind) (context.Context, func(error)) {
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, func(err error) { endSpan(span, err) }
}

// request begins the span of a request, under the caller's if it names one.
func (t *tracing) request(ctx context.Context, r *http.Request) (context.Context, trace.Span) {
	ctx = t.context.Extract(ctx, propagation.HeaderCarrier(r.Header))
	return t.tracer.Start(ctx, method(r), trace.WithSpanKind(trace.SpanKindServer))
}

// Inject names the span of ctx in the headers of a request to a partner.
func (t *Telemetry) Inject(ctx context.Context, head http.Header) {
	if t.tracing != nil {
		t.tracing.context.Inject(ctx, propagation.HeaderCarrier(head))
	}
}

// exporter sends spans as OTLP over HTTP in its JSON form. The library's own
// exporter would add six megabytes to the program.
// Source: OpenTelemetry Protocol 1.x, "OTLP/HTTP" and "JSON Protobuf Encoding".
type exporter struct {
	url, version string
	log          *slog.Logger
	client       *http.Client
}

type (
	otlpValue struct {
		String *string `json:"stringValue,omitempty"`
		Int    *string `json:"intValue,omitempty"` // 64-bit numbers are strings in this form
		Bool   *bool   `json:"boolValue,omitempty"`
	}
	otlpAttr struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpStatus struct {
		Message string `json:"message,omitempty"`
		Code    int    `json:"code,omitempty"` // 2 is an error
	}
	otlpSpan struct {
		TraceID    string     `json:"traceId"`
		SpanID     string     `json:"spanId"`
		ParentID   string     `json:"parentSpanId,omitempty"`
		Name       string     `json:"name"`
		Kind       int        `json:"kind"`
		Start      string     `json:"startTimeUnixNano"`
		End        string     `json:"endTimeUnixNano"`
		Attributes []otlpAttr `json:"attributes,omitempty"`
		Status     otlpStatus `json:"status"`
	}
	otlpScopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpResourceSpans struct {
		Resource struct {
			Attributes []otlpAttr `json:"attributes"`
		} `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpRequest struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
)

// ExportSpans sends a batch. A batch that the collector does not take is
// dropped with a log line: traces must never hold up the program.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdk.ReadOnlySpan) error {
	body, err := json.Marshal(e.batch(spans))
	if err != nil {
		return fmt.Errorf("writing spans: %w", err)
	}
	if err := e.post(ctx, body); err != nil {
		e.log.WarnContext(ctx, "traces could not be sent and are dropped", "spans", len(spans), "error", err)
	}
	return nil
}

func (e *exporter) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection is used again
	if resp.StatusCode >= 300 {
		return fmt.Errorf("the collector answered %s", resp.Status)
	}
	return nil
}

// Shutdown has nothing to end.
func (e *exporter) Shutdown(context.Context) error { return nil }

func (e *exporter) batch(spans []sdk.ReadOnlySpan) otlpRequest {
	list := make([]otlpSpan, 0, len(spans))
	for _, s := range spans {
		span := otlpSpan{
			TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Name: s.Name(), Kind: int(s.SpanKind()),
			Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10),
			Attributes: otlpAttrs(s.Attributes()),
		}
		if s.Parent().SpanID().IsValid() {
			span.ParentID = s.Parent().SpanID().String()
		}
		if s.Status().Code == codes.Error {
			span.Status = otlpStatus{Message: s.Status().Description, Code: 2}
		}
		list = append(list, span)
	}
	var group otlpResourceSpans
	group.Resource.Attributes = otlpAttrs([]attribute.KeyValue{attribute.String("service.name", "kabinet"), attribute.String("service.version", e.version)})
	scope := otlpScopeSpans{Spans: list}
	scope.Scope.Name = "kabinet"
	group.ScopeSpans = []otlpScopeSpans{scope}
	return otlpRequest{[]otlpResourceSpans{group}}
}

func otlpAttrs(attrs []attribute.KeyValue) []otlpAttr {
	list := make([]otlpAttr, 0, len(attrs))
	for _, a := range attrs {
		var v otlpValue
		switch a.Value.Type() {
		case attribute.INT64:
			n := strconv.FormatInt(a.Value.AsInt64(), 10)
			v.Int = &n
		case attribute.BOOL:
			b := a.Value.AsBool()
			v.Bool = &b
		default:
			s := a.Value.String()
			v.String = &s
		}
		list = append(list, otlpAttr{string(a.Key), v})
	}
	return list
}
