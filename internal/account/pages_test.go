package account

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// site is the pages of a world behind a server.
type site struct {
	*world
	url string
}

func newSite(t *testing.T) *site {
	t.Helper()
	w := newWorld(t)
	rt := web.NewRouter(web.Config{Catalogue: w.Service.texts, Keys: w.keys, Now: w.now, Identify: w.Identify, SignIn: w.SignInPage,
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	w.Routes(rt)
	rt.Handle("GET /{$}", func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprintf(w, "home of %q", web.Account(r))
		return err
	})
	rt.Handle("GET /form", func(w http.ResponseWriter, r *http.Request) error { return web.Write(w, r, 200, ui.Form("/form")) }, web.SignedIn)
	rt.Handle("POST /form", func(w http.ResponseWriter, r *http.Request) error {
		_, err := fmt.Fprintf(w, "took %s", r.PostFormValue("street"))
		return err
	}, web.SignedIn)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	return &site{w, srv.URL}
}

// browser is somebody without JavaScript.
type browser struct {
	t    *testing.T
	site *site
	http *http.Client

	status int
	path   string
	body   string
	doc    *html.Node
}

func (s *site) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t: t, site: s, http: &http.Client{Jar: jar, Timeout: 30 * time.Second}}
}

func (b *browser) take(res *http.Response, err error) *browser {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.status, b.path, b.body = res.StatusCode, res.Request.URL.RequestURI(), string(body)
	if b.doc, err = html.Parse(strings.NewReader(b.body)); err != nil {
		b.t.Fatal(err)
	}
	return b
}

func (b *browser) get(path string) *browser {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil)
}

