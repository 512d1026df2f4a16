package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret"
)

// FormLimit is the size of a request's body in bytes unless the route has the
// guard MaxBody.
const FormLimit = 1 << 20

var (
	// ErrForged is returned for a form that was not ours or is too old.
	ErrForged = fault.New(fault.Forbidden, "web.forged")
	// ErrMeanwhile is returned for a form that was opened before somebody signed
	// in, in another tab of the same browser.
	ErrMeanwhile = fault.New(fault.Conflict, "web.signed_in_meanwhile")
	// ErrTooLarge is returned for a body over the limit of its route.
	ErrTooLarge = fault.New(fault.Invalid, "web.too_large")
	// ErrNotFound is a page that does not exist.
	ErrNotFound = fault.New(fault.NotFound, "web.not_found")
	// ErrSignIn is returned by guards to someone who must sign in first.
	ErrSignIn = fault.New(fault.Unsigned, "web.sign_in")
)

// Config is what a Router needs.
type Config struct {
	Catalogue *i18n.Catalogue
	Keys      *secret.Keyring
	Now       func() time.Time
	Location  *time.Location // of the region; nil is UTC
	Secure    bool           // the portal is reached by https: cookies and headers say so
	Demo      bool
	Region    i18n.Words

	// Identify tells who sent the request. It may set cookies on w.
	Identify func(w http.ResponseWriter, r *http.Request) (Identity, error)
	// Who tells what pages show of an account. It is asked only when a page is
	// drawn.
	Who func(ctx context.Context, account string) (*Who, error)
	// ErrorPage draws the page of a failure.
	ErrorPage func(status int, f *fault.Error, request string) templ.Component
	// SignIn answers a request that needs someone to sign in.
	SignIn HandlerFunc
	// RequestID names the request in logs.
	RequestID func(ctx context.Context) string
}

// HandlerFunc is a handler that leaves its failures to the Router.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// Guard decides before a handler runs.
type Guard func(HandlerFunc) HandlerFunc

// Router finds the handler of a request.
type Router struct {
	patterns []string
	cfg      Config
	mux      *http.ServeMux
	csp      []string
}

// NewRouter returns a Router without routes.
func NewRouter(cfg Config) *Router {
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	rt := &Router{cfg: cfg, mux: http.NewServeMux(), csp: []string{policy(cfg.Secure)}}
	rt.Handle("GET /lang/{lang}", rt.setLanguage)
	rt.Handle("POST /view", rt.setView)
	rt.Handle("/", func(http.ResponseWriter, *http.Request) error { return ErrNotFound })
	return rt
}

// Handle registers a handler for a pattern of http.ServeMux, behind guards of
// which the first is outermost.
func (rt *Router) Handle(pattern string, h HandlerFunc, guards ...Guard) {
	for i := len(guards) - 1; i >= 0; i-- {
		h = guards[i](h)
	}
	rt.patterns = append(rt.patterns, pattern)
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { rt.serve(w, r, h) })
}

// Patterns returns what is handled, in the order in which it was added.
func (rt *Router) Patterns() []string { return slices.Clone(rt.patterns) }

// Pattern returns the pattern that a request will be matched to, for logs and
// metrics.
func (rt *Router) Pattern(r *http.Request) string {
	_, pattern := rt.mux.Handler(r)
	return pattern
}

// ServeHTTP implements http.Handler.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) { rt.mux.ServeHTTP(w, r) }

func (rt *Router) serve(w http.ResponseWriter, r *http.Request, h HandlerFunc) {
	rt.headers(w.Header())
	v := &Visit{Path: r.URL.RequestURI(), Prefs: prefs(r), Demo: rt.cfg.Demo, Region: rt.cfg.Region, router: rt, anonymous: anonymous(r, rt.cfg.Secure)}
	v.body = bodyLimit{ReadCloser: r.Body, left: FormLimit}
	r.Body = &v.body
	ctx := rt.cfg.Catalogue.With(r.Context(), language(r), rt.cfg.Location, rt.cfg.Now())
	r = r.WithContext(WithVisit(ctx, v))
	defer func() { //nolint:contextcheck // r brings it along
		if p := recover(); p != nil {
			if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(p)
			}
			slog.ErrorContext(r.Context(), "handler panicked", "route", r.Pattern, "panic", p, "stack", string(debug.Stack()))
			rt.fail(w, r, errors.New("panic"))
		}
	}()
	if !isText(r.URL.Path) || !isTextQuery(r.URL.RawQuery) {
		rt.fail(w, r, ErrNotFound)
		return
	}
	if rt.cfg.Identify != nil {
		who, err := rt.cfg.Identify(w, r)
		if err != nil {
			rt.fail(w, r, err)
			return
		}
		v.Identity = who
	}
	if v.Only != "" && !v.open(r.URL.Path) {
		_ = SeeOther(w, r, v.Only) // never fails
		return
	}
	if unsafe(r) {
		if err := rt.checkForm(r, v); err != nil {
			rt.fail(w, r, err)
			return
		}
	}
	if err := h(w, r); err != nil {
		rt.fail(w, r, err)
	}
}

