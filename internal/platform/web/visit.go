package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	mp "mime/multipart"
	"net/http"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
)

// Identity is who sent a request.
type Identity struct {
	Account string    // ID of the account; "" when nobody is signed in
	Session string    // ID of the session
	Staff   bool      // a clerk's session: pages of the desk
	Only    string    // path of the one page that is open to them, until they did what it asks; "" when all are
	Until   time.Time // when the session ends if nothing more is done in it
	Ended   string    // when a session was given up on: message key of why, e.g. "account.session_idle"
}

// Who is what pages show of the person who is signed in.
type Who struct {
	Name      string // short: «Соколова М. А.»
	Initials  string
	FirstName string
	Level     string // message key of the account's level
	Confirmed bool
	Staff     bool       // may enter the desk
	Place     i18n.Words // agency where staff works; zero for citizens and those who run the portal
	Unread    int        // notices not read yet
	Banner    Banner     // what waits to be done; zero for nothing
}

// Banner is what a person is reminded of on every page until it is done.
type Banner struct {
	Text i18n.Text
	Link i18n.Text
	Href string // page where it is done, on which the banner is not shown
}

// Prefs is how a person wants pages to look.
type Prefs struct {
	Vision bool   // version for the visually impaired
	Print  int    // size of text in that version: 1, 2, 3
	Scheme string // auto, light, dark
}

// Visit is what is known of the one who asks, for the pages that answer.
type Visit struct {
	Identity
	Path   string // path and query asked for
	Who    *Who   // nil when nobody is signed in
	Prefs  Prefs
	Demo   bool       // a demonstration stand
	Region i18n.Words // region or agency that runs the portal

	anonymous string // what the CSRF value of someone not signed in is bound to
	fresh     bool   // anonymous was made for this answer and must be sent
	router    *Router
	body      bodyLimit
	parts     *mp.Reader // of a multipart form, behind its CSRF value
}

// Left returns the seconds until the session ends if nothing more is done in
// it; 0 when nobody is signed in or it is not known.
func (v *Visit) Left() int {
	if v.router == nil || v.Until.IsZero() {
		return 0
	}
	return max(int(v.Until.Sub(v.router.cfg.Now())/time.Second), 0)
}

type visitKey struct{}

// VisitOf returns the visit of a request's context. Outside a request, as in
// jobs and the style page, it is an empty one.
func VisitOf(ctx context.Context) *Visit {
	if v, ok := ctx.Value(visitKey{}).(*Visit); ok {
		return v
	}
	return &Visit{Prefs: Prefs{Print: 1, Scheme: "auto"}}
}

// WithVisit returns a context in which pages are drawn for v.
func WithVisit(ctx context.Context, v *Visit) context.Context {
	return context.WithValue(ctx, visitKey{}, v)
}

// Account returns the ID of the account that is signed in, "" when nobody is.
func Account(r *http.Request) string { return VisitOf(r.Context()).Account }

const csrfSize = 16

// CSRF returns the value of a form's hidden field "csrf".
func (v *Visit) CSRF() string {
	if v.router == nil {
		return ""
	}
	if v.Session == "" && v.anonymous == "" {
		v.anonymous, v.fresh = id.Secret(), true
	}
	var b [2 * csrfSize]byte
	rand.Read(b[:csrfSize])
	mac := v.mac()
	for i := range csrfSize {
		b[csrfSize+i] = b[i] ^ mac[i]
	}
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// mac is what this visitor's CSRF values hide.
func (v *Visit) mac() []byte {
	if v.Session != "" {
		return v.router.cfg.Keys.MAC("csrf", []byte(v.Session))[:csrfSize]
	}
	return v.anonymousMAC()
}

func (v *Visit) anonymousMAC() []byte {
	return v.router.cfg.Keys.MAC("csrf-anonymous", []byte(v.anonymous))[:csrfSize]
}

// genuine reports whether value was made by CSRF for this visitor.
func (v *Visit) genuine(value string) bool {
	if v.Session == "" && (v.anonymous == "" || v.fresh) {
		return false
	}
	return hides(value, v.mac())
}

// before reports whether value was made by CSRF for this browser before its
// holder signed in: the form stood open in another tab.
func (v *Visit) before(value string) bool {
	return v.Session != "" && v.anonymous != "" && !v.fresh && hides(value, v.anonymousMAC())
}

func hides(value string, mac []byte) bool {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil || len(b) != 2*csrfSize {
		return false
	}
	for i := range csrfSize {
		b[i] ^= b[csrfSize+i]
	}
	return hmac.Equal(b[:csrfSize], mac)
}

// open reports whether somebody to whom only one page is open may go to path:
// that page, the language and look of pages, and the way out.
func (v *Visit) open(path string) bool {
	return path == v.Only || path == "/logout" || path == "/session" || path == "/view" || strings.HasPrefix(path, "/lang/")
}
