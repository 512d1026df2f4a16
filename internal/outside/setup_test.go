package outside

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/sandbox"
)

const password = "Зимний-Вечер 7"

// world is a portal of accounts with the partners of the sandbox beside it.
type world struct {
	*Service
	t      *testing.T
	db     *sqldb.DB
	keys   *secret.Keyring
	url    string // of the portal
	stand  *sandbox.Sandbox
	at     string // of the sandbox
	runner *jobs.Runner

	mu    sync.Mutex
	clock time.Time
	sms   map[string][]string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, keys: secrettest.New(t), clock: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC), sms: map[string][]string{}}
	w.db = sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), consent.Schema(), person.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, notify.Texts, account.Texts, consent.Texts, person.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	var rt *web.Router
	portal := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { rt.ServeHTTP(rw, r) }))
	t.Cleanup(portal.Close)
	w.url = portal.URL
	if w.stand, err = sandbox.New(sandbox.Options{Now: w.now, Portal: portal.URL, Slow: 10 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	partners := httptest.NewServer(w.stand.Handler())
	t.Cleanup(func() { partners.Close(); w.stand.Close() })
	w.at = partners.URL
	dir := t.TempDir()
	files, err := w.stand.ESIASetup()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	providers, err := ReadProviders([]byte(w.providers()), dir, w.now)
	if err != nil {
		t.Fatal(err)
	}
	var accounts *account.Service
	var people *person.Service
	sms := func(_ context.Context, _, to, text string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sms[to] = append(w.sms[to], text)
		return nil
	}
	notices := notify.New(notify.Options{DB: w.db, Keys: w.keys, Now: w.now, Catalogue: texts, PublicURL: w.url, SMS: sms,
		Contacts: func(ctx context.Context, a string) (notify.Contact, error) { return accounts.Contacts(ctx, a) }})
	limits := limit.New(w.db, w.now, w.keys, nil)
	accounts = account.New(account.Options{DB: w.db, Keys: w.keys, Now: w.now, Limits: limits, Catalogue: texts, PublicURL: w.url, Notices: notices, SMS: sms,
		Registered: func(ctx context.Context, tx *sqldb.DB, account string, n account.Name) error {
			return people.Create(ctx, tx, account, n)
		},
		Ways: func(ctx context.Context) []account.WayIn { return w.Ways(ctx) }})
	people = person.New(w.db, w.keys, w.now, accounts)
	consents, err := consent.New(consent.Options{DB: w.db, Keys: w.keys, Now: w.now, Accounts: accounts, Notices: notices, Operator: i18n.Words{RU: "Оператор", EN: "Operator"}})
	if err != nil {
		t.Fatal(err)
	}
	w.Service = New(Options{DB: w.db, Keys: w.keys, Now: w.now, Limits: limits, Accounts: accounts, People: people, Consents: consents, Notices: notices, PublicURL: w.url, Providers: providers})
	rt = web.NewRouter(web.Config{Catalogue: texts, Keys: w.keys, Now: w.now, Identify: accounts.Identify, SignIn: accounts.SignInPage,
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	accounts.Routes(rt)
	people.Routes(rt)
	w.Routes(rt)
	w.runner = jobs.NewRunner(w.db, w.now, 1)
	accounts.RegisterJobs(w.runner)
	notices.RegisterJobs(w.runner)
	w.RegisterJobs(w.runner)
	return w
}

// providers is the operator's file: one bank that vouches for contacts and asks
// for a second step, one that does neither, and one with a QR code.
func (w *world) providers() string {
	return fmt.Sprintf(`
providers:
  - id: esia
    kind: esia
    title: {ru: ЕСИА, en: ЕСИА}
    level: confirmed
    vouches: [phone]
    strong: [DS]
    esia: {url: "%[1]s/esia", issuer: "http://esia.example.test/", client_id: KABINET, scopes: [openid, fullname, snils, id_doc, contacts], certificate: system.crt,
      demo_key: system.key, token_keys: [token-rsa.pub, token-gost.crt]}
  - id: bereg
    kind: bank
    title: {ru: "Берег Банк", en: Bereg Bank}
    level: confirmed
    vouches: [phone, email]
    strong: [otp]
    oidc: {issuer: "%[1]s/oidc/bereg", client_id: kabinet, secret: "%[2]s", scopes: [openid, profile], algorithms: [ES256]}
  - id: sever
    kind: bank
    title: {ru: "Север Банк", en: Sever Bank}
    level: confirmed
    oidc: {issuer: "%[1]s/oidc/sever", client_id: kabinet, secret: "%[2]s", secret_in: form, scopes: [profile]}
  - id: sber
    kind: sber
    title: {ru: "Сбер ID", en: Sber ID}
    level: confirmed
    vouches: [phone]
    strong: [otp]
    oidc:
      issuer: "%[1]s/oidc/sber"
      client_id: kabinet
      secret: "%[2]s"
      secret_in: form
      endpoints: {auth: "%[1]s/oidc/sber/authorize", token: "%[1]s/oidc/sber/token", keys: "%[1]s/oidc/sber/keys", user_info: "%[1]s/oidc/sber/userinfo", device: "%[1]s/oidc/sber/device", completed: "%[1]s/oidc/sber/completed"}
      extra: {client_type: PRIVATE}
      request_ids: true
      scan: true
`, w.at, w.stand.Token())
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

var digits6 = regexp.MustCompile(`\b\d{6}\b`)

// code returns the code in the last SMS to a phone.
func (w *world) code(phone string) string {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.sms[phone]
	if len(all) == 0 {
		w.t.Fatalf("no SMS to %s", phone)
	}
	return digits6.FindString(all[len(all)-1])
}

// someone makes the account of one of the sandbox's people.
func (w *world) someone(i int, level account.Level, change func(*person.Person)) string {
	w.t.Helper()
	p := sandbox.People[i]
	hash, err := w.accounts.Hash(w.t.Context(), password)
	if err != nil {
		w.t.Fatal(err)
	}
	known := person.Person{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, BirthDate: p.BirthDate}
	if change != nil {
		change(&known)
	}
	id := ""
	err = w.db.Tx(w.t.Context(), func(tx *sqldb.DB) error {
		a, err := w.accounts.Make(w.t.Context(), tx, account.Sample{Level: level, Phone: p.Phone, Hash: hash})
		if err != nil {
			return err
		}
		id = a.ID
		return w.people.Put(w.t.Context(), tx, id, known, audit.Portal())
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) browser() *webtest.Browser { return webtest.New(w.t, w.url) }

// signedIn is a browser whose holder gave the password, and the code when asked.
func (w *world) signedIn(i int) *webtest.Browser {
	w.t.Helper()
	b, phone := w.browser(), sandbox.People[i].Phone
	p := b.Get("/login").Form(`form[action="/login"]`).Set("login", phone).Set("password", password).Send()
	if strings.HasPrefix(p.URL.Path, "/login/code/") {
		p = p.Form("main form").Set("code", w.code(phone)).Send()
	}
	if p.URL.Path == "/login" {
		w.t.Fatalf("not signed in: %s", p.Text("main"))
	}
	return b
}

// through goes to a provider, chooses one of the sandbox's people there and comes
// back.
func through(b *webtest.Browser, provider string, i int, flaw string) *webtest.Page {
	return b.Get("/outside/to/"+provider).Form("main form").Set("person", fmt.Sprint(i+1)).Set("flaw", flaw).Send()
}

// account returns whose browser it is, "" for nobody's.
func (w *world) accountOf(b *webtest.Browser) string {
	w.t.Helper()
	for _, c := range b.Client.Jar.Cookies(mustURL(w.t, w.url)) {
		if c.Name == "session" {
			account, _, _ := strings.Cut(c.Value, ".")
			return account
		}
	}
	return ""
}

// acts returns the acts in the audit log of an account, oldest first.
func (w *world) acts(account string) (acts []string) {
	w.t.Helper()
	lines, err := audit.List(w.t.Context(), w.db, audit.Query{Owner: account, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for i := len(lines) - 1; i >= 0; i-- {
		acts = append(acts, lines[i].Act)
	}
	return acts
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

// says fails the test unless the page says the words.
func says(t *testing.T, p *webtest.Page, words string) {
	t.Helper()
	if got := plain(p.Text("main")); !strings.Contains(got, words) {
		t.Fatalf("%s (%d) does not say %q: %s", p.URL, p.Status, words, got)
	}
}

func plain(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2011", "-").Replace(s)), " ")
}

// client is a browser as the service sees it.
func (w *world) client(b *webtest.Browser) account.Client {
	w.t.Helper()
	c := account.Client{IP: "127.0.0.1"}
	for _, k := range b.Client.Jar.Cookies(mustURL(w.t, w.url)) {
		if k.Name == "browser" {
			c.Browser = k.Value
		}
	}
	return c
}

// post presses a button of a page that sends its form elsewhere.
func post(t *testing.T, b *webtest.Browser, page *webtest.Page, path string) *webtest.Page {
	t.Helper()
	body := url.Values{"csrf": {page.Form("main form").Value("csrf")}}
	p, err := b.Try(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(body.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	return p
}
