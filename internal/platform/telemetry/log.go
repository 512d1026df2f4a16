package telemetry

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

func newLogger(cfg Config, out io.Writer) (*slog.Logger, error) {
	var level slog.Level
	if cfg.LogLevel != "" {
		if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
			return nil, fmt.Errorf("setting up the log: %w", err)
		}
	}
	opt := &slog.HandlerOptions{Level: level, ReplaceAttr: guard}
	if cfg.LogFormat == "text" {
		return slog.New(numbered{slog.NewTextHandler(out, opt)}), nil
	}
	return slog.New(numbered{slog.NewJSONHandler(out, opt)}), nil
}

// work is the request or job that a context belongs to.
type work struct {
	id      string
	route   string // pattern, when the router has told it
	account string // ID, when somebody is signed in
}

type workKey struct{}

func workOf(ctx context.Context) *work {
	w, _ := ctx.Value(workKey{}).(*work)
	return w
}

// RequestID returns the number of the request or job of ctx, "" outside of one.
func RequestID(ctx context.Context) string {
	if w := workOf(ctx); w != nil {
		return w.id
	}
	return ""
}

// SetAccount tells whose request it is; the log line carries a hash of the ID.
// It must be called by the goroutine that serves the request.
func SetAccount(ctx context.Context, account string) {
	if w := workOf(ctx); w != nil {
		w.account = account
	}
}

// SetRoute tells the pattern of the request's route, for routers that hand on
// a copy of the request, where its pattern would not be seen.
func SetRoute(ctx context.Context, pattern string) {
	if w := workOf(ctx); w != nil {
		w.route = pattern
	}
}

// newID makes a number that a person can read out: ten letters and digits
// without those that look alike. It names a request and protects nothing.
func newID() string {
	const letters = "0123456789abcdefghjkmnpqrstvwxyz"
	n := rand.Uint64() //nolint:gosec // protects nothing, see above
	var b [10]byte
	for i := range b {
		b[i] = letters[n&31]
		n >>= 5
	}
	return string(b[:])
}

// numbered adds the number of the request or job, and of its trace, to each line.
type numbered struct{ slog.Handler }

func (h numbered) Handle(ctx context.Context, r slog.Record) error {
	if w := workOf(ctx); w != nil {
		r.AddAttrs(slog.String("request", w.id))
		if span := trace.SpanContextFromContext(ctx); span.IsValid() {
			r.AddAttrs(slog.String("trace", span.TraceID().String()))
		}
	}
	return h.Handler.Handle(ctx, r)
}

func (h numbered) WithAttrs(attrs []slog.Attr) slog.Handler {
	return numbered{h.Handler.WithAttrs(attrs)}
}

func (h numbered) WithGroup(name string) slog.Handler { return numbered{h.Handler.WithGroup(name)} }

// telling are words that no attribute's name may hold: its value is dropped.
var telling = []string{
	"password", "secret", "token", "cookie", "code", "csrf", "phone", "email", "mail", "snils", "passport", "inn", "address",
	"surname", "firstname", "patronymic", "birth", "answer", "filename",
}

// guard masks attributes. Source: ASVS 5.0 16.2.5.
func guard(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if isTelling(a.Key) {
			return slog.String(a.Key, "[masked]")
		}
		if s := a.Value.String(); maybePersonal(s) {
			return slog.String(a.Key, Mask(s))
		}
	case slog.KindAny:
		if a.Key == slog.SourceKey || a.Key == slog.LevelKey {
			return a
		}
		if isTelling(a.Key) {
			return slog.String(a.Key, "[masked]")
		}
		if err, ok := a.Value.Any().(error); ok {
			return slog.String(a.Key, Mask(err.Error()))
		}
		if s, ok := a.Value.Any().(fmt.Stringer); ok {
			return slog.String(a.Key, Mask(s.String()))
		}
		return slog.String(a.Key, Mask(fmt.Sprintf("%+v", a.Value.Any())))
	case slog.KindInt64, slog.KindUint64:
		if isTelling(a.Key) {
			return slog.String(a.Key, "[masked]")
		}
	}
	return a
}

// isTelling looks for whole words of a name, parted by "_" or ".".
func isTelling(key string) bool {
	for word := range strings.FieldsFuncSeq(key, func(r rune) bool { return r == '_' || r == '.' || r == '-' }) {
		for _, t := range telling {
			if strings.EqualFold(word, t) {
				return true
			}
		}
	}
	return false
}