// unsafe reports whether a request may change something.
func unsafe(r *http.Request) bool {
	return r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
}

// checkForm refuses a form that one of our pages did not send. Of a multipart
// form only the first part is read.
func (rt *Router) checkForm(r *http.Request, v *Visit) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return ErrForged
	}
	var genuine bool
	if multipart(r) {
		genuine = v.openParts(r)
	} else if value := r.Header.Get("X-CSRF"); value != "" {
		genuine = v.genuine(value)
	} else {
		if err := r.ParseForm(); err != nil {
			return tooLarge(err)
		}
		onlyText(r.PostForm)
		onlyText(r.Form)
		genuine = v.genuine(r.PostForm.Get("csrf"))
	}
	switch {
	case genuine:
		return nil
	case v.before(r.PostForm.Get("csrf")):
		return ErrMeanwhile
	case v.Account == "" && v.Ended != "":
		return ErrSignIn // the session ran out while the form was being filled in
	}
	return ErrForged
}

var statusOf = map[fault.Kind]int{
	fault.Internal:    http.StatusInternalServerError,
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.NotFound:    http.StatusNotFound,
	fault.Forbidden:   http.StatusForbidden,
	fault.Conflict:    http.StatusConflict,
	fault.TooMany:     http.StatusTooManyRequests,
	fault.Unavailable: http.StatusServiceUnavailable,
	fault.Unsigned:    http.StatusUnauthorized,
}

// Status returns the status of an answer to a failure.
func Status(err error) int { return statusOf[fault.Of(err).Kind] }

// fail answers with the page of the error.
func (rt *Router) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody waits for the answer
	}
	told := fault.Of(err)
	request := ""
	if rt.cfg.RequestID != nil {
		request = rt.cfg.RequestID(r.Context())
	}
	if told.Kind == fault.Internal {
		slog.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "err", err)
	}
	if told.Kind == fault.Unsigned && rt.cfg.SignIn != nil {
		if err := rt.cfg.SignIn(w, r); err != nil {
			slog.ErrorContext(r.Context(), "sign-in page failed", "err", err)
		}
		return
	}
	if told.Kind == fault.TooMany || told.Kind == fault.Unavailable {
		w.Header().Set("Retry-After", retryAfter(err))
	}
	status := statusOf[told.Kind]
	if WantsJSON(r) || rt.cfg.ErrorPage == nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		w.Write([]byte(i18n.T(r.Context(), told.Text))) //nolint:gosec // plain text, which browsers do not run
		return
	}
	if err := Write(w, r, status, rt.cfg.ErrorPage(status, told, request)); err != nil {
		slog.ErrorContext(r.Context(), "error page failed", "err", err)
		http.Error(w, http.StatusText(status), status)
	}
}

// retryAfter returns how many seconds to wait before trying again: what the
// error says by a method RetryAfter, else a minute.
func retryAfter(err error) string {
	if e := (interface{ RetryAfter() time.Duration })(nil); errors.As(err, &e) {
		return strconv.Itoa(int((e.RetryAfter() + time.Second - 1) / time.Second))
	}
	return "60"
}

// WantsJSON reports whether a script asks, for which a page is no use.
func WantsJSON(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "application/json")
}

func policy(secure bool) string {
	p := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
	if secure {
		p += "; upgrade-insecure-requests"
	}
	return p
}

// Values that never change are shared between answers.
var (
	nosniff     = []string{"nosniff"}
	sameOrigin  = []string{"same-origin"}
	permissions = []string{"camera=(), geolocation=(), microphone=(), payment=(), usb=()"}
	hsts        = []string{"max-age=63072000; includeSubDomains"}
	noCache     = []string{"private, no-cache"}
	noStore     = []string{"no-store"}
	htmlType    = []string{"text/html; charset=utf-8"}
)

func (rt *Router) headers(h http.Header) {
	h["Content-Security-Policy"] = rt.csp
	h["X-Content-Type-Options"] = nosniff
	h["Referrer-Policy"] = sameOrigin
	h["Cross-Origin-Opener-Policy"] = sameOrigin
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Permissions-Policy"] = permissions
	h["Cache-Control"] = noCache
	if rt.cfg.Secure {
		h["Strict-Transport-Security"] = hsts
	}
}

// SeeOther sends the browser to another page after a form was taken.
func SeeOther(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// Local returns the path that a link of ours leads to, or fallback when to is
// empty or leads to another site.
func Local(to, fallback string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || !strings.HasPrefix(to, "/") ||
		strings.HasPrefix(to, "//") || strings.ContainsAny(to, "\\\r\n\t") {
		return fallback
	}
	return to
}
