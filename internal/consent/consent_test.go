package consent

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/platform/ui"
)

var noon = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

type world struct {
	*Service
	keys     *secret.Keyring
	accounts *account.Service
	texts    *i18n.Catalogue
	runner   *jobs.Runner
	clock    *time.Time
}

func features() []schema.Feature {
	return []schema.Feature{jobs.Schema(), limit.Schema(), audit.Schema(), notify.Schema(), account.Schema(), Schema()}
}

func newWorld(t *testing.T) world {
	t.Helper()
	db, keys, clock := sqldbtest.New(t, features()...), secrettest.New(t), noon
	now := func() time.Time { return clock }
	texts, err := i18n.NewCatalogue(ui.Texts, notify.Texts, account.Texts, Texts)
	if err != nil {
		t.Fatal(err)
	}
	notices := notify.New(notify.Options{DB: db, Keys: keys, Now: now, Catalogue: texts,
		Contacts: func(context.Context, string) (notify.Contact, error) { return notify.Contact{}, nil }})
	accounts := account.New(account.Options{DB: db, Keys: keys, Now: now, Limits: limit.New(db, now, keys, nil), Catalogue: texts, Notices: notices})
	s, err := New(Options{DB: db, Keys: keys, Now: now, Accounts: accounts, Notices: notices,
		Operator: i18n.Words{RU: "Министерство, ул. Портовая, 1", EN: "Ministry, Portovaya 1"}})
	want(t, err, nil)
	runner := jobs.NewRunner(db, now, 1)
	notices.RegisterJobs(runner)
	s.Jobs(runner)
	return world{s, keys, accounts, texts, runner, &clock}
}

func want(t *testing.T, err, wanted error) {
	t.Helper()
	if !errors.Is(err, wanted) || (wanted == nil && err != nil) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

func (w world) citizen(t *testing.T, phone string) string {
	t.Helper()
	var made account.Account
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) (err error) {
		made, err = w.accounts.Make(t.Context(), tx, account.Sample{Level: account.Standard, Phone: phone})
		return err
	}), nil)
	return made.ID
}

func (w world) give(t *testing.T, g Given) Consent {
	t.Helper()
	var c Consent
	ctx := w.texts.With(t.Context(), i18n.RU, time.UTC, *w.clock)
	if g.By.Kind == "" {
		g.By = audit.Actor{Kind: audit.Person, ID: g.Account, Session: "s1"}
	}
	want(t, w.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		c, err = w.Give(ctx, tx, g)
		return err
	}), nil)
	return c
}

func (w world) active(t *testing.T, account string, p Purpose, object string) bool {
	t.Helper()
	yes, err := w.Active(t.Context(), nil, account, p, object)
	want(t, err, nil)
	return yes
}

// Proves
func TestAConsentHoldsWhatTheLawWants(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	c := w.give(t, Given{Account: a, Purpose: Bank, Object: "bank/zar", Values: Values{Recipient: "Заречный банк"}, Way: Code})
	got, err := w.Consent(t.Context(), a, c.ID)
	want(t, err, nil)
	wanted := Consent{ID: c.ID, Account: a, Purpose: Bank, Object: "bank/zar", Version: "2026-11-22", Lang: i18n.RU, Hash: c.Hash, Given: noon, Until: noon.AddDate(1, 0, 0), Channel: Web,
		Proof: Evidence{Values: Values{Recipient: "Заречный банк"}, Operator: "Министерство, ул. Портовая, 1", Session: "s1", Level: "standard", Way: Code}}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Error(diff)
	}
	doc, err := w.Shown(got)
	want(t, err, nil)
	if !bytes.Equal(doc.Hash(), c.Hash) || !strings.Contains(doc.Recipients, "Заречный банк") || !strings.Contains(doc.Intro, "ул. Портовая") {
		t.Errorf("the text is not the one that was shown: %+v", doc)
	}
	if !w.active(t, a, Bank, "bank/zar") || w.active(t, a, Bank, "bank/other") || w.active(t, a, Identity, "bank/zar") || w.active(t, a, Data, "") {
		t.Error("one consent serves for another")
	}
	want(t, audit.Verify(t.Context(), w.db, a), nil)
	if _, err := w.Consent(t.Context(), w.citizen(t, "+79000001235"), c.ID); !errors.Is(err, ErrNone) {
		t.Errorf("a stranger reads a consent: %v", err)
	}
}

func TestTheSameConsentIsKeptOnceHoweverOftenItIsGiven(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := w.Agree(t.Context(), a, "s", Data); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, err := w.List(t.Context(), a, "", "", 10)
	want(t, err, nil)
	if len(list) != 1 {
		t.Errorf("%d consents are kept", len(list))
	}
	want(t, w.Agree(t.Context(), a, "s", Bank), ErrNone)
	want(t, w.Agree(t.Context(), a, "s", "shoes"), ErrNone)
}