func (b *browser) do(method, path string, form url.Values) *browser {
	b.t.Helper()
	req, err := http.NewRequest(method, b.site.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("User-Agent", client("").Agent)
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.take(b.http.Do(req))
}

func (b *browser) all(selector string) []*html.Node {
	return cascadia.QueryAll(b.doc, cascadia.MustCompile(selector))
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// main is the text of the page without header and footer.
func (b *browser) main() string {
	for _, n := range b.all("main") {
		return text(n)
	}
	return b.body
}

// send fills in the form on the page that has a field or button of the first
// name given, with name, value pairs, and sends it.
func (b *browser) send(pairs ...string) *browser {
	b.t.Helper()
	for _, form := range b.all("main form") {
		if len(pairs) > 0 && len(cascadia.QueryAll(form, cascadia.MustCompile(`[name="`+pairs[0]+`"]`))) == 0 {
			continue
		}
		return b.submit(form, pairs...)
	}
	b.t.Fatalf("no form with %q on %s: %s", pairs, b.path, b.main())
	return nil
}

func (b *browser) submit(form *html.Node, pairs ...string) *browser {
	b.t.Helper()
	values := url.Values{}
	for _, in := range cascadia.QueryAll(form, cascadia.MustCompile("input[name]")) {
		_, ticked := find(in, "checked")
		if attr(in, "type") != "checkbox" || ticked {
			values.Set(attr(in, "name"), attr(in, "value"))
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	to := attr(form, "action")
	if to == "" {
		to = b.path
	}
	return b.do(http.MethodPost, to, values)
}

func find(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// press sends the form of a button with that text.
func (b *browser) press(label string) *browser {
	b.t.Helper()
	for _, form := range b.all("form") {
		for _, button := range cascadia.QueryAll(form, cascadia.MustCompile("button")) {
			if !strings.HasPrefix(text(button), label) {
				continue
			}
			if to := attr(button, "formaction"); to != "" {
				form.Attr = append(slices.DeleteFunc(form.Attr, func(a html.Attribute) bool { return a.Key == "action" }), html.Attribute{Key: "action", Val: to})
			}
			return b.submit(form)
		}
	}
	b.t.Fatalf("no button %q on %s: %s", label, b.path, b.main())
	return nil
}

func (b *browser) at(status int, path string) *browser {
	b.t.Helper()
	got, _, _ := strings.Cut(b.path, "?")
	if ok, _ := regexp.MatchString("^"+path+"$", got); !ok || b.status != status {
		b.t.Fatalf("got %d at %s, want %d at %s: %s", b.status, b.path, status, path, b.main())
	}
	return b
}

func (b *browser) says(words string) *browser {
	b.t.Helper()
	if got := strings.ReplaceAll(b.main(), "\u00a0", " "); !strings.Contains(got, words) {
		b.t.Fatalf("%s does not say %q: %s", b.path, words, got)
	}
	return b
}

func (b *browser) value(name string) string {
	for _, n := range b.all(`[name="` + name + `"]`) {
		return attr(n, "value")
	}
	return ""
}

// register goes through the registration of a phone.
func (b *browser) register(phone string) *browser {
	b.t.Helper()
	b.get("/register").send("phone", phone).at(200, "/register/.*/code")
	b.send("code", b.site.code(phone)).at(200, "/register/.*/data")
	return b.send("surname", "Соколова", "name", "Марина", "password", goodPassword, "repeat", goodPassword, "consent", "on").at(200, "/")
}

// Proves
func TestAPersonRegistersWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	b.get("/login").says("Регистрация")
	b.get("/register").send("phone", "12").at(422, "/register").says("российский мобильный номер")
	if b.value("phone") != "12" {
		t.Error("what was typed is lost")
	}
	b.send("phone", "8 900 000 12 34").at(200, "/register/.*/code").says("+7 900 •••-12-34")
	page := b.path
	b.send("code", other(s.code(phone))).at(422, "/register/.*/code").says("Осталось 4 попытки")
	b.send("code", "").at(422, "/register/.*/code")
	b.get(page).send("code", s.code(phone)).at(200, "/register/.*/data")
	page = b.path
	if rules := b.all("[data-password] .rules li"); len(rules) < 5 {
		t.Errorf("%d rules are shown beside the password", len(rules))
	}
	if _, ticked := find(b.all(`[name=consent]`)[0], "checked"); ticked {
		t.Error("a consent was ticked beforehand")
	}
	b.send("surname", "Соколова", "name", "Марина", "email", "marina@example.test", "password", "Ab1!", "repeat", "Ab1!").
		at(422, "/register/.*/data").says("Не короче 8 знаков").says("Отметьте согласие")
	b.get(page) // a refresh
	if b.value("surname") != "Соколова" || b.value("email") != "marina@example.test" || b.value("password") != "" {
		t.Error("what was typed is lost, or the password was drawn again")
	}
	b.send("password", goodPassword, "repeat", goodPassword+"x", "consent", "on").at(422, "/register/.*/data").says("Пароли не совпали")
	b.send("password", goodPassword, "repeat", goodPassword, "consent", "on").at(200, "/")
	if b.body == `home of ""` {
		t.Error("nobody is signed in")
	}
	b.get(page).at(404, "/register/.*/data") // the way back leads nowhere twice
}

// Proves
func TestAPersonSignsInAndOut(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser(t).register(phone)
	b := s.browser(t)
	b.get("/settings/security").at(200, "/login").says("Забыли пароль?")
	b.send("login", "+7 (900) 000-12-34", "password", "wrong", "remember", "on").at(422, "/login").says("Логин или пароль не подошли")
	if b.value("login") != "+7 (900) 000-12-34" || b.value("password") != "" {
		t.Error("the login is lost, or the password was drawn again")
	}
	b.send("password", goodPassword, "remember", "on").at(200, "/settings/security").says("Где вы вошли")
	b.get("/login").at(200, "/") // nothing to do there
	logout(b).at(200, "/login").says("Вы вышли")
	b.get("/settings/security").at(200, "/login")
	if got := strings.ReplaceAll(b.value("login"), "\u00a0", " "); got != "+7 900 000-12-34" {
		t.Errorf("the login that was to be remembered is %q", got)
	}
}

func logout(b *browser) *browser {
	csrf := ""
	for _, n := range b.get("/settings/security").all("[name=csrf]") {
		csrf = attr(n, "value")
	}
	return b.do(http.MethodPost, "/logout", url.Values{"csrf": {csrf}})
}

// Proves: A-23
func TestPagesDoNotTellWhichLoginsExist(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser(t).register(phone)
	strip := func(b *browser) string {
		return regexp.MustCompile(`(value|href|action|formaction|data-options)="[^"]*"|•••-\d\d-\d\d`).ReplaceAllString(b.body, "")
	}
	known, unknown := s.browser(t), s.browser(t)
	for _, step := range []func(b *browser, phone string) *browser{
		func(b *browser, p string) *browser { return b.get("/login").send("login", p, "password", "wrong") },
		func(b *browser, p string) *browser { return b.get("/register").send("phone", p) },
		func(b *browser, _ string) *browser { return b.send("code", "000000") },
		func(b *browser, p string) *browser { return b.get("/recover").send("login", p) },
		func(b *browser, _ string) *browser { return b.send("code", "000000") },
		func(b *browser, p string) *browser { return b.get("/unlock").send("login", p) },
		func(b *browser, _ string) *browser { return b.send("code", "000000") },
	} {
		step(known, "+79000001234")
		step(unknown, "+79000009999")
		if known.status != unknown.status || strip(known) != strip(unknown) {
			t.Errorf("%s: %d for an account, %d for none, or other pages", known.path, known.status, unknown.status)
		}
	}
	for range failuresToLock {
		known.get("/login").send("login", "+79000001234", "password", "wrong")
		unknown.get("/login").send("login", "+79000009999", "password", "wrong")
		if known.status != unknown.status || strip(known) != strip(unknown) {
			t.Errorf("a failure: %d for an account, %d for none, or other pages", known.status, unknown.status)
		}
	}
	known.says("вход по этому логину временно закрыт")
}

// Proves
func TestAPersonRecoversAndUnlocks(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.browser(t).register(phone)
	b := s.browser(t)
	for range failuresToLock {
		b.get("/login").send("login", phone, "password", "wrong")
	}
	b.at(429, "/login")
	s.drain()
	b.get("/unlock").send("login", phone).at(200, "/unlock/.*/code").send("code", s.code(phone)).at(200, "/login").says("Вход открыт")
	s.pass(time.Hour)
	b.get("/recover").send("login", phone).at(200, "/recover/.*/code").send("code", s.code(phone)).at(200, "/recover/.*/password")
	b.send("password", "Осенний-Дождь 8", "repeat", "Осенний-Дождь 8").at(200, "/login").says("Пароль изменён")
	b.send("login", phone, "password", "Осенний-Дождь 8").at(200, "/")
}

// Proves
func TestSettingsOfSecurity(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	other := s.browser(t)
	other.get("/login").send("login", phone, "password", goodPassword).at(200, "/")
	b.get("/settings/security").says("Номер личного кабинета").says("Этот сеанс").says("менеджеру паролей")
	b.press("Завершить").at(200, "/settings/security").says("Сеанс завершён")
	other.get("/settings/security").at(200, "/login")
	b.get("/settings/signins").says("Chrome").says("127.0.0.1").says("Пароль").says("Регистрация")
}

func TestAnotherPersonsSessionIsNotThere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stranger := s.registered("+79000005678")
	b := s.browser(t).register(phone)
	b.get("/settings/security")
	for _, path := range []string{"/settings/sessions/" + stranger.Session.ID + "/end", "/settings/devices/" + stranger.Session.ID + "/forget"} {
		b.get("/settings/security")
		b.do(http.MethodPost, path, url.Values{"csrf": {b.value("csrf")}}).at(404, path)
	}
	if _, why, _ := s.Current(t.Context(), stranger.Cookie); why != "" {
		t.Error("the stranger's session ended")
	}
}

// A session that ends while a form is being filled in loses nothing.
func TestAFormSentAfterTheSessionEndedComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/form")
	s.pass(Idle)
	b.do(http.MethodPost, "/form", url.Values{"csrf": {b.value("csrf")}, "street": {"Садовая, 5"}, "new_password": {"secret"}})
	b.at(401, "/form").says("всё, что вы ввели, сохранится")
	b.send("login", phone, "password", "wrong").at(422, "/login")
	b.send("login", phone, "password", goodPassword).at(200, "/login/resume/.*").says("Ваша форма сохранена")
	if b.value("new_password") != "" {
		t.Error("a password was kept")
	}
	if b.send("street", "Садовая, 5"); b.body != "took Садовая, 5" {
		t.Errorf("got %q", b.body)
	}
}

func TestAFormWithFilesSentAfterTheSessionEndedKeepsItsTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/form")
	s.pass(Idle)
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	m.WriteField("csrf", b.value("csrf"))
	f, err := m.CreateFormFile("scan", "a.pdf")
	if err != nil {
		t.Fatal(err)
	}
	f.Write(make([]byte, 5<<20))
	m.WriteField("street", "Садовая, 5")
	m.Close()
	b.take(b.http.Post(s.url+"/form", m.FormDataContentType(), &body))
	b.at(401, "/form").send("login", phone, "password", goodPassword).at(200, "/login/resume/.*")
	if b.value("street") != "Садовая, 5" {
		t.Errorf("kept %q", b.value("street"))
	}
}

func TestWhatWasTypedComesBackAfterThePasswordWasAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/contacts")
	s.pass(freshFor)
	b.send("email", "marina@example.test").at(200, "/confirm").send("password", goodPassword).at(200, "/login/resume/.*")
	b.send().at(200, "/settings/contacts/codes").says("Код из письма на marina@example.test")
}

