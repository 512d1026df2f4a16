package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
)

const (
	langCookie      = "lang"
	viewCookie      = "view"
	anonymousCookie = "anon"
	year            = 365 * 24 * time.Hour
)

// cookie returns a cookie of ours. life 0 ends it with the browser. Over https
// it has the prefix that ties it to this host.
func (rt *Router) cookie(name, value string, life time.Duration) *http.Cookie {
	return NewCookie(name, value, life, rt.cfg.Secure)
}

// NewCookie returns a cookie of this portal: for this host only, unreadable to
// scripts, not sent along from other sites. life 0 ends it with the browser, a
// negative one removes it.
func NewCookie(name, value string, life time.Duration, secure bool) *http.Cookie {
	c := &http.Cookie{Name: CookieName(name, secure), Value: value, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	if life != 0 {
		c.MaxAge = int(life / time.Second)
	}
	return c
}

// CookieName returns the full name of a cookie of ours.
func CookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

func anonymous(r *http.Request, secure bool) string {
	c, err := r.Cookie(CookieName(anonymousCookie, secure))
	if err != nil || !id.Valid(c.Value) {
		return ""
	}
	return c.Value
}

// language is the one the person chose, else the first of the browser's that
// we have.
func language(r *http.Request) i18n.Lang {
	if c, err := r.Cookie(langCookie); err == nil && (c.Value == string(i18n.RU) || c.Value == string(i18n.EN)) {
		return i18n.Lang(c.Value)
	}
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		if tag == string(i18n.RU) || tag == string(i18n.EN) {
			return i18n.Lang(tag)
		}
	}
	return i18n.RU
}

// prefs reads how pages should look: "1.2.dark" is vision, print, scheme.
func prefs(r *http.Request) Prefs {
	p := Prefs{Print: 1, Scheme: "auto"}
	c, err := r.Cookie(viewCookie)
	if err != nil {
		return p
	}
	parts := strings.Split(c.Value, ".")
	if len(parts) != 3 {
		return p
	}
	p.Vision = parts[0] == "1"
	if n, err := strconv.Atoi(parts[1]); err == nil && n >= 1 && n <= 3 {
		p.Print = n
	}
	if parts[2] == "light" || parts[2] == "dark" {
		p.Scheme = parts[2]
	}
	return p
}

// setLanguage answers GET /lang/{lang}: it changes nothing but a cookie of the
// visitor's own browser.
func (rt *Router) setLanguage(w http.ResponseWriter, r *http.Request) error {
	lang := r.PathValue("lang")
	if lang != string(i18n.RU) && lang != string(i18n.EN) {
		return ErrNotFound
	}
	c := NewCookie(langCookie, lang, year, false)
	c.Secure = rt.cfg.Secure
	http.SetCookie(w, c)
	return SeeOther(w, r, Local(r.URL.Query().Get("back"), "/"))
}

// setView answers POST /view with the fields vision (0, 1), print (1–3), scheme
// (auto, light, dark) and back; a field that is missing stays as it is.
func (rt *Router) setView(w http.ResponseWriter, r *http.Request) error {
	p := VisitOf(r.Context()).Prefs
	if v := r.PostFormValue("vision"); v == "0" || v == "1" {
		p.Vision = v == "1"
	}
	if n, err := strconv.Atoi(r.PostFormValue("print")); err == nil && n >= 1 && n <= 3 {
		p.Print = n
	}
	if s := r.PostFormValue("scheme"); s == "auto" || s == "light" || s == "dark" {
		p.Scheme = s
	}
	vision := "0"
	if p.Vision {
		vision = "1"
	}
	c := NewCookie(viewCookie, vision+"."+strconv.Itoa(p.Print)+"."+p.Scheme, year, false)
	c.Secure = rt.cfg.Secure
	http.SetCookie(w, c)
	return SeeOther(w, r, Local(r.PostFormValue("back"), "/"))
}