// Proves: A-108
func TestWithdrawingStopsWhatRestsOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	c := w.give(t, Given{Account: a, Purpose: Extra})
	var stopped []string
	w.OnWithdrawal(Extra, func(_ context.Context, _ *sqldb.DB, c Consent) error {
		stopped = append(stopped, c.ID)
		return nil
	})
	w.OnWithdrawal(Bank, func(context.Context, *sqldb.DB, Consent) error { return errors.New("another purpose") })
	want(t, w.Withdraw(t.Context(), w.citizen(t, "+79000001235"), "s", c.ID), ErrNone)
	want(t, w.Withdraw(t.Context(), a, "s2", c.ID), nil)
	want(t, w.Withdraw(t.Context(), a, "s2", c.ID), ErrOver)
	if diff := cmp.Diff([]string{c.ID}, stopped); diff != "" || w.active(t, a, Extra, "") {
		t.Errorf("what rests on the consent goes on: %s", diff)
	}
	got, err := w.Consent(t.Context(), a, c.ID)
	want(t, err, nil)
	if got.Why != Withdrawn || !got.Ended.Equal(noon) || got.Through != Web || !got.Given.Equal(noon) {
		t.Errorf("%+v", got)
	}
	unread, err := w.notices.Unread(t.Context(), a)
	want(t, err, nil)
	if unread != 1 {
		t.Errorf("%d notices", unread)
	}
}

func TestAFailureToStopKeepsTheConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	c := w.give(t, Given{Account: a, Purpose: Extra})
	broken := errors.New("broken")
	w.OnWithdrawal(Extra, func(context.Context, *sqldb.DB, Consent) error { return broken })
	want(t, w.Withdraw(t.Context(), a, "s", c.ID), broken)
	if !w.active(t, a, Extra, "") {
		t.Error("it was withdrawn all the same")
	}
}

func TestAConsentEndsWithItsTermAndWithItsObject(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	w.give(t, Given{Account: a, Purpose: Bank, Object: "bank/1", Values: Values{Recipient: "Первый"}})
	two := w.give(t, Given{Account: a, Purpose: Bank, Object: "bank/2", Values: Values{Recipient: "Второй"}})
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.End(t.Context(), tx, a, Bank, "bank/1", audit.Portal()) }), nil)
	if w.active(t, a, Bank, "bank/1") || !w.active(t, a, Bank, "bank/2") {
		t.Error("the wrong one ended")
	}
	*w.clock = noon.AddDate(1, 0, 0)
	if w.active(t, a, Bank, "bank/2") {
		t.Error("it holds after its term")
	}
	want(t, w.Withdraw(t.Context(), a, "s", two.ID), ErrOver)
	past, err := w.List(t.Context(), a, OnlyPast, "", 10)
	want(t, err, nil)
	active, err := w.List(t.Context(), a, OnlyActive, "", 10)
	want(t, err, nil)
	if len(past) != 2 || len(active) != 0 || past[0].reason() != Expired || past[1].reason() != Done {
		t.Errorf("past %+v, active %+v", past, active)
	}
}

// Proves: A-108
func TestAChangedTextIsAskedAnewOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.citizen(t, "+79000001234"), w.citizen(t, "+79000001235")
	old := Consent{ID: "00000000000000000000000001", Account: a, Purpose: Data, Version: "2026-11", Lang: i18n.RU, Given: noon.AddDate(0, -1, 0), Channel: Registration}
	want(t, insertConsent(t.Context(), w.db, old, nil), nil)
	w.give(t, Given{Account: b, Purpose: Data})
	for range 2 {
		want(t, w.tellChanged(t.Context(), w.library[Data][1]), nil)
	}
	for account, wanted := range map[string]int{a: 1, b: 0} {
		if n, err := w.notices.Unread(t.Context(), account); err != nil || n != wanted {
			t.Errorf("%d notices, want %d (%v)", n, wanted, err)
		}
	}
	asked, err := w.Asked(t.Context(), a)
	want(t, err, nil)
	if !asked[0].Given || !asked[0].Changed || !asked[0].Required || asked[1].Given {
		t.Errorf("%+v", asked)
	}
	doc, err := w.Shown(old)
	want(t, err, nil)
	if doc.Intro != "Согласен на\u00a0обработку персональных данных." {
		t.Errorf("the old text reads %q", doc.Intro)
	}
	want(t, w.Agree(t.Context(), a, "s", Data), nil)
	got, err := w.Consent(t.Context(), a, old.ID)
	want(t, err, nil)
	if got.Why != Replaced {
		t.Errorf("the old one is %+v", got)
	}
}

