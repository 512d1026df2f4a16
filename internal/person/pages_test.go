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

	"kabinet/internal/account"
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
		if _, ticked := a["checked"]; a["type"] != "radio" && a["type"] != "checkbox" || ticked {
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
	if got := v.text(); !strings.Contains(got, words) {
		v.t.Fatalf("the page does not say %q: %s", words, got)
	}
	return v
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

func (v *visitor) answers(status int, to string) *visitor {
	v.t.Helper()
	if v.status != status || v.to != to {
		v.t.Fatalf("got %d to %q, want %d to %q", v.status, v.to, status, to)
	}
	return v
}

// confirms types the code that was sent for the change that the answer leads to.
func (v *visitor) confirms(w world) *visitor {
	v.t.Helper()
	if v.status != http.StatusSeeOther || !strings.HasPrefix(v.to, "/profile/confirm/") {
		v.t.Fatalf("no code is asked for: %d to %q", v.status, v.to)
	}
	page := v.to
	return v.get(page).send(page, "code", w.code(v.t)).answers(http.StatusSeeOther, "/profile?saved=1")
}

// Proves: B-01, B-02, B-04, B-05, B-13, B-24
func TestAPersonFillsInTheProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t, w.citizen(t, "+79000001234"))
	v.get("/profile").says("Соколова Марина Андреевна").says("+7 900 000-12-34").says("Упрощённая").says("Не заполнено").says("Документы и номера").says("Дополнительные сведения")
	v.get("/profile/numbers").send("/profile/numbers", "snils", "112-233-445 96", "inn", "500100732259").
		answers(422, "").says("последние две цифры не сходятся")
	v.send("/profile/numbers", "snils", "112-233-445 95")
	page := v.to
	v.get(page).says("112-233-445 95").says("SMS на").send(page, "code", "000000").answers(422, "").says("Осталось")
	v.send(page, "code", "").answers(422, "").says("Введите код")
	v.send(page, "code", w.code(t)).answers(303, "/profile?saved=1")
	v.get(page).answers(404, "")
	v.get("/profile?saved=1").says("Данные сохранены").says("112-233-445 95").says("500100732259")
	v.get("/profile/passport").send("/profile/passport", "passport_series", "45 03").answers(422, "").says("Заполните серию, номер и дату выдачи вместе")
	v.send("/profile/passport", "passport_number", "123456", "issued_on", "20.03.2011", "division", "990-001").confirms(w)
	v.get("/profile/name").send("/profile/name", "birth_date", "31.02.1991").answers(422, "").says("Такой даты нет")
	v.send("/profile/name", "birth_date", "14.03.1991", "sex", "f").confirms(w)
	v.get("/profile").says("14 марта 1991 г.").says("Женский")
	v.get("/profile/history").says("Паспорт").says("Вы")
	v.get("/profile/history?part=policy").says("Изменений ещё не было")
}

// Proves: B-04
func TestEverythingIsFilledInAtOnceWithOneCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	v := w.visitor(t, a)
	v.get("/profile/personal").send("/profile/personal", "birth_date", "14.03.1991", "passport_series", "4503", "passport_number", "123456", "issued_on", "20.03.2011",
		"snils", "11223344595", "address", "ул. Садовая, 5").confirms(w)
	p, err := w.Person(t.Context(), a)
	want(t, err, nil)
	if !p.Complete() || p.Address != "ул. Садовая, 5" || p.Surname != "Соколова" {
		t.Errorf("%+v", p)
	}
	if len(*w.sms) != 1 {
		t.Errorf("%d codes were sent", len(*w.sms))
	}
}

func TestAProfileChangedInAnotherWindowIsNotOverwritten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	account := w.citizen(t, "+79000001234")
	one, two := w.visitor(t, account), w.visitor(t, account)
	one.get("/profile/home")
	two.get("/profile/home").send("/profile/home", "address", "ул. Садовая, 5").confirms(w)
	one.send("/profile/home", "address", "ул. Речная, 1")
	page := one.to
	one.get(page).send(page, "code", w.code(t)).answers(409, "").says("изменили в другом окне")
	one.get("/profile").says("ул. Садовая, 5")
}

