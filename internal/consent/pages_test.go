package consent

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// visitor looks at the pages; account "" is nobody signed in.
type visitor struct {
	t      *testing.T
	h      http.Handler
	fresh  bool
	status int
	to     string
	doc    *html.Node
}

func (w world) visitor(t *testing.T, account string) *visitor {
	v := &visitor{t: t, fresh: true}
	rt := web.NewRouter(web.Config{Catalogue: w.texts, Keys: w.keys, Now: w.now,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: account, Session: "s"}, nil
		},
		SignIn: func(w http.ResponseWriter, _ *http.Request) error { w.WriteHeader(http.StatusUnauthorized); return nil },
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	w.Routes(rt, func(h web.HandlerFunc) web.HandlerFunc {
		return func(rw http.ResponseWriter, r *http.Request) error {
			if !v.fresh {
				return web.SeeOther(rw, r, "/confirm")
			}
			return h(rw, r)
		}
	})
	v.h = rt
	return v
}

func (v *visitor) do(r *http.Request) *visitor {
	v.t.Helper()
	rec := httptest.NewRecorder()
	v.h.ServeHTTP(rec, r)
	body, err := io.ReadAll(rec.Body)
	want(v.t, err, nil)
	v.status, v.to = rec.Code, rec.Header().Get("Location")
	if len(body) > 0 {
		v.doc, err = html.Parse(strings.NewReader(string(body)))
		want(v.t, err, nil)
	}
	return v
}

func (v *visitor) get(path string) *visitor {
	v.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// send sends the form of the page with what is hidden in it and the pairs.
func (v *visitor) send(path string, pairs ...string) *visitor {
	v.t.Helper()
	values := url.Values{}
	for _, in := range cascadia.QueryAll(v.doc, cascadia.MustCompile("main form input[type=hidden]")) {
		a := map[string]string{}
		for _, one := range in.Attr {
			a[one.Key] = one.Val
		}
		values.Set(a["name"], a["value"])
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

func (v *visitor) text() string {
	var b strings.Builder
	for n := range v.doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	return strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\u00a0", " ")), " ")
}

func (v *visitor) says(words ...string) *visitor {
	v.t.Helper()
	for _, one := range words {
		if got := v.text(); !strings.Contains(got, one) {
			v.t.Fatalf("the page does not say %q: %s", one, got)
		}
	}
	return v
}

func (v *visitor) answers(status int, to string) *visitor {
	v.t.Helper()
	if v.status != status || v.to != to {
		v.t.Fatalf("got %d to %q, want %d to %q", v.status, v.to, status, to)
	}
	return v
}

// Proves
// ASVS: V7.5.3
func TestAPersonReadsGivesAndWithdrawsConsents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	v := w.visitor(t, a)
	v.get("/settings/consents").says("Ждут вашего ответа", "Без него личный кабинет работать не может", "Действующих согласий нет")
	v.get("/consents/signature").says("простой электронной подписью", "Министерство, ул. Портовая, 1", "Что прекратится после отзыва")
	if len(cascadia.QueryAll(v.doc, cascadia.MustCompile("input[name=agree][checked]"))) > 0 {
		t.Error("the box is ticked beforehand")
	}
	v.send("/consents/signature").answers(422, "").says("Отметьте, если согласны")
	v.get("/consents/signature?next=/profile").send("/consents/signature", "agree", "on").answers(303, "/profile")
	list, err := w.List(t.Context(), a, OnlyActive, "", 10)
	want(t, err, nil)
	one := "/settings/consents/" + list[0].ID
	v.get("/settings/consents?done=given").says("Согласие записано", "Действует")
	v.get(one).says("Запись о согласии", "Отметкой в форме", "2026-11-22", Fingerprint(list[0].Hash), "Я соглашаюсь")
	v.get(one+"/withdraw").says("Что прекратится", "нужно подписать кодом", "остаётся в силе")
	v.fresh = false
	v.send(one+"/withdraw").answers(303, "/confirm")
	v.fresh = true
	v.send(one+"/withdraw").answers(303, "/settings/consents?show=past&done=withdrawn")
	v.get("/settings/consents?show=past&done=withdrawn").says("Обработка по нему прекращена", "Отозвано")
	v.get(one+"/withdraw").answers(409, "")
}

func TestTheTextsAreReadBeforeRegistrationToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t, "")
	v.get("/consents/personal_data").answers(200, "").says("Кому передаются")
	if len(cascadia.QueryAll(v.doc, cascadia.MustCompile("input[name=agree]"))) > 0 {
		t.Error("a stranger is asked to agree")
	}
	v.get("/consents/bank").answers(404, "")
	v.get("/consents/shoes").answers(404, "")
	if v.get("/settings/consents"); v.status != 401 {
		t.Errorf("a stranger sees consents: %d", v.status)
	}
}

// ASVS: V8.2.2
func TestAnotherPersonsConsentIsNotThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.give(t, Given{Account: w.citizen(t, "+79000001234"), Purpose: Data})
	v := w.visitor(t, w.citizen(t, "+79000001235"))
	v.get("/settings/consents/"+c.ID).answers(404, "")
	v.get("/settings/consents/"+c.ID+"/withdraw").answers(404, "")
}
