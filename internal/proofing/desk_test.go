package proofing

import (
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/person"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/sandbox"
	"kabinet/internal/staff"
)

// inReview makes a request that waits for a verifier, with a file.
func (w *world) inReview(account string) Request {
	w.t.Helper()
	w.set(sandbox.State{Person: "1", Passport: sandbox.StateMissing})
	r := w.submitted(account, sample(0))
	if r.State != Papers {
		w.t.Fatalf("state %s", r.State)
	}
	want(w.t, w.AddPapers(w.t.Context(), account, "s", r.ID, "вот паспорт", w.photo(account)), nil)
	return w.request(r)
}

// Proves
func TestPapersGoToAVerifierWhoApproves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, v := w.citizen("+79000001234"), w.verifier("+79000000105")
	r := w.inReview(a)
	want(t, w.AddPapers(t.Context(), a, "s", r.ID, "", w.photo(a)), ErrState)
	if err := w.Documents.Delete(t.Context(), a, r.Files[0]); err == nil {
		t.Error("a file of an open request can be deleted")
	}
	rows, err := w.Queue(t.Context(), Filter{Limit: 10})
	want(t, err, nil)
	if len(rows) != 1 || rows[0].ID != r.ID || rows[0].Who != "Соколова\u00a0М.\u00a0А." {
		t.Fatalf("the queue is %+v", rows)
	}
	c, err := w.Look(t.Context(), v, r.ID)
	want(t, err, nil)
	if len(c.Files) != 1 || c.Answers[Passport].Verdict != "not_found" {
		t.Errorf("the verifier sees %+v", c)
	}
	f, content, err := w.OpenFile(t.Context(), v, r.ID, r.Files[0])
	want(t, err, nil)
	data, err := io.ReadAll(content)
	content.Close()
	if err != nil || f.Format != document.PNG || len(data) == 0 {
		t.Errorf("the file: %v %v", f, err)
	}
	_, _, err = w.OpenFile(t.Context(), v, r.ID, w.photo(a))
	want(t, err, ErrNone)
	want(t, w.Decide(t.Context(), v, r.ID, Decision{Approve: true}), nil)
	if w.level(a) != account.Standard || w.request(r).State != Approved {
		t.Errorf("level %s", w.level(a))
	}
	for _, act := range []string{"proofing.audit_looked", "proofing.audit_file", "proofing.audit_approved"} {
		if !slices.Contains(w.acts(a), act) {
			t.Errorf("the person's log lacks %s: %v", act, w.acts(a))
		}
	}
	if rows, err := w.Queue(t.Context(), Filter{Closed: true, Limit: 10}); err != nil || len(rows) != 1 || rows[0].Verifier != v.Account {
		t.Errorf("decided: %+v %v", rows, err)
	}
}

func TestTwoVerifiersDecideOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, one, two := w.citizen("+79000001234"), w.verifier("+79000000105"), w.verifier("+79000000106")
	r := w.inReview(a)
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i, v := range []Verifier{one, two} {
		wg.Go(func() { errs[i] = w.Decide(t.Context(), v, r.ID, Decision{Approve: i == 0, Reason: "mismatch"}) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%v", errs)
	}
	want(t, w.Decide(t.Context(), one, r.ID, Decision{Approve: true}), ErrState)
	want(t, w.Decide(t.Context(), one, r.ID, Decision{}), ErrReason)
}

func TestAVerifierDecidesNothingAboutThemselves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.verifier("+79000000105")
	r := w.inReview(v.Account)
	want(t, w.Decide(t.Context(), v, r.ID, Decision{Approve: true}), ErrOwn)
}

