// Package telemetry tells operators what the program does: log lines, metrics
// and traces.
//
// Logs are made by log/slog. Lines written with a context carry the number of
// the request or job they belong to, which is also what the person sees on an
// error page. A guard masks what must not be in a log even if somebody passes
// it by mistake: attributes with telling names, and within any text what looks
// like an e-mail address, a phone or a document's number.
//
// Metrics are Prometheus's, of a registry of their own; Handler serves them.
// Traces follow W3C Trace Context in and out and go to a collector by OTLP over
// HTTP when one is configured; else no span is made at all.
//
// Routes are named by their pattern, never by the path that was asked for,
// which holds IDs; accounts only by a hash of their ID.
package telemetry
