package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// page writes the visit's CSRF value and a text.
func page(text string) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, err := fmt.Fprintf(w, "<p>%s</p><b>%s</b><input name=csrf value=%s>", text, i18n.LangOf(ctx), web.VisitOf(ctx).CSRF())
		return err
	})
}

// site is a router with a session for whoever sends the cookie "session".
type site struct {
	*web.Router
	posted []string
}

func newSite(t *testing.T) *site {
	t.Helper()
	texts, err := i18n.NewCatalogue(ui.Texts)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{}
	s.Router = web.NewRouter(web.Config{
		Catalogue: texts, Keys: secrettest.New(t), Now: func() time.Time { return noon },
		Identify: func(_ http.ResponseWriter, r *http.Request) (web.Identity, error) {
			c, err := r.Cookie("session")
			switch {
			case err != nil:
				return web.Identity{}, nil
			case c.Value == "old":
				return web.Identity{Ended: "web.sign_in"}, nil
			}
			return web.Identity{Account: "alice", Session: c.Value}, nil
		},
		Who:       func(context.Context, string) (*web.Who, error) { return &web.Who{Name: "A"}, nil },
		ErrorPage: func(status int, f *fault.Error, id string) templ.Component { return page(fmt.Sprint(status, f.Text)) },
		SignIn: func(w http.ResponseWriter, r *http.Request) error {
			return web.Write(w, r, http.StatusUnauthorized, page("sign in"))
		},
	})
	s.Handle("GET /page", func(w http.ResponseWriter, r *http.Request) error { return web.Write(w, r, 200, page("hello")) })
	s.Handle("GET /mine", func(w http.ResponseWriter, r *http.Request) error { return web.Write(w, r, 200, page("mine")) }, web.SignedIn)
	s.Handle("GET /broken", func(http.ResponseWriter, *http.Request) error { return errors.New("secret detail") })
	s.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("secret detail") })
	s.Handle("GET /long", func(w http.ResponseWriter, r *http.Request) error {
		return web.Write(w, r, 200, page(strings.Repeat("long ", 1000)))
	})
	s.Handle("POST /form", func(w http.ResponseWriter, r *http.Request) error {
		s.posted = append(s.posted, r.PostFormValue("name"))
		return web.SeeOther(w, r, "/page")
	})
	s.Handle("POST /file", func(w http.ResponseWriter, r *http.Request) error {
		parts, err := web.Parts(r)
		if err != nil {
			return err
		}
		p, err := parts.NextPart()
		if err != nil {
			return err
		}
		b, err := io.ReadAll(p)
		if err != nil {
			return web.ErrTooLarge
		}
		s.posted = append(s.posted, string(b[:min(5, len(b))]))
		return web.SeeOther(w, r, "/page")
	}, web.MaxBody(2<<20))
	return s
}

type call struct {
	method, path, body, kind string
	cookies                  []*http.Cookie
	head                     map[string]string
}

