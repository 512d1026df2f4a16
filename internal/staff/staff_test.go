package staff

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

var noon = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func newService(t *testing.T) *Service {
	t.Helper()
	now := func() time.Time { return noon }
	keys := secrettest.New(t)
	db := sqldbtest.New(t, jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), person.Schema(), Schema())
	texts, err := i18n.NewCatalogue(ui.Texts, notify.Texts, account.Texts, person.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	accounts := account.New(account.Options{DB: db, Keys: keys, Now: now, Limits: limit.New(db, now, keys, nil), Catalogue: texts,
		Notices: notify.New(notify.Options{DB: db, Keys: keys, Now: now, Catalogue: texts})})
	return New(Options{DB: db, Keys: keys, Now: now, Accounts: accounts, People: person.New(db, keys, now, accounts)})
}

func user(phone, agency string, roles ...Role) NewUser {
	return NewUser{Phone: phone, Name: account.Name{Surname: "Орлова", Name: "Татьяна", Patronymic: "Викторовна"}, Password: "Зимний-Вечер 7", Agency: agency, Roles: roles}
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

func TestCreateAnAdministrator(t *testing.T) {
	t.Parallel()
	s := newService(t)
	a, err := s.Create(t.Context(), user("+79000000101", Portal, Administrator))
	want(t, err, nil)
	m, err := s.Member(t.Context(), a.ID)
	want(t, err, nil)
	if m.Name != "Орлова\u00a0Т.\u00a0В." || !slices.Equal(m.Roles, []Role{Administrator}) || m.May(Clerk) {
		t.Errorf("member is %+v", m)
	}
	in, err := s.accounts.SignIn(t.Context(), account.Client{IP: "192.0.2.1"}, account.SignIn{Login: account.Login{Kind: account.Phone, Value: "+79000000101"}, Password: "Зимний-Вечер 7"})
	want(t, err, nil)
	if in.Flow == "" {
		t.Error("an administrator got in by password alone")
	}
	_, err = s.Create(t.Context(), user("+79000000101", Portal, Administrator))
	want(t, err, account.ErrTaken)
	_, err = s.Create(t.Context(), user("+79000000102", Portal, "tsar"))
	want(t, err, ErrRoles)
	weak := user("+79000000103", Portal, Administrator)
	weak.Password = "Password1!"
	_, err = s.Create(t.Context(), weak)
	want(t, err, account.ErrPassword)
}

func TestDismissal(t *testing.T) {
	t.Parallel()
	s := newService(t)
	first, err := s.Create(t.Context(), user("+79000000101", Portal, Administrator))
	want(t, err, nil)
	want(t, s.Dismiss(t.Context(), audit.Portal(), first.ID), ErrLast)
	clerk := Member{Account: first.ID, Agency: Portal, Roles: []Role{Clerk}}
	want(t, s.Appoint(t.Context(), audit.Portal(), clerk), ErrLast)
	second, err := s.Create(t.Context(), user("+79000000102", Portal, Administrator))
	want(t, err, nil)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, one := range []string{first.ID, second.ID} {
		wg.Go(func() { errs[i] = s.Dismiss(context.Background(), audit.Portal(), one) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), ErrLast) {
		t.Errorf("both at once: %v", errs)
	}
	citizen, err := s.Create(t.Context(), user("+79000000104", ""))
	want(t, err, nil)
	want(t, s.Dismiss(t.Context(), audit.Portal(), citizen.ID), ErrNoMember)
}

// Proves: R-11
func TestRequire(t *testing.T) {
	t.Parallel()
	s := newService(t)
	clerk, err := s.Create(t.Context(), user("+79000000101", "social", Clerk))
	want(t, err, nil)
	chief, err := s.Create(t.Context(), user("+79000000102", "social", Supervisor))
	want(t, err, nil)
	citizen, err := s.Create(t.Context(), user("+79000000103", ""))
	want(t, err, nil)
	ask := func(role Role, who web.Identity) (Member, error) {
		var seen Member
		h := s.Require(role)(func(_ http.ResponseWriter, r *http.Request) error { seen = MemberOf(r); return nil })
		r := httptest.NewRequest(http.MethodGet, "/desk", nil)
		return seen, h(httptest.NewRecorder(), r.WithContext(web.WithVisit(r.Context(), &web.Visit{Identity: who})))
	}
	for _, c := range []struct {
		name string
		role Role
		who  web.Identity
		err  error
	}{
		{"nobody signed in", Clerk, web.Identity{}, web.ErrSignIn},
		{"a citizen", Clerk, web.Identity{Account: citizen.ID}, web.ErrNotFound},
		{"a citizen with a session that says staff", Clerk, web.Identity{Account: citizen.ID, Staff: true}, web.ErrNotFound},
		{"a clerk", Clerk, web.Identity{Account: clerk.ID, Staff: true}, nil},
		{"a clerk in a session of a citizen", Clerk, web.Identity{Account: clerk.ID}, web.ErrNotFound},
		{"a clerk where a supervisor is needed", Supervisor, web.Identity{Account: clerk.ID, Staff: true}, ErrRole},
		{"a supervisor where a clerk is needed", Clerk, web.Identity{Account: chief.ID, Staff: true}, nil},
	} {
		if _, err := ask(c.role, c.who); !errors.Is(err, c.err) || (c.err == nil && err != nil) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
	}
	want(t, s.Dismiss(t.Context(), audit.Portal(), clerk.ID), nil)
	if _, err := ask(Clerk, web.Identity{Account: clerk.ID, Staff: true}); !errors.Is(err, web.ErrNotFound) {
		t.Errorf("a dismissed clerk: %v", err)
	}
}