// Proves: B-09, B-10, B-11, B-12
func TestVerifiedDataChangeOnceAVerifierAgrees(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, v := w.citizen("+79000001234"), w.verifier("+79000000105")
	w.submitted(a, sample(0))
	next := sample(0)
	next.PassportSeries, next.PassportNumber, next.PassportIssuedOn = "0026", "700001", "2026-11-01"
	var r Request
	ask := func(c DataChange) error {
		c.Account, c.Session = a, "s"
		return w.DB.Tx(t.Context(), func(tx *sqldb.DB) (err error) { r, err = w.RequestChange(t.Context(), tx, c); return err })
	}
	want(t, ask(DataChange{Parts: []person.Part{person.Passport}, Person: next}), ErrPapers)
	want(t, ask(DataChange{Parts: []person.Part{person.Passport}, Person: sample(0), Files: []string{w.photo(a)}}), ErrSame)
	want(t, ask(DataChange{Parts: []person.Part{person.Passport}, Person: next, Files: []string{w.photo(a)}, Comment: "обмен"}), nil)
	first := r
	want(t, ask(DataChange{Parts: []person.Part{person.Passport}, Person: next, Files: []string{w.photo(a)}}), ErrOpen)
	w.drain()
	if w.person(a).PassportNumber != "123456" || w.request(first).State != Review || len(w.request(first).Answers) != 3 {
		t.Errorf("before the decision: %+v", w.request(first))
	}
	want(t, w.Decide(t.Context(), v, first.ID, Decision{Approve: true}), nil)
	if p := w.person(a); p.PassportNumber != "700001" || !p.Is(person.Passport) || w.level(a) != account.Standard {
		t.Errorf("after it: %+v, level %s", p, w.level(a))
	}
	if _, err := w.Accounts.Find(t.Context(), account.Login{Kind: PassportNumber, Value: "0000123456"}); err == nil {
		t.Error("the old passport still leads to the account")
	}
	if found, err := w.Accounts.Find(t.Context(), account.Login{Kind: PassportNumber, Value: "0026700001"}); err != nil || found != a {
		t.Errorf("the new passport leads to %q, %v", found, err)
	}
	renamed := w.person(a)
	renamed.Surname = "Иванова"
	want(t, ask(DataChange{Parts: []person.Part{person.Identity}, Person: renamed, Files: []string{w.photo(a)}}), nil)
	want(t, w.Decide(t.Context(), v, r.ID, Decision{Reason: "unreadable", Words: "Снимите разворот целиком."}), nil)
	if got := w.request(r); got.State != Refused || got.Words != "Снимите разворот целиком." || w.person(a).Surname != "Соколова" {
		t.Errorf("after a refusal: %+v", got)
	}
}

func TestAChangeToSomebodyElsesNumberBecomesAQuestionOfWhoIsWho(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b, v := w.citizen("+79000001234"), w.citizen("+79000000002"), w.verifier("+79000000105")
	w.submitted(a, sample(0))
	w.submitted(b, sample(1))
	p := w.person(b)
	p.SNILS = sample(0).SNILS
	var r Request
	files := []string{w.photo(b)}
	w.in(func(tx *sqldb.DB) (err error) {
		r, err = w.RequestChange(t.Context(), tx, DataChange{Account: b, Parts: []person.Part{person.Numbers}, Person: p, Files: files})
		return err
	})
	want(t, w.Decide(t.Context(), v, r.ID, Decision{Approve: true}), ErrTaken)
	if got := w.request(r); got.State != Review || got.Other != a {
		t.Errorf("%s, other %q", got.State, got.Other)
	}
	if rows, err := w.Queue(t.Context(), Filter{Kind: Duplicate, Limit: 10}); err != nil || len(rows) != 1 {
		t.Errorf("the queue of duplicates: %+v %v", rows, err)
	}
}

func TestTheQueueIsReadPageByPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made []string
	for i := range 5 {
		a := w.citizen("+7900000020" + string(rune('0'+i)))
		w.in(func(tx *sqldb.DB) error {
			r := Request{Account: a, ID: "0000000000000000000000000" + string(rune('0'+i)), Kind: Online, State: Checking, Created: w.now(), Updated: w.now()}
			made = append(made, r.ID)
			if err := w.store.insert(t.Context(), tx, r); err != nil {
				return err
			}
			return w.review(t.Context(), tx, r, audit.Portal())
		})
		w.pass(time.Duration(i%2) * time.Minute) // some at the same moment
	}
	var seen []string
	for after := ""; ; {
		page, err := w.Queue(t.Context(), Filter{After: after, Limit: 2})
		want(t, err, nil)
		for _, row := range page {
			seen, after = append(seen, row.ID), row.Cursor()
		}
		if len(page) < 2 {
			break
		}
	}
	if !slices.Equal(seen, made) {
		t.Errorf("read %v, made %v", seen, made)
	}
}

func TestASearchNeedsAReasonAndIsInThePersonsLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, v := w.citizen("+79000001234"), w.verifier("+79000000105")
	phone := account.Login{Kind: account.Phone, Value: "+79000001234"}
	_, err := w.Find(t.Context(), v, phone, "")
	want(t, err, ErrReason)
	c, err := w.Find(t.Context(), v, phone, "asked")
	want(t, err, nil)
	if c.Account.ID != a || !slices.Contains(w.acts(a), "proofing.audit_searched") {
		t.Errorf("found %+v, the log says %v", c.Account, w.acts(a))
	}
	_, err = w.Find(t.Context(), v, account.Login{Kind: account.SNILS, Value: "99900000115"}, "asked")
	want(t, err, ErrNobody)
	if acts := w.acts(staff.Portal); !slices.Contains(acts, "proofing.audit_searched") {
		t.Errorf("a search that found nobody is not in the portal's log: %v", acts)
	}
	for range limitSearch.Burst {
		_, err = w.Find(t.Context(), v, phone, "asked")
	}
	want(t, err, limit.ErrTooMany)
}