func TestAKeptFormOpensForNobodyElse(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.registered("+79000005678")
	b := s.browser(t).register(phone)
	b.get("/form")
	s.pass(Idle)
	b.do(http.MethodPost, "/form", url.Values{"csrf": {b.value("csrf")}, "street": {"Садовая, 5"}}).at(401, "/form")
	b.send("login", "+79000005678", "password", goodPassword).at(200, "/")
}

// Proves: A-85
func TestSecondStepOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	st := s.registered(phone)
	want(t, s.db.Tx(t.Context(), func(tx *txDB) error {
		return s.SetLevel(t.Context(), tx, st.Session.Account, Confirmed, audit.Portal())
	}), nil)
	b := s.browser(t)
	b.get("/settings/signins").send("login", phone, "password", goodPassword).at(200, "/login/code/.*").says("•••-12-34")
	b.send("code", s.code(phone), "trust", "on").at(200, "/settings/signins").says("Пароль и код из SMS")
	b.get("/settings/security").says("код не спрашиваем до")
	logout(b)
	b.get("/login").send("login", phone, "password", goodPassword).at(200, "/")
	b.get("/settings/security").press("Не доверять").at(200, "/settings/security").says("больше не доверенное")
	logout(b)
	b.get("/login").send("login", phone, "password", goodPassword).at(200, "/login/code/.*")
}

// Proves: A-29
func TestPasswordAndSecondFactorInSettings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t).register(phone)
	b.get("/settings/password").send("current", "wrong", "password", "Осенний-Дождь 8", "repeat", "Осенний-Дождь 8").at(422, "/settings/password").says("Пароль не подошёл")
	b.send("current", goodPassword, "password", "Осенний-Дождь 8", "repeat", "Осенний-Дождь 8").at(200, "/settings/security").says("Пароль изменён")
	s.pass(freshFor)
	b.get("/settings/second/sms").at(200, "/confirm").send("password", "Осенний-Дождь 8").at(200, "/settings/second/sms").press("Получить код")
	b.send("code", other(s.code(phone))).at(422, "/settings/second/sms").says("Осталось 4 попытки")
	b.send("code", s.code(phone)).at(200, "/settings/second").says("Подключено")
	b.get("/settings/security").says("Включена")
}