func (s *site) do(c call) *httptest.ResponseRecorder {
	r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
	if c.kind == "" {
		c.kind = "application/x-www-form-urlencoded"
	}
	if c.method == "POST" {
		r.Header.Set("Content-Type", c.kind)
	}
	for _, k := range c.cookies {
		r.AddCookie(k)
	}
	for k, v := range c.head {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func session(v string) []*http.Cookie { return []*http.Cookie{{Name: "session", Value: v}} }

// csrf returns the hidden value of a page.
func csrf(w *httptest.ResponseRecorder) string {
	_, rest, _ := strings.Cut(w.Body.String(), "value=")
	v, _, _ := strings.Cut(rest, ">")
	return v
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, path := range []string{"/page", "/broken", "/panic", "/none", "/mine"} {
		h := s.do(call{method: "GET", path: path}).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		csp := h.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	if got := s.do(call{method: "GET", path: "/mine", cookies: session("s1")}).Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("a personal page may be kept: %q", got)
	}
}

func TestAFormIsTakenOnlyFromItsOwnVisitorsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mine := csrf(s.do(call{method: "GET", path: "/mine", cookies: session("s1")}))
	anonPage := s.do(call{method: "GET", path: "/page"})
	anon := csrf(anonPage)
	send := func(value string, cookies []*http.Cookie, head map[string]string) int {
		return s.do(call{method: "POST", path: "/form", body: url.Values{"csrf": {value}, "name": {"x"}}.Encode(), cookies: cookies, head: head}).Code
	}
	for _, tt := range []struct {
		name    string
		value   string
		cookies []*http.Cookie
		head    map[string]string
		want    int
	}{
		{"one's own", mine, session("s1"), nil, 303},
		{"another session's", mine, session("s2"), nil, 403},
		{"nobody's", mine, nil, nil, 403},
		{"none", "", session("s1"), nil, 403},
		{"rubbish", "AAAA", session("s1"), nil, 403},
		{"from another site", mine, session("s1"), map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"in a header, as scripts send it", "", session("s1"), map[string]string{"X-CSRF": mine}, 303},
		{"of someone not signed in", anon, anonPage.Result().Cookies(), nil, 303},
		{"of someone not signed in, without the cookie", anon, nil, nil, 403},
		{"after the session ran out", mine, session("old"), nil, 401},
	} {
		if got := send(tt.value, tt.cookies, tt.head); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	if again := csrf(s.do(call{method: "GET", path: "/mine", cookies: session("s1")})); again == mine {
		t.Error("two pages carry the same value, so compression can leak it")
	}
}

func TestAMultipartFormIsCheckedBeforeItsFileIsRead(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	value := csrf(s.do(call{method: "GET", path: "/mine", cookies: session("s1")}))
	form := func(size int, fields ...string) (string, string) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for i := 0; i < len(fields); i += 2 {
			m.WriteField(fields[i], fields[i+1])
		}
		f, _ := m.CreateFormFile("file", "a.pdf")
		f.Write(bytes.Repeat([]byte("x"), size))
		m.Close()
		return b.String(), m.FormDataContentType()
	}
	for _, tt := range []struct {
		name   string
		size   int
		fields []string
		want   int
	}{
		{"value first", 10, []string{"csrf", value}, 303},
		{"no value", 10, nil, 403},
		{"wrong value", 10, []string{"csrf", "x"}, 403},
		{"over the limit of the route", 3 << 20, []string{"csrf", value}, 422},
	} {
		body, kind := form(tt.size, tt.fields...)
		if got := s.do(call{method: "POST", path: "/file", body: body, kind: kind, cookies: session("s1")}).Code; got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	taken := len(s.posted)
	for _, fields := range [][]string{nil, {"csrf", "x"}, {"name", "x"}} {
		body, kind := form(10, fields...)
		if got := s.do(call{method: "POST", path: "/form", body: body, kind: kind, cookies: session("s1")}).Code; got != 403 || len(s.posted) != taken {
			t.Errorf("a multipart form with %v to a route that expects none: %d", fields, got)
		}
	}
	if got := s.do(call{method: "POST", path: "/form", body: "csrf=" + value + "&name=" + strings.Repeat("x", 1<<20), cookies: session("s1")}).Code; got != 422 {
		t.Errorf("a form over its limit: %d", got)
	}
}

func TestFailuresBecomePagesThatTellNoSecrets(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for path, want := range map[string]int{"/none": 404, "/broken": 500, "/panic": 500, "/mine": 401} {
		w := s.do(call{method: "GET", path: path})
		if w.Code != want || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestPagesAreCompressedForWhoeverTakesIt(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	w := s.do(call{method: "GET", path: "/long", head: map[string]string{"Accept-Encoding": "br, gzip"}})
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Content-Length") != fmt.Sprint(w.Body.Len()) {
		t.Fatalf("%v", w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(z); err != nil || !strings.Contains(string(b), "long long") {
		t.Errorf("%v", err)
	}
	if plain := s.do(call{method: "GET", path: "/long"}); plain.Header().Get("Content-Encoding") != "" {
		t.Error("compressed for one who did not ask")
	}
	if head := s.do(call{method: "HEAD", path: "/long"}); head.Body.Len() != 0 || head.Code != 200 {
		t.Errorf("HEAD: %d, %d bytes", head.Code, head.Body.Len())
	}
}

func TestTheLanguageIsTheOneChosenElseTheBrowsersElseRussian(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for _, tt := range []struct{ name, accept, cookie, want string }{
		{"nothing known", "", "", "ru"},
		{"browser in English", "en-GB,en;q=0.9", "", "en"},
		{"browser in German and English", "de, en;q=0.5", "", "en"},
		{"browser in French only", "fr", "", "ru"},
		{"chosen", "en", "ru", "ru"},
		{"chosen nonsense", "en", "xx", "en"},
	} {
		w := s.do(call{method: "GET", path: "/page", head: map[string]string{"Accept-Language": tt.accept}, cookies: []*http.Cookie{{Name: "lang", Value: tt.cookie}}})
		if !strings.Contains(w.Body.String(), "<b>"+tt.want+"</b>") {
			t.Errorf("%s: %s", tt.name, w.Body)
		}
	}
	w := s.do(call{method: "GET", path: "/lang/en?back=/page"})
	if w.Code != 303 || w.Header().Get("Location") != "/page" || w.Result().Cookies()[0].Value != "en" {
		t.Errorf("choosing: %d %v", w.Code, w.Header())
	}
	if w := s.do(call{method: "GET", path: "/lang/xx"}); w.Code != 404 {
		t.Errorf("a language we lack: %d", w.Code)
	}
}

func TestLinksBackLeadNowhereElse(t *testing.T) {
	t.Parallel()
	for to, want := range map[string]string{
		"/page?a=1": "/page?a=1", "": "/", "https://evil.example/": "/", "//evil.example": "/", "/\\evil.example": "/", "page": "/", "/a\r\nb": "/", "javascript:alert(1)": "/",
	} {
		if got := web.Local(to, "/"); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestFieldsKeepWhatWasTypedAndSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	digits := func(v string) i18n.Text {
		if strings.Trim(v, "0123456789") != "" {
			return i18n.K("web.too_long")
		}
		return i18n.Text{}
	}
	for _, tt := range []struct {
		name, typed string
		field       web.Field
		value, key  string
	}{
		{"fine", " 123 ", web.Field{Check: digits}, "123", ""},
		{"wrong", "12a", web.Field{Check: digits}, "12a", "web.too_long"},
		{"missing", "  ", web.Field{}, "", "web.required"},
		{"missing, said in its own words", "", web.Field{Missing: i18n.K("web.sign_in")}, "", "web.sign_in"},
		{"missing but optional", "", web.Field{Optional: true, Check: digits}, "", ""},
		{"too long", "абвгд", web.Field{Max: 4}, "абвгд", "web.too_long"},
		{"just long enough", "абвг", web.Field{Max: 4}, "абвг", ""},
		{"control characters and broken UTF-8 go", "a\x00b\xff\r\n", web.Field{}, "ab", ""},
		{"a password keeps its spaces", " p ", web.Field{Secret: true}, " p ", ""},
	} {
		f := tt.field
		ok := web.ReadFrom(func(string) string { return tt.typed }, &f)
		if f.Value != tt.value || f.Error.Key != tt.key || ok != (tt.key == "") {
			t.Errorf("%s: %q %q %v", tt.name, f.Value, f.Error.Key, ok)
		}
	}
}

func TestWhatIsNoTextReachesNoHandler(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.Handle("GET /thing/{id}", func(w http.ResponseWriter, r *http.Request) error { return web.Write(w, r, 200, page("thing")) })
	for path, want := range map[string]int{
		"/thing/a": 200, "/thing/%D1%8F?q=%D1%8F": 200, "/thing/%00": 404, "/thing/%ff": 404, "/thing/a?q=%00": 404, "/thing/a?q=%ff": 404, "/thing/a?q=%zz": 200,
	} {
		if got := s.do(call{method: "GET", path: path}).Code; got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	value := csrf(s.do(call{method: "GET", path: "/mine", cookies: session("s1")}))
	s.do(call{method: "POST", path: "/form", body: "csrf=" + value + "&name=a%00b%ff", cookies: session("s1")})
	if len(s.posted) != 1 || s.posted[0] != "ab" {
		t.Errorf("posted %q", s.posted)
	}
}
