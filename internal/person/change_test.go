package person

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

// change proposes and confirms a change as its holder does.
func (w world) change(t *testing.T, a string, c Proposal) error {
	t.Helper()
	p, err := w.Person(t.Context(), a)
	want(t, err, nil)
	c.Version = p.Version()
	id, err := w.Propose(t.Context(), a, c)
	if err != nil {
		return err
	}
	_, err = w.Confirm(t.Context(), a, "s", id, w.code(t))
	return err
}

func (w world) agree(t *testing.T, a string) {
	t.Helper()
	want(t, w.consents.Agree(t.Context(), a, "s", consent.Extra), nil)
}

func (w world) person(t *testing.T, a string) Person {
	t.Helper()
	p, err := w.Person(t.Context(), a)
	want(t, err, nil)
	return p
}

// Proves: B-07
func TestAChangeNeedsItsOwnCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.citizen(t, "+79000001234"), w.citizen(t, "+79000001235")
	id, err := w.Propose(t.Context(), a, Proposal{Version: w.person(t, a).Version(), Parts: []Part{Home}, Person: Person{Address: "ул. Садовая, 5"}})
	want(t, err, nil)
	code := w.code(t)
	other, err := w.Propose(t.Context(), a, Proposal{Version: w.person(t, a).Version(), Parts: []Part{Home}, Person: Person{Address: "ул. Речная, 1"}})
	want(t, err, nil)
	_, err = w.Confirm(t.Context(), a, "s", other, code)
	want(t, err, account.ErrCode) // sent for another change
	_, err = w.Confirm(t.Context(), b, "s", id, code)
	want(t, err, ErrOver) // somebody else's
	if w.person(t, a).Address != "" {
		t.Error("it was changed without its code")
	}
	var wg sync.WaitGroup
	errs := make([]error, 2)
	for i := range errs {
		wg.Go(func() { _, errs[i] = w.Confirm(context.Background(), a, "s", id, code) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("the code works %v", errs)
	}
	if got := w.person(t, a).Address; got != "ул. Садовая, 5" {
		t.Errorf("the address is %q", got)
	}
	n, err := w.notices.Unread(t.Context(), a)
	want(t, err, nil)
	if n != 1 {
		t.Errorf("%d notices", n)
	}
}

// Proves: B-21
func TestTheHolderIsToldOfAChangeAndWhatToDoAboutAStranger(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	want(t, w.change(t, a, Proposal{Parts: []Part{Home}, Person: Person{Address: "ул. Садовая, 5"}}), nil)
	list, err := w.notices.Latest(t.Context(), a, 10)
	want(t, err, nil)
	if len(list) != 1 {
		t.Fatalf("%d notices", len(list))
	}
	ctx := w.texts.With(t.Context(), i18n.RU, time.UTC, noon)
	text := strings.ReplaceAll(list[0].Text(ctx), "\u00a0", " ")
	for _, words := range []string{"Раздел «Адрес»", "смените пароль", "завершите чужие сеансы", "восстановите доступ"} {
		if !strings.Contains(text, words) {
			t.Errorf("the notice does not say %q: %s", words, text)
		}
	}
}

func TestAChangeThatNobodyConfirmsIsForgotten(t *testing.T) {
	t.Parallel()
	clock := noon
	w := newWorldOn(t, sqldbtest.New(t, features()...), secrettest.New(t), func() time.Time { return clock })
	a := w.citizen(t, "+79000001234")
	id, err := w.Propose(t.Context(), a, Proposal{Parts: []Part{Home}, Person: Person{Address: "x"}})
	want(t, err, nil)
	clock = clock.Add(changeLife)
	_, _, err = w.Proposal(t.Context(), a, id)
	want(t, err, ErrOver)
	want(t, purgeProposals(t.Context(), w.db, clock), nil)
	left, err := sqldb.One(t.Context(), w.db, sqldb.Int, `SELECT count(*) FROM person_proposal`)
	want(t, err, nil)
	if left != 0 {
		t.Errorf("%d are left", left)
	}
}

// Proves: B-16
func TestDeletingAVerifiedKeyDatumLowersTheLevel(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	p := sokolova()
	p.Verified = Parts
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		if err := w.Put(t.Context(), tx, a, p, audit.Portal()); err != nil {
			return err
		}
		if err := w.accounts.Claim(t.Context(), tx, a, account.Login{Kind: account.SNILS, Value: p.SNILS}); err != nil {
			return err
		}
		return w.accounts.SetLevel(t.Context(), tx, a, account.Confirmed, audit.Portal())
	}), nil)
	v := w.visitor(t, a)
	v.get("/profile/delete/numbers").says("понизится до упрощённого").says("Войти по СНИЛС").says("так велит закон").send("/profile/delete/numbers").confirms(w)
	one, err := w.accounts.Account(t.Context(), a)
	want(t, err, nil)
	got := w.person(t, a)
	if one.Level != account.Simplified || got.SNILS != "" || got.Is(Numbers) || !got.Is(Passport) {
		t.Errorf("level %s, %+v", one.Level, got)
	}
	if _, err := w.accounts.Find(t.Context(), account.Login{Kind: account.SNILS, Value: p.SNILS}); !errors.Is(err, account.ErrNone) {
		t.Errorf("the number still finds the account: %v", err)
	}
	want(t, w.change(t, a, Proposal{Remove: Identity}), nil)
	if got := w.person(t, a); got.Surname != "Соколова" || got.BirthDate != "" {
		t.Errorf("%+v", got)
	}
	want(t, w.change(t, a, Proposal{Remove: "shoes"}), ErrNoPart)
	want(t, audit.Verify(t.Context(), w.db, a), nil)
}

