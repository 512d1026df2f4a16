package proofing

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/sandbox"
)

// said is what a request tells the person, in Russian.
func (w *world) said(r Request) string {
	ctx := w.Texts.With(w.t.Context(), i18n.RU, time.UTC, w.now())
	var all []string
	for _, text := range r.Why() {
		all = append(all, text.In(ctx))
	}
	return strings.ReplaceAll(strings.Join(all, " "), "\u00a0", " ")
}

// Proves, B-22, B-23, S-08, S-09
func TestRegistersThatAgreeMakeTheAccountStandard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	r := w.submitted(a, sample(0))
	if r.State != Approved || w.level(a) != account.Standard {
		t.Fatalf("state %s, level %s: %s", r.State, w.level(a), w.said(r))
	}
	p := w.person(a)
	for _, part := range person.Parts {
		if !p.Is(part) {
			t.Errorf("%s is not verified", part)
		}
	}
	if p.INN != sandbox.People[0].INN || p.Address != sandbox.People[0].Address {
		t.Errorf("the registers told ИНН and address, known are %q, %q", p.INN, p.Address)
	}
	for _, l := range Logins(p) {
		if found, err := w.Accounts.Find(t.Context(), l); err != nil || found != a {
			t.Errorf("the account is not found by %s: %v", l.Kind, err)
		}
	}
	if proofs, err := w.Proofs(t.Context(), a); err != nil || len(proofs) != 1 || proofs[0].Method != "proofing.by_registers" {
		t.Errorf("proofs: %+v %v", proofs, err)
	}
	if acts := w.acts(a); !slices.Contains(acts, "proofing.audit_submitted") || !slices.Contains(acts, "proofing.audit_approved") || !slices.Contains(acts, "account.audit_level") {
		t.Errorf("the log says %v", acts)
	}
	_, err := w.Submit(t.Context(), Submission{Account: a, Person: sample(0)})
	want(t, err, ErrDone)
}

func TestAnAddressThatIsNotTheRegistersStaysAsItWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	p := sample(0)
	p.Address = "г. Другой, ул. Иная, 5"
	w.submitted(a, p)
	if got := w.person(a); got.Address != p.Address || got.Is(person.Home) {
		t.Errorf("the address became %q, verified: %v", got.Address, got.Is(person.Home))
	}
	b := w.citizen("+79000000002")
	p = sample(1)
	p.Address = strings.ToUpper(sandbox.People[1].Address)
	w.submitted(b, p)
	if got := w.person(b); got.Address != p.Address || !got.Is(person.Home) {
		t.Errorf("the same address in capitals became %q, verified: %v", got.Address, got.Is(person.Home))
	}
}

// Proves
func TestWhatDiffersIsNamed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		says   string
		set    sandbox.State
		change func(*person.Person)
		state  State
		words  string
	}{
		{"the birth date", sandbox.State{}, func(p *person.Person) { p.BirthDate = "1991-03-15" }, Failed, "Паспортный реестр: не совпадает поле «Дата рождения»."},
		{"the surname at one register", sandbox.State{Pension: sandbox.StateSurname}, nil, Failed, "Пенсионный реестр: не совпадает поле «Фамилия»."},
		{"the day of issue", sandbox.State{}, func(p *person.Person) { p.PassportIssuedOn = "2011-03-21" }, Failed, "не совпадает поле «Дата выдачи»"},
		{"an expired passport", sandbox.State{Passport: sandbox.StateExpired}, nil, Failed, "Срок действия паспорта истёк"},
		{"a lost passport", sandbox.State{Passport: sandbox.StateInvalid}, nil, Failed, "паспорт недействителен"},
		{"somebody else's passport", sandbox.State{Passport: sandbox.StateOther}, nil, Failed, "не удалось подтвердить онлайн"},
		{"a dead holder is not told of", sandbox.State{Passport: sandbox.StateDead}, nil, Failed, "не удалось подтвердить онлайн"},
		{"another ИНН", sandbox.State{}, func(p *person.Person) { p.INN = sandbox.People[1].INN }, Failed, "другой ИНН"},
		{"no ИНН in the register", sandbox.State{Tax: sandbox.StateMissing}, func(p *person.Person) { p.INN = sandbox.People[0].INN }, Failed, "не нашёл вашего ИНН"},
		{"a register that does not know the passport asks for papers", sandbox.State{Passport: sandbox.StateMissing}, nil, Papers, "не нашёл паспорта"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.citizen("+79000001234")
			if tt.set != (sandbox.State{}) {
				tt.set.Person = "1"
				w.set(tt.set)
			}
			p := sample(0)
			if tt.change != nil {
				tt.change(&p)
			}
			r := w.submitted(a, p)
			if r.State != tt.state || !strings.Contains(w.said(r), tt.words) || w.level(a) != account.Simplified {
				t.Errorf("state %s, level %s: %s", r.State, w.level(a), w.said(r))
			}
			if got := w.person(a); got.BirthDate != p.BirthDate || got.Is(person.Identity) {
				t.Errorf("what was typed became %+v", got)
			}
		})
	}
}

// Proves
func TestThereAreThreeTriesAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	wrong := sample(0)
	wrong.BirthDate = "1991-03-15"
	for range 3 {
		if r := w.submitted(a, wrong); r.State != Failed {
			t.Fatalf("state %s", r.State)
		}
		w.pass(10 * time.Minute)
	}
	_, err := w.Submit(t.Context(), Submission{Account: a, Person: sample(0)})
	want(t, err, limit.ErrTooMany)
	if wait := limit.After(err); wait != 30*time.Minute {
		t.Errorf("wait %v, want half an hour from the first of three", wait)
	}
	w.pass(30 * time.Minute)
	if r := w.submitted(a, sample(0)); r.State != Approved {
		t.Errorf("an hour after the first: %s %s", r.State, w.said(r))
	}
}

