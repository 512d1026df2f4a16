package desk_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/desk"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/staff"
)

var noon = time.Date(2026, 11, 19, 9, 0, 0, 0, time.UTC)

func now() time.Time { return noon }

// errand is a job that fails as often as it is told.
type errand struct{ Name string }

func (errand) Kind() string { return "desk.errand" }

// portal is a portal with people and a failed job.
type portal struct {
	*desk.Service
	t       *testing.T
	runner  *jobs.Runner
	works   bool // the job
	url     string
	members *staff.Service
}

func newPortal(t *testing.T) *portal {
	t.Helper()
	keys := secrettest.New(t)
	db := sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), person.Schema(), staff.Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, audit.Texts, notify.Texts, account.Texts, person.Texts, staff.Texts, desk.Texts)
	if err != nil {
		t.Fatal(err)
	}
	notices := notify.New(notify.Options{DB: db, Keys: keys, Now: now, Catalogue: texts, Location: time.UTC})
	var people *person.Service
	accounts := account.New(account.Options{DB: db, Keys: keys, Now: now, Limits: limit.New(db, now, keys, nil), Catalogue: texts, Location: time.UTC, Notices: notices,
		Registered: func(ctx context.Context, tx *sqldb.DB, acc string, n account.Name) error {
			return people.Create(ctx, tx, acc, n)
		}})
	people = person.New(db, keys, now, accounts)
	p := &portal{t: t, members: staff.New(staff.Options{DB: db, Keys: keys, Now: now, Accounts: accounts, People: people})}
	p.Service = desk.New(desk.Options{DB: db, Now: now, Staff: p.members, Version: "1.2.3"})
	p.runner = jobs.NewRunner(db, now, 1)
	jobs.Handle(p.runner, jobs.Policy{Attempts: 1}, func(ctx context.Context, j jobs.Job[errand]) error {
		if p.works {
			return nil
		}
		return errors.New("the register is silent")
	})
	router := web.NewRouter(web.Config{Catalogue: texts, Keys: keys, Now: now, ErrorPage: ui.ErrorPage,
		Identify: func(_ http.ResponseWriter, r *http.Request) (web.Identity, error) {
			c, err := r.Cookie("who")
			if err != nil {
				return web.Identity{}, nil
			}
			acc, err := accounts.Account(r.Context(), c.Value)
			return web.Identity{Account: acc.ID, Session: "s", Staff: acc.Staff}, err
		},
		Who: func(context.Context, string) (*web.Who, error) { return &web.Who{Name: "Тихонов Р. Ю."}, nil },
	})
	p.Routes(router)
	srv := httptest.NewServer(router)
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

// as returns the ID of a new account with roles in an agency, and its browser.
func (p *portal) as(phone, agency string, roles ...staff.Role) (string, *webtest.Browser) {
	p.t.Helper()
	made, err := p.members.Create(p.t.Context(), staff.NewUser{Phone: phone, Name: account.Name{Surname: "Тихонов", Name: "Роман"},
		Password: "Зимний-Вечер 7", Agency: agency, Roles: roles})
	if err != nil {
		p.t.Fatal(err)
	}
	b := webtest.New(p.t, p.url)
	b.Client.Jar.SetCookies(b.Get("/").URL, []*http.Cookie{{Name: "who", Value: made.ID}})
	return made.ID, b
}

// fail adds a job that is given up.
func (p *portal) fail(name string) {
	p.t.Helper()
	err := p.DB.Tx(p.t.Context(), func(tx *sqldb.DB) error { return jobs.Add(p.t.Context(), tx, errand{name}, jobs.Unique(name)) })
	if err != nil {
		p.t.Fatal(err)
	}
	p.drain()
}

func (p *portal) drain() {
	p.t.Helper()
	if err := p.runner.Drain(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
}

func TestAnAdministratorStartsAFailedJobAgain(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	acc, b := p.as("+79000000031", staff.Portal, staff.Administrator)
	if empty := b.Get("/desk"); empty.URL.Path != "/desk/operations" || !strings.Contains(empty.Text(".empty"), "Всё выполняется") {
		t.Errorf("%s: %s", empty.URL, empty.Text("main"))
	}
	p.fail("first")
	page := b.Get("/desk/operations")
	if got := page.Text(".facts"); got != "Заданий ждут 0 Выполняются 0 Не удались 1 Версия 1.2.3 База данных "+databaseName(p) {
		t.Errorf("facts: %q", got)
	}
	if got := page.Text("tbody tr"); !strings.Contains(got, "desk.errand") || !strings.Contains(got, "the register is silent") {
		t.Errorf("the job: %q", got)
	}

	p.works = true
	again := page.Form("main table form")
	page = again.Send()
	if got := page.Text(".ds-alert"); got != "Задание запущено снова." {
		t.Errorf("said %q", got)
	}
	p.drain()
	o, err := p.Operations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(desk.Operations{Version: "1.2.3", Postgres: p.DB.Postgres()}, o); diff != "" {
		t.Error(diff)
	}
	lines, err := audit.List(t.Context(), p.DB, audit.Query{Owner: staff.Portal, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) != 1 || lines[0].Act != "desk.audit_revived" || lines[0].Actor.ID != acc || !strings.HasPrefix(lines[0].Object, "job/") {
		t.Errorf("%+v", lines)
	}

	if page = again.Send(); page.Status != http.StatusConflict || page.Text(".ds-alert") != "Это задание уже запустили снова." {
		t.Errorf("pressed twice: %d %q", page.Status, page.Text(".ds-alert"))
	}
}

func TestWorkThatWaitsAgainIsNotStartedTwice(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.fail("same")
	o, err := p.Operations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = p.DB.Tx(t.Context(), func(tx *sqldb.DB) error { return jobs.Add(t.Context(), tx, errand{"same"}, jobs.Unique("same")) })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Revive(t.Context(), audit.Portal(), o.Jobs[0].ID); !errors.Is(err, desk.ErrGone) {
		t.Errorf("started again: %v", err)
	}
}

func TestOnlyAdministratorsSeeOperations(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	_, clerk := p.as("+79000000032", "social", staff.Clerk)
	if page := clerk.Get("/desk/operations"); page.Status != http.StatusForbidden {
		t.Errorf("a clerk gets %d", page.Status)
	}
	if page := clerk.Get("/desk"); page.URL.Path != "/desk/queue" {
		t.Errorf("a clerk is led to %s", page.URL.Path)
	}
	_, citizen := p.as("+79000000033", "")
	for _, path := range []string{"/desk", "/desk/operations"} {
		if page := citizen.Get(path); page.Status != http.StatusNotFound {
			t.Errorf("a citizen gets %d for %s", page.Status, path)
		}
	}
}

func databaseName(p *portal) string {
	if p.DB.Postgres() {
		return "PostgreSQL"
	}
	return "SQLite"
}
