package person

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

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// visitor is somebody signed in who looks at the pages.
type visitor struct {
	t       *testing.T
	h       http.Handler
	account string
	status  int
	doc     *html.Node
	to      string // where the answer leads
}

func (w world) visitor(t *testing.T, account string) *visitor {
	v := &visitor{t: t, account: account}
	rt := web.NewRouter(web.Config{Catalogue: w.texts, Keys: w.keys, Now: w.now,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: account, Session: "session of " + account}, nil
		},
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	w.Routes(rt)
	v.h = rt
	return v
}

func (v *visitor) do(r *http.Request) *visitor {
	v.t.Helper()
	rec := httptest.NewRecorder()
	v.h.ServeHTTP(rec, r)
	body, err := io.ReadAll(rec.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	v.status, v.to = rec.Code, rec.Header().Get("Location")
	if len(body) > 0 {
		if v.doc, err = html.Parse(strings.NewReader(string(body))); err != nil {
			v.t.Fatal(err)
		}
	}
	return v
}

func (v *visitor) get(path string) *visitor {
	v.t.Helper()
	return v.do(httptest.NewRequest(http.MethodGet, path, nil))
}

// send fills in the form of the page and sends it.
func (v *visitor) send(path string, pairs ...string) *visitor {
	v.t.Helper()
	values := url.Values{}
	for _, in := range cascadia.QueryAll(v.doc, cascadia.MustCompile("main form input[name]")) {
		a := map[string]string{}
		for _, one := range in.Attr {
			a[one.Key] = one.Val
		}
		if _, ticked := a["checked"]; a["type"] != "radio" || ticked {
			values.Set(a["name"], a["value"])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return v.do(r)
}

func (v *visitor) says(words string) *visitor {
	v.t.Helper()
	var b strings.Builder
	for n := range v.doc.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
	}
	if got := strings.Join(strings.Fields(strings.ReplaceAll(b.String(), "\u00a0", " ")), " "); !strings.Contains(got, words) {
		v.t.Fatalf("the page does not say %q: %s", words, got)
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

// Proves: B-13, B-24
func TestAPersonFillsInTheProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t, w.citizen(t, "+79000001234"))
	v.get("/profile").says("Соколова Марина Андреевна").says("+7 900 000-12-34").says("Упрощённая").says("Не заполнено")
	v.get("/profile/numbers").send("/profile/numbers", "snils", "112-233-445 96", "inn", "500100732259").
		answers(422, "").says("последние две цифры не сходятся")
	v.send("/profile/numbers", "snils", "112-233-445 95").answers(303, "/profile?saved=1")
	v.get("/profile?saved=1").says("Данные сохранены").says("112-233-445 95").says("500100732259")
	v.get("/profile/passport").send("/profile/passport", "passport_series", "45 03").answers(422, "").says("Заполните серию, номер и дату выдачи вместе")
	v.send("/profile/passport", "passport_number", "123456", "issued_on", "20.03.2011", "division", "990-001").answers(303, "/profile?saved=1")
	v.get("/profile/name").send("/profile/name", "birth_date", "31.02.1991").answers(422, "").says("Такой даты нет")
	v.send("/profile/name", "birth_date", "14.03.1991", "sex", "f").answers(303, "/profile?saved=1")
	v.get("/profile").says("14 марта 1991 г.").says("Женский").says("Стандартная")
	v.get("/profile/history").says("Паспорт").says("Вы")
}

func TestAProfileChangedInAnotherWindowIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.citizen(t, "+79000001234")
	one, two := w.visitor(t, account), w.visitor(t, account)
	one.get("/profile/home")
	two.get("/profile/home").send("/profile/home", "address", "ул. Садовая, 5").answers(303, "/profile?saved=1")
	one.send("/profile/home", "address", "ул. Речная, 1").answers(409, "").says("изменили в другом окне")
	one.get("/profile").says("ул. Садовая, 5")
}

func TestVerifiedDataHaveNoForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.citizen(t, "+79000001234")
	p := sokolova()
	p.Verified = []Part{Identity}
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.Put(t.Context(), tx, account, p, audit.Portal()) }), nil)
	v := w.visitor(t, account)
	v.get("/profile").says("Проверенные данные меняются")
	v.get("/profile/name").answers(409, "")
	v.get("/profile/shoes").answers(404, "")
}