// Proves: B-11
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
	v.get("/profile/personal").answers(200, "")
	if len(cascadia.QueryAll(v.doc, cascadia.MustCompile("input[name=surname]"))) > 0 {
		t.Error("a verified name can be typed")
	}
}

// Proves: B-08
func TestNothingIsChangedBeforeBothContactsAreConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made account.Account
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) (err error) {
		made, err = w.accounts.Make(t.Context(), tx, account.Sample{Level: account.Simplified, Phone: "+79000001234"})
		return err
	}), nil)
	v := w.visitor(t, made.ID)
	for _, path := range []string{"/profile/home", "/profile/personal", "/profile/delete/home"} {
		v.get(path).answers(403, "").says("Сначала подтвердите контакты")
		if len(cascadia.QueryAll(v.doc, cascadia.MustCompile("main a[href='/settings/contacts']"))) == 0 {
			t.Errorf("%s does not lead to the contacts", path)
		}
	}
	_, err := w.Propose(t.Context(), made.ID, Proposal{Parts: []Part{Home}, Person: Person{Address: "x"}})
	want(t, err, account.ErrUnreached)
	v.get("/profile").says("Подтвердите телефон и e-mail")
}

// Proves: B-13, B-25, B-26
func TestPapersAreCheckedAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.visitor(t, w.citizen(t, "+79000001234"))
	for _, c := range []struct{ path, field, typed, says string }{
		{"policy", "policy_number", "7849500830000204", "единый номер не прикреплён"},
		{"policy", "policy_number", "784950083000020", "16 цифр"},
		{"policy", "policy_number", "1234567890", "укажите и серию"},
		{"policy", "policy_series", "12345", "6 цифр"},
		{"policy", "policy_series", "123456", "Укажите номер полиса"},
		{"abroad", "abroad_number", "12345678", "9 цифр"},
		{"abroad", "abroad_until", "31.02.2030", "Такой даты нет"},
		{"abroad", "abroad_until", "01.01.2200", "Проверьте год"},
		{"abroad", "abroad_issued_on", "01.01.2030", "не позже сегодняшней"},
		{"licence", "licence_number", "12Ж4567890", "10 знаков"},
		{"licence", "licence_categories", "B, Ы", "Такой категории нет"},
		{"status", "ogrnip", "304500116000158", "не сходится"},
		{"status", "ogrnip", "1027700132195", "15 цифр"},
		{"numbers", "inn", "500100732258", "не сходятся"},
		{"numbers", "inn", "7707083893", "12 цифр"},
		{"numbers", "snils", "000-000-000 00", "11 цифр"},
		{"passport", "passport_number", "12345", "6 цифр"},
		{"passport", "division", "99", "6 цифр"},
	} {
		v.get("/profile/"+c.path).send("/profile/"+c.path, c.field, c.typed).answers(422, "").says(c.says)
		if len(cascadia.QueryAll(v.doc, cascadia.MustCompile(".ds-error-summary a[href='#"+c.field+"'], .ds-error-summary a"))) == 0 {
			t.Errorf("%s: the summary names no field", c.field)
		}
	}
	v.get("/profile/policy").send("/profile/policy", "policy_number", "7849 5008 3000 0203").confirms(w)
	v.get("/profile/policy").send("/profile/policy", "policy_series", "123456", "policy_number", "1234567890").confirms(w)
	v.get("/profile/licence").send("/profile/licence", "licence_number", "9912 345678", "licence_categories", "в, м").confirms(w)
	v.get("/profile").says("123456").says("B, M").says("99 12 345678")
}

// Proves: B-20
func TestTheProfileMarksWhatIsOutdated(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	p := sokolova()
	p.BirthDate, p.AbroadNumber, p.AbroadUntil, p.LicenceNumber, p.LicenceUntil = "1981-03-14", "701234567", "2026-11-19", "9912345678", "2026-11-20"
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.Put(t.Context(), tx, a, p, audit.Portal()) }), nil)
	v := w.visitor(t, a)
	v.get("/profile").says("Загранпаспорт: срок истёк").says("Паспорт: похоже, его пора было заменить").says("Со слов, не проверено")
	if strings.Contains(v.text(), "удостоверение: срок истёк") {
		t.Error("a paper is outdated on its last day")
	}
}