// Proves: B-03, B-06
func TestFamilyAndAdditionalInformationAreKeptByConsentAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	v := w.visitor(t, a)
	v.get("/profile/extra").answers(303, "/consents/extra_data?next=%2Fprofile%2Fextra")
	v.get("/profile/family/new?kin=child").answers(303, "/consents/extra_data?next=%2Fprofile%2Ffamily%2Fnew%3Fkin%3Dchild")
	want(t, w.change(t, a, Proposal{Parts: []Part{Extra}, Person: Person{Employer: "ООО «Пример»"}}), ErrConsent)
	w.agree(t, a)
	v.get("/profile/extra").send("/profile/extra", "employer", "ООО «Пример»", "education", "none").answers(422, "").says("Выберите один из вариантов")
	v.send("/profile/extra", "education", "higher", "tax_residency", "Россия").confirms(w)
	child := "/profile/family/new?kin=child"
	v.get(child).send(child, "relative_surname", "Соколов").answers(422, "")
	v.send(child, "relative_name", "Пётр", "relative_birth", "01.02.2019", "relative_certificate", "2-АЛ 123456").answers(422, "").says("II-АЛ 123456")
	v.send(child, "relative_certificate", "II-ал 123456", "relative_snils", "087-654-303 00").confirms(w)
	v.get("/profile").says("ООО «Пример»").says("Высшее").says("Соколов Пётр").says("1 февраля 2019 г.")
	facts, err := w.Prefill(t.Context(), a)
	want(t, err, nil)
	for name, value := range map[string]string{"person.child.fio.last": "Соколов", "person.child.birth_date": "2019-02-01", "person.child.snils": "08765430300",
		"person.child.certificate": "II-АЛ 123456", "person.employer": "ООО «Пример»", "person.tax_residency": "Россия"} {
		if facts[name].Value != value {
			t.Errorf("%s is %q", name, facts[name].Value)
		}
	}
	one := "/profile/family/" + w.person(t, a).Relatives[0].ID
	v.get(one).send(one, "relative_name", "Павел").confirms(w)
	v.get(one + "/delete").says("Удалить: Соколов Павел").send(one + "/delete").confirms(w)
	if n := len(w.person(t, a).Relatives); n != 0 {
		t.Errorf("%d relatives are left", n)
	}
	v.get(one).answers(404, "")
	v.get("/profile/family/new?kin=neighbour").answers(404, "")
}