// A consent shows the text as it was: a file of texts/ once released is never
// edited. A new wording is a new file and a new line of testdata/hashes.txt.
func TestNoTextThatWasShownChanges(t *testing.T) {
	t.Parallel()
	texts, err := readTexts(textFiles)
	want(t, err, nil)
	var lines []string
	for p, versions := range texts {
		for _, one := range versions {
			for _, lang := range []i18n.Lang{i18n.RU, i18n.EN} {
				doc := one.document(lang, "OPERATOR", Values{Recipient: "RECIPIENT", Service: "SERVICE"})
				lines = append(lines, string(p)+" "+one.version+" "+string(lang)+" "+hex.EncodeToString(doc.Hash()))
			}
		}
	}
	data, err := os.ReadFile("testdata/hashes.txt")
	want(t, err, nil)
	known := strings.Split(strings.TrimSpace(string(data)), "\n")
	for _, line := range lines {
		if !strings.Contains(string(data), line) {
			t.Errorf("not among the known texts: %s", line)
		}
	}
	if len(known) != len(lines) {
		t.Errorf("%d texts, %d were shown", len(lines), len(known))
	}
}

func TestATextThatLacksWhatTheLawWantsIsNotTaken(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"no recipients":       "title: {ru: а, en: a}\nintro: {ru: а, en: a}\naim: {ru: а, en: a}\ndata: [{ru: а, en: a}]\nactions: {ru: а, en: a}\nterm: {ru: а, en: a}\nwithdrawal: {ru: а, en: a}\nstops: [{ru: а, en: a}]\n",
		"one language":        "title: {ru: а}\n",
		"an unknown word":     "tittle: {ru: а, en: a}\n",
		"a name with no date": "",
	} {
		files := fstest.MapFS{"texts/bank.yaml": {Data: []byte(file)}}
		if _, err := readTexts(files); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestEveryQueryOfThePagesIsAnsweredFromAnIndex(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, features()...)
	for _, f := range []Filter{"", OnlyActive, OnlyPast} {
		query, args := listQuery("a", f, noon, "", 20)
		sqldbtest.NoFullScan(t, db, query, args...)
	}
	sqldbtest.NoFullScan(t, db, activeQuery, "a", "bank", "", sqldb.At(noon))
	sqldbtest.NoFullScan(t, db, outdatedQuery, "bank", "", "2026", 100)
}

// before hides migrations from a number on.
type before struct {
	fs.FS
	number string
}

func (b before) Glob(pattern string) (names []string, err error) {
	all, err := fs.Glob(b.FS, pattern)
	for _, name := range all {
		if strings.TrimPrefix(name, "migrations/") < b.number {
			names = append(names, name)
		}
	}
	return names, err
}

func TestConsentsGivenBeforeThereWereTextsAreKept(t *testing.T) {
	t.Parallel()
	old := features()
	for i := range old {
		old[i].FS = before{old[i].FS, "202611220511"}
	}
	url := sqldbtest.URL(t)
	open := func(features []schema.Feature) *sqldb.DB {
		db, err := sqldb.Open(t.Context(), url)
		want(t, err, nil)
		_, err = schema.Up(t.Context(), db, features...)
		want(t, err, nil)
		return db
	}
	db := open(old)
	_, err := db.Exec(t.Context(), `INSERT INTO account (id, number, level, staff, second_factor, lang, created_at) VALUES ('a', '1', 'simplified', $1, $1, 'en', $2)`, false, sqldb.At(noon))
	want(t, err, nil)
	for id, withdrawn := range map[string]time.Time{"1": {}, "2": noon} {
		_, err := db.Exec(t.Context(), `INSERT INTO account_consent (account, id, purpose, version, given_at, withdrawn_at) VALUES ('a', $1, 'signature', '2026-11', $2, $3)`,
			id, sqldb.At(noon.AddDate(0, 0, -1)), sqldb.At(withdrawn))
		want(t, err, nil)
	}
	want(t, db.Close(), nil)
	db = open(features())
	got, err := consentsOf(t.Context(), db, secrettest.New(t), "a", "", noon, "", 10)
	want(t, err, nil)
	given := Consent{ID: "2", Account: "a", Purpose: Signature, Version: "2026-11", Lang: i18n.EN, Given: noon.AddDate(0, 0, -1), Channel: Registration, Ended: noon, Why: Withdrawn, Through: Registration}
	kept := given
	kept.ID, kept.Ended, kept.Why, kept.Through = "1", time.Time{}, "", ""
	if diff := cmp.Diff([]Consent{given, kept}, got); diff != "" {
		t.Error(diff)
	}
	want(t, db.Close(), nil)
}

func TestTheConsentThatTheAccountStandsOnGoesWithTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	c := w.give(t, Given{Account: a, Purpose: Data})
	w.give(t, Given{Account: a, Purpose: Signature})
	want(t, w.Withdraw(t.Context(), a, "s", c.ID), ErrRequired)
	section, err := w.Export(t.Context(), a)
	want(t, err, nil)
	if len(section.Records) != 2 {
		t.Errorf("%d consents are exported", len(section.Records))
	}
	want(t, w.Leave(t.Context(), a), nil)
	if w.active(t, a, Data, "") || w.active(t, a, Signature, "") {
		t.Error("consents outlive the account")
	}
}
