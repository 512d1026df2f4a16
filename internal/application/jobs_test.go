package application

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/document"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/register"
	"kabinet/internal/register/tax"
)

var errDown = fault.New(fault.Unavailable, "register.tax_unavailable")

// Proves: E-23, E-25, E-47, E-50, E-52
func TestARegisterThatAnswersDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, income)
	w.drain()
	got := w.is(a, Done)
	if diff := cmp.Diff([]string{"sent", "review", "confirmed", "done"}, w.journal(a)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"Заявление принято", "Заявление проверяют", "Заявление одобрено", "Документ готов"}, w.told(acc)); diff != "" {
		t.Error(diff)
	}
	f, rc, err := w.Documents.Open(t.Context(), acc, got.Result)
	if err != nil {
		t.Fatal(err)
	}
	w.read(rc)
	if !strings.Contains(f.Name, "Справка о") || !strings.Contains(f.Name, a.Number) {
		t.Errorf("name %q", f.Name)
	}
	said, code, err := w.Documents.Said(t.Context(), acc, got.Result)
	if err != nil || code == "" || said.Initials == "" {
		t.Errorf("%+v, %q, %v", said, code, err)
	}
	if n := w.count(`SELECT count(*) FROM desk_case`); n != 0 {
		t.Errorf("%d cases at the desk", n)
	}
}

// Proves: E-28
func TestARegisterThatKnowsOtherDataRefusesAndSaysWhich(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.register = func(Request) (Outcome, error) {
		return Outcome{Reason: "application.refuse_mismatch", Fields: []string{"application.differs_snils", "application.differs_surname"}}, nil
	}
	a := w.sent(acc, anna, income)
	w.drain()
	if got := w.is(a, Refused); !strings.Contains(got.Reason, "СНИЛС, фамилия") {
		t.Errorf("reason %q", got.Reason)
	}
}

func TestARegisterThatIsDownIsAskedAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.register = func(Request) (Outcome, error) { return Outcome{}, fmt.Errorf("asking: %w", errDown) }
	a := w.sent(acc, anna, income)
	for range 5 {
		w.drain()
		w.pass(time.Minute)
	}
	w.is(a, Review)
	w.register = func(Request) (Outcome, error) { return found, nil }
	w.drain()
	w.is(a, Done)
	if len(w.asked) < 5 {
		t.Errorf("asked %d times", len(w.asked))
	}
	for _, id := range w.asked {
		if id != a.ID {
			t.Errorf("asked about %s", id)
		}
	}
	if len(w.told(acc)) != 4 {
		t.Errorf("told %v", w.told(acc))
	}
}

func TestWhatNoRegisterDecidesGoesToAClerkWhoMayAskAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.register = func(Request) (Outcome, error) { return Outcome{}, errDown }
	a := w.sent(acc, anna, income)
	for range decideTries + 2 {
		w.drain()
		w.pass(11 * time.Minute)
	}
	if len(w.asked) != decideTries {
		t.Errorf("asked %d times", len(w.asked))
	}
	if got := w.is(a, Review); !got.Desk {
		t.Fatal("not at the desk")
	}
	taxman := Clerk{Account: "taxman", Agency: "tax", Name: "Петрова А. А."}
	cases, err := w.Queue(t.Context(), taxman, Filter{View: ViewCommon, Limit: 10})
	if err != nil || len(cases) != 1 || cases[0].ID != a.ID || cases[0].Applicant != "Соколова Марина Андреевна" {
		t.Fatalf("%+v, %v", cases, err)
	}
	_, err = w.Retry(t.Context(), taxman, a.ID)
	wants(t, err, ErrNotYours)
	if _, err := w.TakeNext(t.Context(), taxman); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Retry(t.Context(), taxman, a.ID); err != nil {
		t.Fatal(err)
	}
	for range fewTries + 1 {
		w.drain()
		w.pass(time.Minute)
	}
	if got := w.is(a, Working); got.Assignee != taxman.Account {
		t.Errorf("the case is with %q", got.Assignee)
	}
	w.register = func(Request) (Outcome, error) { return found, nil }
	if _, err := w.Retry(t.Context(), taxman, a.ID); err != nil {
		t.Fatal(err)
	}
	w.drain()
	w.is(a, Done)
	want := []string{"sent", "review", "register_silent", "taken", "retried", "register_silent", "retried", "confirmed", "done"}
	if diff := cmp.Diff(want, w.journal(a)); diff != "" {
		t.Error(diff)
	}
}

func TestOnlyCasesOfARegisterAreAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.taken(w.citizen(anna), anna, direct)
	_, err := w.Retry(t.Context(), clerk, a.ID)
	wants(t, err, ErrMoved)
}

func TestAQuestionThatTheRegisterRefusesGoesToAClerkSoon(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.register = func(Request) (Outcome, error) { return Outcome{}, errors.New("refused") }
	a := w.sent(acc, anna, income)
	for range fewTries {
		w.drain()
		w.pass(time.Minute)
	}
	if got := w.is(a, Review); !got.Desk || len(w.asked) != fewTries {
		t.Errorf("%+v, asked %d times", got, len(w.asked))
	}
}

func TestWithoutTheRegisterAClerkDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.Connectors = nil
	a := w.sent(acc, anna, income)
	w.drain()
	if got := w.is(a, Review); !got.Desk {
		t.Error("not at the desk")
	}
}

func TestAnApplicationWithdrawnWhileTheRegisterIsAskedStaysWithdrawn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	var a Application
	w.register = func(r Request) (Outcome, error) {
		_, err := w.Withdraw(context.Background(), acc, "s", r.ID)
		return found, err
	}
	a = w.sent(acc, anna, income)
	w.drain()
	if got := w.is(a, Withdrawn); got.Result != "" {
		t.Error("it has a result")
	}
	if dead, err := jobs.ListDead(t.Context(), w.DB, 10); err != nil || len(dead) != 0 {
		t.Errorf("%v, %v", dead, err)
	}
}

// Proves: E-47, E-51
func TestAClerksDecisionBecomesADocumentWithItsTerm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.taken(acc, anna, signed)
	if _, err := w.Approve(t.Context(), clerk, a.ID, "Назначено с 1 декабря"); err != nil {
		t.Fatal(err)
	}
	w.drain()
	card, err := w.Card(t.Context(), acc, a.ID)
	if err != nil || card.Status != Done || card.Paper == nil || card.Code == "" {
		t.Fatalf("%+v, %v", card, err)
	}
	if card.Paper.Until != "2027-11-19" {
		t.Errorf("until %q", card.Paper.Until)
	}
	ctx := w.Texts.With(t.Context(), "ru", w.Location, w.now())
	v, err := w.Service.read(ctx, card.Application)
	if err != nil {
		t.Fatal(err)
	}
	pairs := resultPairs(ctx, v, Outcome{})
	if len(pairs) != 2 || pairs[0].Value != "Соколова Марина Андреевна" || pairs[1].Value != "Рождение ребёнка" {
		t.Errorf("%+v", pairs)
	}
}

// resultsOf counts what a decided application has come to.
func (w *world) resultsOf(a Application) (papers, done int) {
	w.t.Helper()
	for _, title := range w.told(a.Account) {
		if title == "Документ готов" {
			done++
		}
	}
	page, err := w.Documents.List(w.t.Context(), a.Account, document.Query{Kind: document.Issued})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(page.Files), done
}