// Proves: A-57
func TestWithoutAPhoneNothingIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var made account.Account
	w.in(func(tx *sqldb.DB) (err error) {
		made, err = w.Accounts.Make(t.Context(), tx, account.Sample{Level: account.Simplified, Email: "a@example.test"})
		return err
	})
	_, err := w.Submit(t.Context(), Submission{Account: made.ID, Person: sample(0)})
	want(t, err, account.ErrNoPhone)
	half := sample(0)
	half.SNILS = ""
	_, err = w.Submit(t.Context(), Submission{Account: w.citizen("+79000001234"), Person: half})
	want(t, err, ErrIncomplete)
}

// Proves: A-65
func TestARegisterThatIsDownIsAskedAgainForFiveDays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.partner(sandbox.PartnerPension, sandbox.ModeDown)
	a, b := w.citizen("+79000001234"), w.citizen("+79000000002")
	r := w.submitted(a, sample(0))
	if r.State != Checking || !slices.Equal(r.Silent, []string{Pension}) || len(r.Answers) != 2 {
		t.Fatalf("state %s, silent %v, answers %v", r.State, r.Silent, r.Answers)
	}
	_, err := w.Submit(t.Context(), Submission{Account: a, Person: sample(0)})
	want(t, err, ErrOpen)
	w.partner(sandbox.PartnerPension, sandbox.ModeOK)
	w.pass(time.Hour)
	w.drain()
	if r = w.request(r); r.State != Approved {
		t.Errorf("after the register got well: %s", r.State)
	}

	w.partner(sandbox.PartnerPassport, sandbox.ModeBroken)
	r = w.submitted(b, sample(1))
	for range 6 {
		w.pass(24 * time.Hour)
		w.drain()
	}
	if r = w.request(r); r.State != Review || w.level(b) != account.Simplified {
		t.Errorf("after five days: %s", r.State)
	}
	if n, err := w.WaitingCount(t.Context()); err != nil || n != 1 {
		t.Errorf("%d wait for a verifier, %v", n, err)
	}
}

func TestTwoWindowsMakeOneRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = w.Submit(t.Context(), Submission{Account: a, Person: sample(0)}) })
	}
	wg.Wait()
	good := 0
	for _, err := range errs {
		if err == nil {
			good++
		} else {
			want(t, err, ErrOpen)
		}
	}
	if good != 1 {
		t.Errorf("%d requests", good)
	}
}

func TestAJobThatRunsTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen("+79000001234")
	r := w.submitted(a, sample(0))
	before := len(w.acts(a))
	w.in(func(tx *sqldb.DB) error { return addAsk(t, tx, r) })
	w.drain()
	if after := len(w.acts(a)); after != before {
		t.Errorf("%d lines became %d", before, after)
	}
}

// Proves: A-14
func TestWhoComesSecondLearnsNothingAndAVerifierFindsOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.citizen("+79000001234"), w.citizen("+79000000002")
	w.submitted(first, sample(0))
	r := w.submitted(second, sample(0))
	if r.State != Review || r.Other != first || w.level(second) != account.Simplified {
		t.Fatalf("state %s, other %q", r.State, r.Other)
	}
	page := w.browser(second, false).Get(requestPath(r.ID))
	if text := page.Text("main"); !strings.Contains(text, "не удалось подтвердить онлайн") || strings.Contains(text, "двойник") || strings.Contains(text, "другой учётной") {
		t.Errorf("the second is told: %s", text)
	}
	v := w.verifier("+79000000105")
	c, err := w.Look(t.Context(), v, r.ID)
	want(t, err, nil)
	if c.Other == nil || c.Other.Account.ID != first || !slices.Contains(w.acts(first), "proofing.audit_looked") {
		t.Errorf("the verifier sees %+v", c.Other)
	}
	want(t, w.Decide(t.Context(), v, r.ID, Decision{Approve: true}), nil)
	want(t, w.Decide(t.Context(), v, r.ID, Decision{Reason: "doubt"}), ErrState)
	want(t, w.Cancel(t.Context(), second, "s", r.ID), ErrState)
	w.drain()
	if w.level(first) != account.Simplified || w.person(first).Is(person.Passport) {
		t.Errorf("the first is still %s", w.level(first))
	}
	if w.level(second) != account.Standard || w.request(r).State != Approved {
		t.Errorf("the second is %s", w.level(second))
	}
	if found, err := w.Accounts.Find(t.Context(), account.Login{Kind: account.SNILS, Value: sample(0).SNILS}); err != nil || found != second {
		t.Errorf("the СНИЛС leads to %s, %v", found, err)
	}
}

func TestADuplicateThatIsRefusedLeavesTheFirstAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := w.citizen("+79000001234"), w.citizen("+79000000002")
	w.submitted(first, sample(0))
	r := w.submitted(second, sample(0))
	want(t, w.Decide(t.Context(), w.verifier("+79000000105"), r.ID, Decision{Reason: "doubt", Words: "Придите в центр."}), nil)
	w.drain()
	if r = w.request(r); r.State != Refused || r.Reason != "proofing.reason_doubt" || w.level(first) != account.Standard {
		t.Errorf("state %s %s, the first is %s", r.State, r.Reason, w.level(first))
	}
}

func addAsk(t *testing.T, tx *sqldb.DB, r Request) error {
	t.Helper()
	return jobs.Add(t.Context(), tx, askJob{r.Account, r.ID})
}
