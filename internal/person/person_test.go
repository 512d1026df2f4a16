package person

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
)

var noon = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

type world struct {
	*Service
	db       *sqldb.DB
	accounts *account.Service
	consents *consent.Service
	notices  *notify.Service
	texts    *i18n.Catalogue
	runner   *jobs.Runner
	sms      *[]string
}

func newWorld(t *testing.T) world {
	t.Helper()
	now := func() time.Time { return noon }
	return newWorldOn(t, sqldbtest.New(t, features()...), secrettest.New(t), now)
}

func features() []schema.Feature {
	return []schema.Feature{jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), consent.Schema(), Schema()}
}

func newWorldOn(t *testing.T, db *sqldb.DB, keys *secret.Keyring, now func() time.Time) world {
	t.Helper()
	texts, err := i18n.NewCatalogue(ui.Texts, notify.Texts, account.Texts, consent.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	w := world{db: db, texts: texts, sms: &[]string{}, runner: jobs.NewRunner(db, now, 1)}
	w.notices = notify.New(notify.Options{DB: db, Keys: keys, Now: now, Catalogue: texts,
		Contacts: func(context.Context, string) (notify.Contact, error) { return notify.Contact{}, nil }})
	w.accounts = account.New(account.Options{DB: db, Keys: keys, Now: now, Limits: limit.New(db, now, keys, nil), Catalogue: texts, Notices: w.notices,
		SMS: func(_ context.Context, _, _, text string) error { *w.sms = append(*w.sms, text); return nil }})
	w.Service = New(db, keys, now, w.accounts)
	w.consents, err = consent.New(consent.Options{DB: db, Keys: keys, Now: now, Accounts: w.accounts, Notices: w.notices})
	want(t, err, nil)
	w.KeepByConsent(w.consents, w.notices)
	w.accounts.RegisterJobs(w.runner)
	w.notices.RegisterJobs(w.runner)
	w.Jobs(w.runner)
	return w
}

// Save makes a change of one part as if its code had been typed.
func (w world) Save(ctx context.Context, account, session string, version int64, part Part, typed Person) error {
	return w.db.Tx(ctx, func(tx *sqldb.DB) error {
		by := audit.Actor{Kind: audit.Person, ID: account, Session: session}
		return w.make(ctx, tx, account, by, Proposal{Version: version, Parts: []Part{part}, Person: typed}, id.New())
	})
}

// code is the one in the last SMS.
func (w world) code(t *testing.T) string {
	t.Helper()
	want(t, w.runner.Drain(t.Context()), nil)
	if len(*w.sms) == 0 {
		t.Fatal("no code was sent")
	}
	return regexp.MustCompile(`\d{6}`).FindString((*w.sms)[len(*w.sms)-1])
}

// citizen makes an account with a name, as the registration does.
func (w world) citizen(t *testing.T, phone string) string {
	t.Helper()
	var made account.Account
	err := w.db.Tx(t.Context(), func(tx *sqldb.DB) (err error) {
		if made, err = w.accounts.Make(t.Context(), tx, account.Sample{Level: account.Simplified, Phone: phone, Email: "p" + phone[1:] + "@example.test"}); err != nil {
			return err
		}
		return w.Create(t.Context(), tx, made.ID, account.Name{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна"})
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

func sokolova() Person {
	return Person{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна", BirthDate: "1991-03-14", Sex: Female,
		PassportSeries: "0000", PassportNumber: "123456", PassportIssuedBy: "Отделом по вопросам миграции", PassportIssuedOn: "2011-03-20", DivisionCode: "990001",
		SNILS: "11223344595", INN: "500100732259", Address: "г. Верхнереченск, ул. Садовая, д. 12, кв. 7"}
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

// Proves: B-15
func TestSavingAPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	p, err := w.Person(t.Context(), a)
	want(t, err, nil)
	want(t, w.Save(t.Context(), a, "", p.Version(), Numbers, sokolova()), nil)
	got, err := w.Person(t.Context(), a)
	want(t, err, nil)
	wanted := Person{Surname: "Соколова", Name: "Марина", Patronymic: "Андреевна", SNILS: "11223344595", INN: "500100732259"}
	if diff := cmp.Diff(wanted, got, cmpopts.IgnoreUnexported(Person{})); diff != "" {
		t.Errorf("other parts changed too:\n%s", diff)
	}
	want(t, w.Save(t.Context(), a, "", p.Version(), Home, sokolova()), ErrChanged)
	list, err := w.History(t.Context(), a, "", "", 10)
	want(t, err, nil)
	if len(list) != 1 || list[0].Part != Numbers || list[0].By != "person" {
		t.Errorf("history is %+v", list)
	}
	want(t, audit.Verify(t.Context(), w.db, a), nil)
}

func TestAVerifiedPartIsFrozen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	p := sokolova()
	p.Verified = []Part{Identity}
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.Put(t.Context(), tx, a, p, audit.Portal()) }), nil)
	got, err := w.Person(t.Context(), a)
	want(t, err, nil)
	typed := got
	typed.Surname = "Иванова"
	want(t, w.Save(t.Context(), a, "", got.Version(), Identity, typed), ErrVerified)
	typed.Address = "пос. Ёлкино"
	want(t, w.Save(t.Context(), a, "", got.Version(), Home, typed), nil)
}

func TestTwoWindowsDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	p, err := w.Person(t.Context(), a)
	want(t, err, nil)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, part := range []Part{Numbers, Home} {
		wg.Go(func() { errs[i] = w.Save(context.Background(), a, "", p.Version(), part, sokolova()) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("errors are %v", errs)
	}
}

// Proves: B-31
func TestPrefill(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	p := sokolova()
	p.Verified = []Part{Numbers}
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.Put(t.Context(), tx, a, p, audit.Portal()) }), nil)
	got, err := w.Prefill(t.Context(), a)
	want(t, err, nil)
	for name, wanted := range map[string]Prefilled{
		"person.fio.last":        {"Соколова", "person.from_profile"},
		"person.birth_date":      {"1991-03-14", "person.from_profile"},
		"person.snils":           {"11223344595", "person.from_register"},
		"person.passport.number": {"123456", "person.from_profile"},
		"account.phone":          {"+79000001234", "person.from_profile"},
	} {
		if got[name] != wanted {
			t.Errorf("%s is %+v, want %+v", name, got[name], wanted)
		}
	}
}

