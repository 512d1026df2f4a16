package application

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/eform"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func wants(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("the error is %v, want %v", err, want)
	}
}

// Proves: E-18, E-20, E-13
func TestSendingMakesAnApplicationWithNumberJournalNoticeAndAudit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, signed)
	if _, ok := ParseNumber(a.Number); !ok {
		t.Errorf("number %q", a.Number)
	}
	if a.Due.String() != "2026-11-26" {
		t.Errorf("due %s", a.Due)
	}
	w.is(a, Accepted)
	if diff := cmp.Diff([]string{"sent"}, w.journal(a)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Заявление принято"}, w.told(acc)); diff != "" {
		t.Error(diff)
	}
	lines, err := audit.List(t.Context(), w.DB, audit.Query{Owner: acc, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var acts []string
	for _, l := range lines {
		if l.Object == object(a.ID) {
			acts = append(acts, l.Act, l.Reason)
		}
	}
	if diff := cmp.Diff([]string{"application.event_sent", "application.audit_consent"}, acts); diff != "" {
		t.Error(diff)
	}
	w.drain()
	w.mu.Lock()
	last := w.sms[anna][len(w.sms[anna])-1]
	w.mu.Unlock()
	if !strings.Contains(last, "принято") {
		t.Errorf("the last SMS is %q", last)
	}
}

// Proves: E-21
func TestAFormIsNotSentWhen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	for _, c := range []struct {
		name   string
		change func(*Submission)
		want   error
	}{
		{"a question is not answered", func(s *Submission) { s.Answers = eform.Answers{"reason": "birth"} }, ErrIncomplete},
		{"consent is not given", func(s *Submission) { s.Consent = false }, ErrConsent},
		{"the code is wrong", func(s *Submission) { s.Code = "x" }, account.ErrCode},
		{"there is no code", func(s *Submission) { s.CodeID = "" }, account.ErrCodeOver},
		{"the code is for another form", func(s *Submission) { s.Key = id.New() }, account.ErrCodeOver},
		{"the answers were looked over in another revision", func(s *Submission) { s.Rev++ }, account.ErrCodeOver},
	} {
		sub := w.submission(acc, anna, signed, id.New())
		c.change(&sub)
		_, err := w.Submit(t.Context(), sub)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		w.pass(20 * time.Minute) // codes are not sent often
	}
	if n := w.count(`SELECT count(*) FROM application WHERE account = $1`, acc); n != 0 {
		t.Errorf("%d applications", n)
	}
}

func TestTheLevelOfTheAccountMustDo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	sub := w.submission(acc, anna, direct, "k")
	higher := *sub.Service
	higher.Who.Level = "confirmed"
	sub.Service = &higher
	_, err := w.Submit(t.Context(), sub)
	wants(t, err, ErrLevel)
}

// Proves: E-21
func TestTheSameServiceIsNotSentTooOften(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.sent(acc, anna, signed)
	w.pass(2 * time.Minute)
	_, err := w.Submit(t.Context(), w.submission(acc, anna, signed, "second"))
	var often *TooOften
	if !errors.As(err, &often) || often.Wait != 3*time.Minute {
		t.Fatalf("%v", err)
	}
	w.sent(acc, anna, direct) // another service is not held up
	for range 2 {
		w.pass(20 * time.Minute)
		w.sent(acc, anna, signed)
	}
	w.pass(20 * time.Minute)
	_, err = w.Submit(t.Context(), w.submission(acc, anna, signed, "fourth"))
	wants(t, err, ErrTooOften)
	w.pass(24 * time.Hour)
	w.sent(acc, anna, signed)
}

func TestAFormSentFiftyTimesAtOnceIsOneApplication(t *testing.T) {
	t.Parallel()
	for _, service := range []string{direct, signed} {
		w := newWorld(t)
		acc := w.citizen(anna)
		sub := w.submission(acc, anna, service, "the-form")
		var mu sync.Mutex
		ids := map[string]int{}
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				a, err := w.Submit(t.Context(), sub)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				ids[a.ID]++
				mu.Unlock()
			})
		}
		wg.Wait()
		if len(ids) != 1 || w.count(`SELECT count(*) FROM application WHERE account = $1`, acc) != 1 || len(w.told(acc)) != 1 {
			t.Errorf("%s: %v, told %v", service, ids, w.told(acc))
		}
	}
}

func TestADraftThatIsSentEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	d, err := w.Forms.Start(t.Context(), audit.Actor{Kind: audit.Person, ID: acc}, acc, eform.Beginning{Form: signed, Version: "1", Answers: answersFor(signed)})
	if err != nil {
		t.Fatal(err)
	}
	sub := w.submission(acc, anna, signed, d.ID)
	sub.Draft, sub.Rev = true, d.Rev+1
	_, err = w.Submit(t.Context(), sub)
	wants(t, err, account.ErrCodeOver)
	sub = w.submission(acc, anna, signed, d.ID)
	sub.Draft, sub.Rev = true, d.Rev
	c, err := w.Accounts.StartCode(t.Context(), acc, codePurpose, sub.object())
	if err != nil {
		t.Fatal(err)
	}
	sub.CodeID, sub.Code = c.ID, w.code(anna)
	if _, err := w.Submit(t.Context(), sub); err != nil {
		t.Fatal(err)
	}
	d, err = w.Forms.Draft(t.Context(), acc, d.ID)
	if err != nil || d.Sent.IsZero() {
		t.Errorf("%+v, %v", d, err)
	}
	w.pass(time.Hour)
	a, err := w.Submit(t.Context(), sub) // the page was sent again much later
	if err != nil || a.FormKey != d.ID {
		t.Errorf("%+v, %v", a, err)
	}
}

// Proves: O-07
func TestAClerkTakesReleasesAndDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, signed)
	w.drain()
	other := Clerk{Account: "other", Agency: "social", Name: "Иванов И. И."}
	stranger := Clerk{Account: "stranger", Agency: "tax"}
	_, err := w.Take(t.Context(), stranger, a.ID)
	wants(t, err, ErrNone)
	_, err = w.Approve(t.Context(), clerk, a.ID, "")
	wants(t, err, ErrNotYours)
	if _, err := w.Take(t.Context(), clerk, a.ID); err != nil {
		t.Fatal(err)
	}
	if got, err := w.Take(t.Context(), clerk, a.ID); err != nil || got.Seq != 2 {
		t.Errorf("taking one's own case again: %d, %v", got.Seq, err)
	}
	_, err = w.Take(t.Context(), other, a.ID)
	wants(t, err, ErrTaken)
	_, err = w.Correct(t.Context(), acc, "s", a.ID)
	wants(t, err, ErrMoved)
	if _, err := w.Release(t.Context(), clerk, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Take(t.Context(), other, a.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Refuse(t.Context(), clerk, a.ID, "Нет")
	wants(t, err, ErrNotYours)
	_, err = w.Refuse(t.Context(), other, a.ID, "")
	wants(t, err, ErrNoReason)
	if _, err := w.Refuse(t.Context(), other, a.ID, "Нет справки"); err != nil {
		t.Fatal(err)
	}
	if got := w.is(a, Refused); got.Reason != "Нет справки" {
		t.Errorf("reason %q", got.Reason)
	}
	_, err = w.Refuse(t.Context(), other, a.ID, "Ещё раз")
	wants(t, err, ErrMoved)
	_, err = w.Withdraw(t.Context(), acc, "s", a.ID)
	wants(t, err, ErrMoved)
	if diff := cmp.Diff([]string{"sent", "taken", "released", "taken", "refused"}, w.journal(a)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Заявление принято", "Заявление взяли в работу", "В услуге отказано"}, w.told(acc)); diff != "" {
		t.Error(diff)
	}
}

// Proves: E-32, E-33
func TestWhileTheCitizenIsAskedTheTermStandsStill(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		ask, wait time.Duration // after sending
		due       string
	}{
		{"answered on the same day", 24 * time.Hour, time.Hour, "2026-11-26"},
		{"answered the next working day", 24 * time.Hour, 3 * 24 * time.Hour, "2026-11-27"},
		{"answered after a weekend with a day left", 6 * 24 * time.Hour, 5 * 24 * time.Hour, "2026-12-01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			acc := w.citizen(anna)
			a := w.taken(acc, anna, signed)
			w.pass(c.ask)
			ask := Ask{What: "Пришлите справку", Until: w.today().Add(20)}
			_, err := w.AskFor(t.Context(), clerk, a.ID, Ask{What: "Сегодня", Until: w.today()})
			wants(t, err, ErrUntil)
			if a, err = w.AskFor(t.Context(), clerk, a.ID, ask); err != nil {
				t.Fatal(err)
			}
			w.is(a, Clarify)
			card, err := w.Card(t.Context(), acc, a.ID)
			if err != nil || !card.Term.Paused {
				t.Errorf("%+v, %v", card.Term, err)
			}
			w.pass(c.wait)
			_, err = w.Answer(t.Context(), Answer{Account: acc, Application: a.ID})
			wants(t, err, ErrNoAnswer)
			if a, err = w.Answer(t.Context(), Answer{Account: acc, Application: a.ID, Text: "Вот она"}); err != nil {
				t.Fatal(err)
			}
			got := w.is(a, Working)
			if got.Due.String() != c.due || got.Ask != nil || got.Assignee != clerk.Account {
				t.Errorf("due %s, want %s; %+v", got.Due, c.due, got)
			}
			_, err = w.Answer(t.Context(), Answer{Account: acc, Application: a.ID, Text: "Ещё раз"})
			wants(t, err, ErrMoved)
		})
	}
}