// Proves: A-108
// ASVS: V14.2.7
func TestWhatAWithdrawnConsentKeptIsDestroyedWithin30Days(t *testing.T) {
	t.Parallel()
	clock := noon
	w := newWorldOn(t, sqldbtest.New(t, features()...), secrettest.New(t), func() time.Time { return clock })
	a := w.citizen(t, "+79000001234")
	w.agree(t, a)
	want(t, w.change(t, a, Proposal{Parts: []Part{Extra}, Person: Person{Employer: "ООО «Пример»"}}), nil)
	want(t, w.change(t, a, Proposal{Parts: []Part{Extra}, Person: Person{Employer: "ООО «Другой»"}}), nil)
	want(t, w.change(t, a, Proposal{Relative: Relative{Kin: Spouse, Surname: "Соколов", Name: "Илья"}}), nil)
	list, err := w.consents.List(t.Context(), a, consent.OnlyActive, "", 10)
	want(t, err, nil)
	want(t, w.consents.Withdraw(t.Context(), a, "s", list[0].ID), nil)
	facts, err := w.Prefill(t.Context(), a)
	want(t, err, nil)
	if facts["person.employer"].Value != "" || facts["person.spouse.fio.last"].Value != "" || facts["person.fio.last"].Value != "Соколова" {
		t.Errorf("processing goes on: %v", facts)
	}
	clock = clock.Add(destroyAfter - time.Minute)
	want(t, w.runner.Drain(t.Context()), nil)
	if w.person(t, a).Employer == "" {
		t.Error("it was destroyed while it could be agreed to again")
	}
	clock = clock.Add(time.Minute)
	want(t, w.runner.Drain(t.Context()), nil)
	if p := w.person(t, a); p.Employer != "" || len(p.Relatives) != 0 || p.Surname == "" {
		t.Errorf("%+v", p)
	}
	before, err := oldValues(t.Context(), w.db, w.keys, a, "", 10)
	want(t, err, nil)
	for _, c := range before {
		if c.before.Employer != "" || len(c.before.Relatives) > 0 {
			t.Errorf("the history keeps %+v", c.before)
		}
	}
}

func TestAgreeingAnewKeepsTheData(t *testing.T) {
	t.Parallel()
	clock := noon
	w := newWorldOn(t, sqldbtest.New(t, features()...), secrettest.New(t), func() time.Time { return clock })
	a := w.citizen(t, "+79000001234")
	w.agree(t, a)
	want(t, w.change(t, a, Proposal{Parts: []Part{Extra}, Person: Person{Employer: "ООО «Пример»"}}), nil)
	list, err := w.consents.List(t.Context(), a, consent.OnlyActive, "", 10)
	want(t, err, nil)
	want(t, w.consents.Withdraw(t.Context(), a, "s", list[0].ID), nil)
	w.agree(t, a)
	clock = clock.Add(destroyAfter)
	want(t, w.runner.Drain(t.Context()), nil)
	if w.person(t, a).Employer == "" {
		t.Error("it was destroyed all the same")
	}
}

// Proves: B-29, B-30
func TestFormsAreFilledInOnlyForThoseWhoWantIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	v := w.visitor(t, a)
	v.get("/settings/privacy").says("Только вы").says("Медицинские документы").says("Согласия").says("Копия данных")
	v.send("/settings/privacy", "fill", "").answers(303, "/settings/privacy?saved=1")
	facts, err := w.Prefill(t.Context(), a)
	want(t, err, nil)
	if len(facts) != 0 {
		t.Errorf("filled in all the same: %v", facts)
	}
	v.get("/settings/privacy").send("/settings/privacy", "fill", "on").answers(303, "/settings/privacy?saved=1")
	if facts, err = w.Prefill(t.Context(), a); err != nil || facts["person.fio.last"].Value != "Соколова" {
		t.Errorf("%v, %v", facts, err)
	}
	want(t, audit.Verify(t.Context(), w.db, a), nil)
}

// Proves: B-15
func TestTheHistoryIsNarrowedDownAndPaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	for i := range 30 {
		p := Person{Address: "ул. Садовая, " + string(rune('А'+i))}
		want(t, w.Save(t.Context(), a, "", w.person(t, a).Version(), Home, p), nil)
	}
	want(t, w.Save(t.Context(), a, "", w.person(t, a).Version(), Numbers, sokolova()), nil)
	v := w.visitor(t, a)
	v.get("/profile/history?part=numbers").says("СНИЛС и ИНН Вы")
	v.get("/profile/history?part=home")
	list, err := w.History(t.Context(), a, Home, "", 100)
	want(t, err, nil)
	if len(list) != 30 {
		t.Errorf("%d lines", len(list))
	}
	v.get("/profile/history?part=home&before=" + list[24].ID).says("Адрес Вы")
	for _, part := range []Part{"", Home} {
		for _, before := range []string{"", list[3].ID} {
			query, args := changesQuery(a, part, before, 20)
			sqldbtest.NoFullScan(t, w.db, query, args...)
		}
	}
	sqldbtest.NoFullScan(t, w.db, proposalQuery, a, "x", sqldb.At(noon))
	sqldbtest.NoFullScan(t, w.db, purgeQuery, sqldb.At(noon))
}
