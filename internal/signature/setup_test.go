package signature

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/signature/pki"
	"kabinet/internal/signature/pki/pkitest"
	"kabinet/internal/staff"
)

// world is a portal with accounts, people and signatures, a certification
// centre made by OpenSSL, and the server where it publishes its lists.
type world struct {
	*Service
	*pkitest.Studio
	t      *testing.T
	db     *sqldb.DB
	keys   *secret.Keyring
	runner *jobs.Runner
	people *person.Service
	root   *pki.Certificate
	texts  *i18n.Catalogue
	lists  *httptest.Server
	server *httptest.Server

	entering atomic.Pointer[string] // who comes in by /enter

	mu      sync.Mutex
	clock   time.Time
	sms     map[string][]string
	list    []byte // what the centre's address answers with; nil: 404
	asked   int
	shownBy func(r *http.Request) [][]byte
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, Studio: pkitest.New(t), keys: secrettest.New(t), clock: time.Now().Add(time.Minute), sms: map[string][]string{}}
	w.db = sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), person.Schema(), staff.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, audit.Texts, notify.Texts, account.Texts, person.Texts, staff.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	w.texts = texts
	w.lists = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked++
		if w.list == nil {
			rw.WriteHeader(http.StatusNotFound)
			return
		}
		rw.Write(w.list)
	}))
	t.Cleanup(w.lists.Close)
	if w.root, err = pki.ParseCertificate(w.Root("root", pkitest.P256())); err != nil {
		t.Fatal(err)
	}
	w.list = w.List("root", pkitest.P256())
	text := func(_ context.Context, _, to, text string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sms[to] = append(w.sms[to], text)
		return nil
	}
	var accounts *account.Service
	contacts := func(ctx context.Context, a string) (notify.Contact, error) { return accounts.Contacts(ctx, a) }
	notices := notify.New(notify.Options{DB: w.db, Keys: w.keys, Now: w.now, Catalogue: texts, PublicURL: "https://kabinet.test", Contacts: contacts, SMS: text})
	limits := limit.New(w.db, w.now, w.keys, nil)
	accounts = account.New(account.Options{DB: w.db, Keys: w.keys, Now: w.now, Limits: limits, Catalogue: texts, PublicURL: "https://kabinet.test", Notices: notices, SMS: text,
		Registered: func(ctx context.Context, tx *sqldb.DB, a string, n account.Name) error {
			return w.people.Create(ctx, tx, a, n)
		},
		Agreed: func(context.Context, *sqldb.DB, string, []string, audit.Actor) error { return nil }})
	w.people = person.New(w.db, w.keys, w.now, accounts)
	members := staff.New(staff.Options{DB: w.db, Keys: w.keys, Now: w.now, Accounts: accounts, People: w.people})
	w.Service = New(Options{DB: w.db, Keys: w.keys, Now: w.now, Limits: limits, Accounts: accounts, People: w.people, Notices: notices, Staff: members,
		PublicURL: "https://kabinet.test", Source: account.RemoteIP, Roots: []pki.Anchor{{Certificate: w.root, Centre: "root", Lists: []string{w.lists.URL + "/root.crl"}}},
		Confirmed: func(ctx context.Context, tx *sqldb.DB, owner string, _ person.Person, by audit.Actor) error {
			return accounts.SetLevel(ctx, tx, owner, account.Confirmed, by)
		},
		ListURL: w.lists.URL + "/list.xml", Shown: func(r *http.Request) [][]byte { return w.shownBy(r) }})
	w.runner = jobs.NewRunner(w.db, w.now, 1)
	accounts.RegisterJobs(w.runner)
	notices.RegisterJobs(w.runner)
	router := web.NewRouter(web.Config{Catalogue: texts, Keys: w.keys, Now: w.now, Identify: accounts.Identify, SignIn: accounts.SignInPage,
		Who: func(context.Context, string) (*web.Who, error) { return &web.Who{Name: "М. Соколова"}, nil },
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	accounts.Routes(router)
	w.Routes(router)
	router.Handle("GET /{$}", func(rw http.ResponseWriter, r *http.Request) error {
		_, err := rw.Write([]byte("home of " + web.Account(r)))
		return err
	})
	router.Handle("GET /enter", func(rw http.ResponseWriter, r *http.Request) error {
		return accounts.Admit(rw, r, *w.entering.Load(), account.Proof{Method: "signature.method", Strong: true}, account.SignIn{})
	})
	w.server = httptest.NewServer(router)
	t.Cleanup(w.server.Close)
	return w
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

// publishes sets what the centre's address answers with.
func (w *world) publishes(list []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = list
}

func (w *world) drain() {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

var digits6 = regexp.MustCompile(`\b\d{6}\b`)

// code is the code in the last SMS to a phone.
func (w *world) code(phone string) string {
	w.t.Helper()
	w.drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.sms[phone]
	if len(all) == 0 {
		w.t.Fatalf("nothing was sent to %s", phone)
	}
	return digits6.FindString(all[len(all)-1])
}

// person makes an account whose holder is known.
func (w *world) person(p person.Person, level account.Level, phone string, found bool) string {
	w.t.Helper()
	var made account.Account
	want(w.t, w.db.Tx(w.t.Context(), func(tx *sqldb.DB) (err error) {
		if made, err = w.accounts.Make(w.t.Context(), tx, account.Sample{Level: level, Phone: phone}); err != nil {
			return err
		}
		if err := w.people.Put(w.t.Context(), tx, made.ID, p, audit.Portal()); err != nil || !found {
			return err
		}
		return w.accounts.Claim(w.t.Context(), tx, made.ID, account.Login{Kind: account.SNILS, Value: p.SNILS})
	}), nil)
	return made.ID
}

func sokolova() person.Person {
	return person.Person{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна", SNILS: "99900000115", INN: "000000122390"}
}

// browserOf is a browser's cookie and what stands for it in challenges.
func browserOf() (account.Client, []byte) {
	c := account.Client{IP: "192.0.2.1", Browser: id.Secret()}
	return c, browserHash(c.Browser)
}

// answerOf signs a challenge.
func (w *world) answerOf(c challenge, name string, a pkitest.Algorithm) []byte {
	w.t.Helper()
	return w.Sign(name, string(c.content(w.portal)), a, "-cades")
}

func self(account string) audit.Actor {
	return audit.Actor{Kind: audit.Person, ID: account, Session: "s"}
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

// refusedFor fails unless err is a refusal for that reason.
func refusedFor(t *testing.T, err error, why pki.Reason) {
	t.Helper()
	refused := &Refused{}
	if !errors.As(err, &refused) || refused.Report.Verdict().Reason != why {
		t.Errorf("got %v, want a refusal for %s", err, why)
	}
}

func (w *world) acts(owner string) string {
	w.t.Helper()
	lines, err := audit.List(w.t.Context(), w.db, audit.Query{Owner: owner, Limit: 100})
	want(w.t, err, nil)
	var acts []string
	for i := len(lines) - 1; i >= 0; i-- {
		acts = append(acts, lines[i].Act)
	}
	return strings.Join(acts, " ")
}

// told are the headlines of what somebody was told, newest first.
func (w *world) told(owner string) (titles []string) {
	w.t.Helper()
	feed, err := w.notices.Feed(w.t.Context(), owner, notify.Filter{}, "", 50)
	want(w.t, err, nil)
	ctx := w.texts.With(w.t.Context(), i18n.RU, time.UTC, w.now())
	for _, i := range feed.Items {
		titles = append(titles, i.Title(ctx))
	}
	return titles
}

func (w *world) visitor() *webtest.Browser { return webtest.New(w.t, w.server.URL) }
