package centre

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/a-h/templ"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/proofing"
	"kabinet/internal/register"
	"kabinet/internal/register/passport"
	"kabinet/internal/register/pension"
	"kabinet/internal/register/tax"
	"kabinet/internal/sandbox"
	"kabinet/internal/staff"
)

var noon = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// world is a portal with a service centre, and its partners.
type world struct {
	*Service
	t      *testing.T
	box    *sandbox.Sandbox
	runner *jobs.Runner

	mu    sync.Mutex
	clock time.Time
	sms   map[string][]string // texts by phone
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: noon, sms: map[string][]string{}}
	keys := secrettest.New(t)
	db := sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), person.Schema(), staff.Schema(), document.Schema(), proofing.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, register.Texts, audit.Texts, notify.Texts, account.Texts, person.Texts, staff.Texts, document.Texts, proofing.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	if w.box, err = sandbox.New(sandbox.Options{Now: w.now, Slow: time.Minute}); err != nil {
		t.Fatal(err)
	}
	partners := httptest.NewServer(w.box.Handler())
	t.Cleanup(func() { w.box.Close(); partners.Close() })
	blobs, err := blob.Open(filepath.Join(t.TempDir(), "files"), keys)
	if err != nil {
		t.Fatal(err)
	}
	limits := limit.New(db, w.now, keys, nil)
	text := func(_ context.Context, _, to, body string) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.sms[to] = append(w.sms[to], body)
		return nil
	}
	notices := notify.New(notify.Options{DB: db, Keys: keys, Now: w.now, Catalogue: texts, PublicURL: "https://kabinet.test", SMS: text,
		Contacts: func(ctx context.Context, a string) (notify.Contact, error) { return w.Accounts.Contacts(ctx, a) }})
	accounts := account.New(account.Options{DB: db, Keys: keys, Now: w.now, Limits: limits, Catalogue: texts, PublicURL: "https://kabinet.test", Notices: notices, SMS: text})
	people := person.New(db, keys, w.now, accounts)
	members := staff.New(staff.Options{DB: db, Keys: keys, Now: w.now, Accounts: accounts, People: people})
	documents := document.New(document.Config{DB: db, Keys: keys, Blobs: blobs, Limiter: limits, Catalogue: texts, PublicURL: "https://kabinet.test", Now: w.now})
	c := register.Config{URL: partners.URL, Token: w.box.Token(), Now: w.now}
	who := proofing.New(proofing.Options{DB: db, Keys: keys, Now: w.now, Location: time.UTC, Limits: limits, Texts: texts, Accounts: accounts, People: people,
		Documents: documents, Notices: notices, Staff: members, PublicURL: "https://kabinet.test", Passport: passport.New(c), Pension: pension.New(c), Tax: tax.New(c)})
	w.Service = New(Options{DB: db, Keys: keys, Now: w.now, Limits: limits, Texts: texts, Location: time.UTC, PublicURL: "https://kabinet.test", Accounts: accounts,
		People: people, Staff: members, Documents: documents, Notices: notices, Proofing: who,
		Agency: func(context.Context, string) i18n.Words {
			return i18n.Words{RU: "Центр обслуживания", EN: "Service Centre"}
		}})
	w.runner = jobs.NewRunner(db, w.now, 1)
	w.Jobs(w.runner)
	who.Jobs(w.runner)
	accounts.RegisterJobs(w.runner)
	notices.RegisterJobs(w.runner)
	documents.Jobs(w.runner)
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

// drain does the background work that is due.
func (w *world) drain() {
	w.t.Helper()
	if err := w.runner.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// in does something in a transaction.
func (w *world) in(f func(tx *sqldb.DB) error) {
	w.t.Helper()
	want(w.t, w.DB.Tx(w.t.Context(), f), nil)
}

// citizen makes an account with a phone.
func (w *world) citizen(phone string) string {
	w.t.Helper()
	var made account.Account
	w.in(func(tx *sqldb.DB) (err error) {
		made, err = w.Accounts.Make(w.t.Context(), tx, account.Sample{Level: account.Simplified, Phone: phone})
		return err
	})
	return made.ID
}

// operator makes somebody of the desk.
func (w *world) operator(phone string) Operator {
	w.t.Helper()
	id := w.citizen(phone)
	want(w.t, w.Staff.Appoint(w.t.Context(), audit.Portal(), staff.Member{Account: id, Agency: "centre", Name: "Гусева А. П.", Roles: []staff.Role{staff.Operator}}), nil)
	return Operator{Account: id, Session: "s", Agency: "centre", Name: "Гусева А. П."}
}

// sample is one of the people that the registers know.
func sample(i int) person.Person {
	p := sandbox.People[i]
	return person.Person{Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, BirthDate: p.BirthDate, PassportSeries: p.PassportSeries,
		PassportNumber: p.PassportNumber, PassportIssuedBy: p.IssuedBy, PassportIssuedOn: p.IssuedOn, DivisionCode: p.DivisionCode, SNILS: p.SNILS}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code returns the code in the last SMS to a phone.
func (w *world) code(phone string) string {
	w.t.Helper()
	w.drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.sms[phone]
	for i := len(all) - 1; i >= 0; i-- {
		if c := sixDigits.FindString(all[i]); c != "" {
			return c
		}
	}
	w.t.Fatalf("no code went to %s", phone)
	return ""
}

func (w *world) level(id string) account.Level {
	w.t.Helper()
	a, err := w.Accounts.Account(w.t.Context(), id)
	want(w.t, err, nil)
	return a.Level
}

func (w *world) person(id string) person.Person {
	w.t.Helper()
	p, err := w.People.Person(w.t.Context(), id)
	want(w.t, err, nil)
	return p
}

// partner switches a partner to a mode.
func (w *world) partner(name, mode string) { w.t.Helper(); want(w.t, w.box.SetFault(name, mode), nil) }

// acts are those in the log of an account, oldest first.
func (w *world) acts(owner string) (acts []string) {
	w.t.Helper()
	lines, err := audit.List(w.t.Context(), w.DB, audit.Query{Owner: owner, Limit: 100})
	want(w.t, err, nil)
	for i := len(lines) - 1; i >= 0; i-- {
		acts = append(acts, lines[i].Act)
	}
	return acts
}

// browser is somebody's who is signed in.
func (w *world) browser(id string, staff bool) *webtest.Browser {
	w.t.Helper()
	rt := web.NewRouter(web.Config{Catalogue: w.Texts, Keys: w.Keys, Now: w.now,
		Identify: func(http.ResponseWriter, *http.Request) (web.Identity, error) {
			return web.Identity{Account: id, Session: "session of " + id, Staff: staff}, nil
		},
		ErrorPage: func(status int, f *fault.Error, request string) templ.Component {
			return ui.ErrorPage(status, f, request)
		}})
	w.Routes(rt)
	server := httptest.NewServer(rt)
	w.t.Cleanup(server.Close)
	return webtest.New(w.t, server.URL)
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}