// Proves: E-32
func TestWhenAFileIsAskedForItMustCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.taken(acc, anna, signed)
	if _, err := w.AskFor(t.Context(), clerk, a.ID, Ask{What: "Фотографию", Until: w.today().Add(5), Files: true}); err != nil {
		t.Fatal(err)
	}
	_, err := w.Answer(t.Context(), Answer{Account: acc, Application: a.ID, Text: "Нет её"})
	wants(t, err, ErrNoFile)
	f, err := w.Documents.Upload(t.Context(), acc, "справка.pdf", bytes.NewReader(somePDF(t)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer(t.Context(), Answer{Account: acc, Application: a.ID, Files: []string{f.ID}}); err != nil {
		t.Fatal(err)
	}
	w.drain()
	got, rc, err := w.OpenFile(t.Context(), clerk, a.ID, f.ID)
	if err != nil || got.ID != f.ID {
		t.Fatal(err)
	}
	w.read(rc)
	_, _, err = w.OpenFile(t.Context(), Clerk{Account: "x", Agency: "tax"}, a.ID, f.ID)
	wants(t, err, ErrNone)
	if err := w.Documents.Delete(t.Context(), acc, f.ID); err == nil {
		t.Error("a file of an application was deleted")
	}
}

func TestOnlyOneOfTwoWhoActAtOnceSucceeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	other := Clerk{Account: "other", Agency: "social"}
	for range 5 {
		w.pass(time.Hour)
		a := w.sent(acc, anna, direct)
		w.drain()
		errs := make([]error, 3)
		var wg sync.WaitGroup
		wg.Go(func() { _, errs[0] = w.Take(t.Context(), clerk, a.ID) })
		wg.Go(func() { _, errs[1] = w.Take(t.Context(), other, a.ID) })
		wg.Go(func() { _, errs[2] = w.Withdraw(t.Context(), acc, "s", a.ID) })
		wg.Wait()
		if errs[2] != nil {
			t.Errorf("withdrawing: %v", errs[2])
		}
		if errs[0] == nil && errs[1] == nil {
			t.Error("two clerks have one case")
		}
		w.is(a, Withdrawn)
	}
}

// Proves: E-34
func TestAnApplicationNobodyLookedAtCanBeCorrected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, direct)
	if _, err := w.Correct(t.Context(), acc, "s", a.ID); err != nil {
		t.Fatal(err)
	}
	w.is(a, Withdrawn)
	if diff := cmp.Diff([]string{"sent", "corrected"}, w.journal(a)); diff != "" {
		t.Error(diff)
	}
}

func TestNobodySeesAnotherPersonsApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc, stranger := w.citizen(anna), w.citizen(boris)
	a := w.sent(acc, anna, direct)
	_, err := w.Card(t.Context(), stranger, a.ID)
	wants(t, err, ErrNone)
	_, err = w.Withdraw(t.Context(), stranger, "s", a.ID)
	wants(t, err, ErrNone)
	_, _, err = w.Receipt(t.Context(), stranger, a.ID)
	wants(t, err, ErrNone)
	_, _, err = w.JournalPDF(t.Context(), stranger, a.ID)
	wants(t, err, ErrNone)
	if all, _, err := w.List(t.Context(), stranger, ""); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
}

// Proves: E-36
func TestTheListIsPagedFromTheNewest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	for range pageSize + 3 {
		w.pass(time.Minute)
		w.sent(acc, anna, direct)
	}
	first, next, err := w.List(t.Context(), acc, "")
	if err != nil || len(first) != pageSize || next == "" {
		t.Fatalf("%d, %q, %v", len(first), next, err)
	}
	second, next, err := w.List(t.Context(), acc, next)
	if err != nil || len(second) != 3 || next != "" {
		t.Fatalf("%d, %q, %v", len(second), next, err)
	}
	if !first[0].SentAt.After(first[1].SentAt) || !first[pageSize-1].SentAt.After(second[0].SentAt) {
		t.Error("not in order")
	}
	if _, _, err := w.List(t.Context(), acc, "nonsense"); err != nil {
		t.Error(err)
	}
}

func TestWhatPeopleWriteLiesSealed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	sub := w.submission(acc, anna, direct, "k")
	sub.Answers = eform.Answers{"name": "Канарейкина"}
	w.facts = eform.Facts{"person.fio.last": "Канарейкина", "person.fio.first": "Канарейка"}
	a, err := w.Submit(t.Context(), sub)
	if err != nil {
		t.Fatal(err)
	}
	w.drain()
	if _, err := w.Take(t.Context(), clerk, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AskFor(t.Context(), clerk, a.ID, Ask{What: "Канарейка нужна", Until: w.today().Add(3)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Answer(t.Context(), Answer{Account: acc, Application: a.ID, Text: "Канарейка тут"}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Approve(t.Context(), clerk, a.ID, "Канарейка одобрена"); err != nil {
		t.Fatal(err)
	}
	w.drain()
	if w.DB.Postgres() {
		t.Skip("the files of PostgreSQL are not at hand")
	}
	err = filepath.WalkDir(databaseDir(t, w.DB), func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("Канарей")) || bytes.Contains(data, []byte("Ефимова")) {
			t.Errorf("%s holds what was written", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func databaseDir(t *testing.T, db *sqldb.DB) string {
	t.Helper()
	file, err := sqldb.One(t.Context(), db, sqldb.Text, `SELECT file FROM pragma_database_list WHERE name = 'main'`)
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(file)
}

// Proves: E-18, E-31
func TestReceiptAndJournalAreMadeOnDemand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, signed)
	f, rc, err := w.Receipt(t.Context(), acc, a.ID)
	if err != nil {
		t.Fatal(err)
	}
	first := w.read(rc)
	again, rc, err := w.Receipt(t.Context(), acc, a.ID)
	if err != nil || again.ID != f.ID || !bytes.Equal(first, w.read(rc)) {
		t.Errorf("the receipt was made twice: %v", err)
	}
	if _, code, err := w.Documents.Said(t.Context(), acc, f.ID); err != nil || code == "" {
		t.Errorf("no code to verify it by: %v", err)
	}
	ctx := w.Texts.With(t.Context(), i18n.RU, w.Location, w.now())
	journal, name, err := w.JournalPDF(ctx, acc, a.ID)
	if err != nil || !bytes.HasPrefix(journal, []byte("%PDF")) || !strings.Contains(name, a.Number) {
		t.Errorf("%q, %v", name, err)
	}
}

func TestReadsDoNotScanTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sqldbtest.NoFullScan(t, w.DB, listFirst, "a", 20)
	sqldbtest.NoFullScan(t, w.DB, listNext, "a", "b", 20)
	sqldbtest.NoFullScan(t, w.DB, sentBefore, "a", "b", 20)
	for _, f := range []Filter{{View: ViewMine}, {View: ViewCommon}, {View: ViewWaiting}, {View: ViewLate, Today: w.today()}, {View: ViewClosed},
		{Number: "2026-000-000-001"}, {Surname: "Соколова"}, {View: ViewCommon, Service: signed}, {View: ViewCommon, After: "2026-11-20/x"}} {
		f.Limit = 20
		query, args := w.store.queueQuery("social", f)
		sqldbtest.NoFullScan(t, w.DB, query, args...)
	}
	sqldbtest.NoFullScan(t, w.DB, countMine, "social", "boris", true, 100)
	sqldbtest.NoFullScan(t, w.DB, countCommon, "social", true, 100)
	sqldbtest.NoFullScan(t, w.DB, countWaiting, "social", 100)
	sqldbtest.NoFullScan(t, w.DB, countLate, "social", true, "2026-11-20", 100)
	sqldbtest.NoFullScan(t, w.DB, pickNext, "social", true, 20)
}

func TestNobodyWorksOnTheirOwnApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, direct)
	w.drain()
	me := Clerk{Account: acc, Agency: "social", Name: "Соколова М. А."}
	_, err := w.Take(t.Context(), me, a.ID)
	wants(t, err, ErrOwn)
	_, err = w.TakeNext(t.Context(), me)
	wants(t, err, ErrNone)
	w.is(a, Accepted)
}

func TestACorrectedFormIsSentAnewWithoutWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, signed)
	_, err := w.Correct(t.Context(), acc, "s", a.ID)
	wants(t, err, nil)
	_, err = w.Submit(t.Context(), w.submission(acc, anna, signed, "second"))
	wants(t, err, nil)
	_, err = w.Submit(t.Context(), w.submission(acc, anna, signed, "third"))
	wants(t, err, ErrTooOften)
}

func TestAFileDeletedBeforeTheSendingIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	f, err := w.Documents.Upload(t.Context(), acc, "a.pdf", bytes.NewReader(somePDF(t)))
	wants(t, err, nil)
	sub := w.submission(acc, anna, signed, "form")
	sub.Answers["reason"] = "move"
	sub.Answers.Attach("proof", eform.Attachment{Key: "f" + f.ID, ID: f.ID, Name: f.Name, Type: "pdf", Size: f.Size})
	wants(t, w.Documents.Delete(t.Context(), acc, f.ID), nil)
	_, err = w.Submit(t.Context(), sub)
	wants(t, err, ErrFileGone)
}

// Proves: A-110
func TestTheConsentToAnApplicationIsMadeInTheFormAndKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, signed)
	list, err := w.Consents.List(t.Context(), acc, consent.OnlyActive, "", 10)
	wants(t, err, nil)
	c := list[0]
	if c.Purpose != consent.Processing || c.Object != object(a.ID) || c.Proof.Way != consent.Code || c.Proof.Level != string(account.Standard) {
		t.Errorf("kept %+v", c)
	}
	doc, err := w.Consents.Shown(c)
	wants(t, err, nil)
	if def := w.service(signed); !strings.Contains(doc.Aim, def.Title.RU) || doc.Recipients == "" || !bytes.Equal(doc.Hash(), c.Hash) {
		t.Errorf("the text is %+v", doc)
	}
	w.sent(acc, anna, direct)
	if again, err := w.Consents.List(t.Context(), acc, consent.OnlyActive, "", 10); err != nil || len(again) != len(list) {
		t.Errorf("a service that asks for no consent has one: %d, %v", len(again), err)
	}
}

func TestNobodySignsWhoWithdrewTheConsentToSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	list, err := w.Consents.List(t.Context(), acc, consent.OnlyActive, "", 10)
	wants(t, err, nil)
	for _, c := range list {
		if c.Purpose == consent.Signature {
			wants(t, w.Consents.Withdraw(t.Context(), acc, "s", c.ID), nil)
		}
	}
	sub := w.submission(acc, anna, signed, id.New())
	_, err = w.Submit(t.Context(), sub)
	wants(t, err, consent.ErrNeeded)
	w.sent(acc, anna, direct)
	wants(t, w.Consents.Agree(t.Context(), acc, "s", consent.Signature), nil)
	_, err = w.Submit(t.Context(), sub)
	wants(t, err, nil)
}