// Proves: R-02
func TestNothingOfAPersonIsReadableInTheDatabase(t *testing.T) {
	t.Parallel()
	if os.Getenv(sqldbtest.PGEnv) != "" {
		t.Skip("looks at the files of SQLite")
	}
	now := func() time.Time { return noon }
	keys := secrettest.New(t)
	file := filepath.Join(t.TempDir(), "canary.db")
	db, err := sqldb.Open(t.Context(), "sqlite:"+file)
	want(t, err, nil)
	_, err = schema.Up(t.Context(), db, features()...)
	want(t, err, nil)
	w := newWorldOn(t, db, keys, now)
	a := w.citizen(t, "+79000001234")
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.Put(t.Context(), tx, a, sokolova(), audit.Portal()) }), nil)
	w.agree(t, a)
	_, err = w.Propose(t.Context(), a, Proposal{Relative: Relative{Kin: Child, Surname: "Канарейкин", Name: "Пётр", Certificate: "II-АЛ 777888"}})
	want(t, err, nil)
	want(t, w.accounts.AddContacts(t.Context(), account.Client{IP: "192.0.2.1"}, a, id.New(), account.Login{Kind: account.Email, Value: "canary@example.test"}), nil)
	want(t, db.Close(), nil)
	files, err := filepath.Glob(file + "*")
	want(t, err, nil)
	for _, f := range files {
		data, err := os.ReadFile(f)
		want(t, err, nil)
		for _, canary := range []string{"Соколова", "Марина", "11223344595", "500100732259", "9000001234", "123456", "Садовая", "canary@", "Канарейкин", "777888", "1991-03-14"} {
			if bytes.Contains(data, []byte(canary)) {
				t.Errorf("%s holds %q", filepath.Base(f), canary)
			}
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	p := Person{Surname: "Ким", Name: "Виктор"}
	if p.FullName() != "Ким Виктор" || p.ShortName() != "Ким\u00a0В." || p.Initials() != "ВК" {
		t.Errorf("%q %q %q", p.FullName(), p.ShortName(), p.Initials())
	}
	if (Person{}).ShortName() != "" || (Person{}).Initials() != "" {
		t.Error("nobody has a name")
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	check := pastDate(func() time.Time { return noon })
	for typed, good := range map[string]bool{"14.03.1991": true, "1.3.1991": true, "20.11.2026": true, "21.11.2026": false, "29.02.2023": false, "31.12.1899": false, "вчера": false} {
		if check(typed).IsZero() != good {
			t.Errorf("%s: %v", typed, check(typed))
		}
	}
}