// Proves: A-70, S-06
func TestACodeOnPaperConfirmsTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	want(t, w.OrderLetter(t.Context(), a, "s", "ул. Садовая, 12"), ErrLevel)
	w.submitted(a, sample(0))
	want(t, w.OrderLetter(t.Context(), a, "s", ""), ErrIncomplete)
	want(t, w.EnterLetter(t.Context(), a, "s", "ABEK2345"), ErrNoLetter)
	want(t, w.OrderLetter(t.Context(), a, "s", "ул. Садовая, 12"), nil)
	want(t, w.OrderLetter(t.Context(), a, "s", "ул. Садовая, 12"), ErrOpen)
	w.drain()
	sent := w.box.Letters()
	if len(sent) != 1 || sent[0].Name != "Соколова Марина Андреевна" || sent[0].Address != "ул. Садовая, 12" {
		t.Fatalf("letters: %+v", sent)
	}
	_, rest, _ := strings.Cut(sent[0].Text, "Код: ")
	code := rest[:9]
	if l, err := w.store.letter(t.Context(), w.DB, a, "", ""); err != nil || l.code != "" {
		t.Errorf("the code is still known here: %v", err)
	}
	var wrong *WrongLetter
	for left := letterTries - 1; left > 0; left-- {
		if err := w.EnterLetter(t.Context(), a, "s", "AAAA-AAAA"); !errors.As(err, &wrong) || wrong.Left != left {
			t.Fatalf("%v, want %d tries left", err, left)
		}
	}
	spelt := strings.NewReplacer("A", "а", "B", "в", "E", "е", "K", "к", "M", "м", "H", "н", "P", "р", "C", "с", "T", "т", "Y", "у", "X", "х").Replace(code)
	want(t, w.EnterLetter(t.Context(), a, "s", " "+spelt+" "), nil)
	if w.level(a) != account.Confirmed {
		t.Errorf("level %s", w.level(a))
	}
	want(t, w.EnterLetter(t.Context(), a, "s", code), ErrLetterOver)
}

func TestALettersCodeEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	w.submitted(a, sample(0))
	want(t, w.OrderLetter(t.Context(), a, "s", "ул. Садовая, 12"), nil)
	w.drain()
	for range letterTries - 1 {
		_ = w.EnterLetter(t.Context(), a, "s", "AAAA-AAAA")
	}
	want(t, w.EnterLetter(t.Context(), a, "s", "AAAA-AAAA"), ErrLetterOver)
	_, rest, _ := strings.Cut(w.box.Letters()[0].Text, "Код: ")
	want(t, w.EnterLetter(t.Context(), a, "s", rest[:9]), ErrLetterOver)
	want(t, w.OrderLetter(t.Context(), a, "s", "ул. Садовая, 12"), nil)
	w.drain()
	w.pass(letterLife)
	_, rest, _ = strings.Cut(w.box.Letters()[0].Text, "Код: ")
	want(t, w.EnterLetter(t.Context(), a, "s", rest[:9]), ErrLetterOver)
}

// Proves
func TestWhoIsVouchedForIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.citizen("+79000001234"), w.citizen("+79000000002")
	by := audit.Actor{Kind: audit.Person, ID: a}
	want(t, w.Confirm(t.Context(), Vouch{Account: a, Method: "proofing.by_post", By: by}), ErrLevel)
	want(t, w.Confirm(t.Context(), Vouch{Account: a, Method: "proofing.by_post", Person: sample(0), Parts: proved, By: by}), nil)
	if p := w.person(a); w.level(a) != account.Confirmed || !p.Proved() {
		t.Errorf("level %s, %v", w.level(a), p.Verified)
	}
	page := w.browser(a, false).Get(Path)
	if text := strings.ReplaceAll(page.Text("main"), "\u00a0", " "); !strings.Contains(text, "Личность подтверждена") || page.Has("a[href='"+onlinePath+"']") {
		t.Errorf("the page says %s", text)
	}
	want(t, w.Confirm(t.Context(), Vouch{Account: b, Method: "proofing.by_post", Person: sample(0), Parts: proved, By: by}), ErrTaken)
	if w.level(b) != account.Simplified {
		t.Errorf("the second is %s", w.level(b))
	}
	if rows, err := w.Queue(t.Context(), Filter{Kind: Duplicate, Limit: 10}); err != nil || len(rows) != 1 || rows[0].Account != b {
		t.Errorf("the queue of duplicates: %+v %v", rows, err)
	}
}