func TestTheResultIsMadeOnceHoweverOftenTheJobRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, income)
	w.drain()
	// The same job again, as after a crash before its end was noted.
	err := w.DB.Tx(t.Context(), func(tx *sqldb.DB) error {
		for range 3 {
			if err := jobs.Add(t.Context(), tx, resultJob{acc, a.ID}); err != nil {
				return err
			}
			if err := jobs.Add(t.Context(), tx, decideJob{Account: acc, ID: a.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.drain()
	if papers, done := w.resultsOf(a); papers != 1 || done != 1 {
		t.Errorf("%d documents, %d notices", papers, done)
	}
}

func TestARunThatLostItsLeaseChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.register = func(Request) (Outcome, error) { return Outcome{}, errDown }
	a := w.sent(acc, anna, income)
	w.drain()
	c := byPortal(acc, a.ID, Approved, "application.event_confirmed")
	if _, err := w.step(t.Context(), &c); err != nil {
		t.Fatal(err)
	}
	if err := w.store.setOutcome(t.Context(), w.DB, acc, a.ID, found); err != nil {
		t.Fatal(err)
	}
	// A zero job holds no lease: its end is refused, and all that it did with it.
	err := w.makeResult(t.Context(), jobs.Job[resultJob]{Args: resultJob{acc, a.ID}, ID: "lost"})
	wants(t, err, jobs.ErrLost)
	w.is(a, Approved)
	if papers, done := w.resultsOf(a); papers != 0 || done != 0 {
		t.Errorf("%d documents, %d notices", papers, done)
	}
	err = w.DB.Tx(t.Context(), func(tx *sqldb.DB) error { return jobs.Add(t.Context(), tx, resultJob{acc, a.ID}) })
	if err != nil {
		t.Fatal(err)
	}
	w.drain()
	w.is(a, Done)
	if papers, done := w.resultsOf(a); papers != 1 || done != 1 {
		t.Errorf("%d documents, %d notices", papers, done)
	}
}

func TestTheCopyAtTheDeskNeverMovesBackwards(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.taken(acc, anna, direct)
	old, err := w.store.caseByID(t.Context(), w.DB, "social", a.ID)
	if err != nil || old.Status != Working || old.Assignee != clerk.Account {
		t.Fatalf("%+v, %v", old, err)
	}
	if _, err := w.Refuse(t.Context(), clerk, a.ID, "Нет"); err != nil {
		t.Fatal(err)
	}
	w.drain()
	if err := w.DB.Tx(t.Context(), func(tx *sqldb.DB) error { return w.store.putCase(t.Context(), tx, old) }); err != nil {
		t.Fatal(err)
	}
	if got, err := w.store.caseByID(t.Context(), w.DB, "social", a.ID); err != nil || got.Status != Refused {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestTheQueueShowsWhatEachViewIsFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.facts["person.fio.last"], w.facts["person.fio.first"] = "Берёзкина", "Анна"
	var all []Application
	for range 5 {
		w.pass(time.Minute)
		all = append(all, w.sent(acc, anna, direct))
	}
	w.drain()
	must := func(_ Application, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		w.drain()
	}
	must(w.Take(t.Context(), clerk, all[1].ID))
	must(w.Take(t.Context(), clerk, all[2].ID))
	must(w.AskFor(t.Context(), clerk, all[2].ID, Ask{What: "Что?", Until: w.today().Add(3)}))
	must(w.Withdraw(t.Context(), acc, "s", all[3].ID))
	must(w.Take(t.Context(), Clerk{Account: "other", Agency: "social"}, all[4].ID))
	ids := func(f Filter) (ids []string) {
		t.Helper()
		f.Limit = 10
		cases, err := w.Queue(t.Context(), clerk, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			ids = append(ids, c.ID)
		}
		return ids
	}
	for _, c := range []struct {
		name string
		f    Filter
		want []string
	}{
		{"mine", Filter{View: ViewMine}, []string{all[1].ID, all[2].ID}},
		{"common", Filter{View: ViewCommon}, []string{all[0].ID}},
		{"waiting", Filter{View: ViewWaiting}, []string{all[2].ID}},
		{"closed", Filter{View: ViewClosed}, []string{all[3].ID}},
		{"late", Filter{View: ViewLate}, nil},
		{"by number", Filter{View: ViewMine, Number: all[3].Number}, []string{all[3].ID}},
		{"by surname, spelt otherwise", Filter{Surname: " БЕРЕЗКИНА"}, []string{all[0].ID, all[1].ID, all[2].ID, all[3].ID, all[4].ID}},
		{"of another service", Filter{View: ViewCommon, Service: signed}, nil},
	} {
		got := ids(c.f) // IDs made within a millisecond are in no order
		slices.Sort(got)
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	counts, err := w.Counts(t.Context(), clerk)
	if diff := cmp.Diff(map[View]int{ViewMine: 2, ViewCommon: 1, ViewWaiting: 1, ViewLate: 0}, counts); err != nil || diff != "" {
		t.Error(err, diff)
	}
	w.pass(30 * 24 * time.Hour)
	if late := ids(Filter{View: ViewLate}); len(late) != 3 { // one waits for the citizen
		t.Errorf("%d are late", len(late))
	}
}

func TestTheTaxRegisterIsAskedAndUnderstood(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		want       Outcome
		fails      bool
	}{
		{"somebody with income", `{"requestId": "ID", "status": "found", "agents": [{"name": "ООО «Пример»", "inn": "7700000000", "kpp": "770001001", "income": [{"month": 1, "code": "2000", "kopecks": 5000000}], "incomeKopecks": 5000000, "taxKopecks": 650000}], "totals": {"incomeKopecks": 5000000, "taxKopecks": 650000}}`,
			Outcome{Approved: true, Data: map[string]string{"year": "2025", "income": "5000000", "tax": "650000"},
				Rows: []map[string]string{{"agent": "ООО «Пример»", "inn": "7700000000", "month": "1", "code": "2000", "income": "5000000"}}}, false},
		{"nobody", `{"requestId": "ID", "status": "not_found"}`, Outcome{Reason: "application.refuse_unknown"}, false},
		{"other data", `{"requestId": "ID", "status": "mismatch", "fields": ["snils", "birthDate"]}`,
			Outcome{Reason: "application.refuse_mismatch", Fields: []string{"application.differs_snils", "application.differs_birthdate"}}, false},
		{"garbage", `<html>`, Outcome{}, true},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, c.body)
		}))
		got, err := Income(tax.New(register.Config{URL: server.URL, Token: "t"}))(t.Context(), Request{ID: "ID", Service: income, Answers: answersFor(income)})
		server.Close()
		if (err != nil) != c.fails {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestAResultWhoseJobDiesBetweenItsStepsIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.sent(acc, anna, income)
	// The runner is killed twice while the register is asked: each time nothing
	// of the step remains.
	deaths := 0
	w.register = func(Request) (Outcome, error) {
		if deaths++; deaths < 3 {
			panic("killed")
		}
		return found, nil
	}
	for range 4 {
		w.drain()
		w.pass(time.Minute)
	}
	w.is(a, Done)
	if papers, done := w.resultsOf(a); papers != 1 || done != 1 || deaths != 3 {
		t.Errorf("%d documents, %d notices, asked %d times", papers, done, deaths)
	}
	if diff := cmp.Diff([]string{"sent", "review", "confirmed", "done"}, w.journal(a)); diff != "" {
		t.Error(diff)
	}
}

func BenchmarkSubmit(b *testing.B) {
	w := newWorld(b)
	acc := w.citizen(anna)
	sub := w.submission(acc, anna, direct, "")
	for b.Loop() {
		sub.Key = id.New()
		if _, err := w.Submit(b.Context(), sub); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAQuestionAskedWhileTheRegisterIsSilentStaysOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	w.register = func(Request) (Outcome, error) { return Outcome{}, errors.New("not understood") }
	a := w.sent(acc, anna, income)
	for range fewTries {
		w.drain()
		w.pass(11 * time.Minute)
	}
	taxman := Clerk{Account: "taxman", Agency: "tax", Name: "Петрова А. А."}
	if _, err := w.TakeNext(t.Context(), taxman); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Retry(t.Context(), taxman, a.ID); err != nil {
		t.Fatal(err)
	}
	w.register = func(Request) (Outcome, error) {
		if len(w.asked) == 2*fewTries { // the last try of the second time
			if _, err := w.AskFor(t.Context(), taxman, a.ID, Ask{What: "Какой ИНН?", Until: w.today().Add(3)}); err != nil {
				t.Error(err)
			}
		}
		return Outcome{}, errors.New("not understood")
	}
	for range fewTries {
		w.drain()
		w.pass(11 * time.Minute)
	}
	if got := w.is(a, Clarify); got.Ask == nil {
		t.Error("nothing is asked any more")
	}
}

func TestACaseThatWaitsForTheCitizenIsNotLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acc := w.citizen(anna)
	a := w.taken(acc, anna, direct)
	if _, err := w.AskFor(t.Context(), clerk, a.ID, Ask{What: "Что?", Until: w.today().Add(30)}); err != nil {
		t.Fatal(err)
	}
	w.drain()
	w.pass(20 * 24 * time.Hour)
	counts, err := w.Counts(t.Context(), clerk)
	if err != nil || counts[ViewLate] != 0 || counts[ViewWaiting] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if _, err := w.Answer(t.Context(), Answer{Account: acc, Application: a.ID, Text: "Вот"}); err != nil {
		t.Fatal(err)
	}
	w.drain()
	w.pass(20 * 24 * time.Hour)
	if counts, err = w.Counts(t.Context(), clerk); err != nil || counts[ViewLate] != 1 {
		t.Errorf("after the answer: %v, %v", counts, err)
	}
}
