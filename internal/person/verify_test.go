package person

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/sqldb"
)

// Proves: A-55
func TestTheLevelFollowsWhatWasVerified(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.citizen(t, "+79000001234")
	level := func(says string, wanted account.Level) {
		t.Helper()
		one, err := w.accounts.Account(t.Context(), a)
		want(t, err, nil)
		if one.Level != wanted {
			t.Errorf("%s: level %s, want %s", says, one.Level, wanted)
		}
	}
	in := func(f func(tx *sqldb.DB) error) {
		t.Helper()
		want(t, w.db.Tx(t.Context(), f), nil)
	}
	in(func(tx *sqldb.DB) error {
		_, err := w.Fill(t.Context(), tx, a, sokolova(), Parts, audit.Portal())
		return err
	})
	level("all is typed, nothing verified", account.Simplified)
	in(func(tx *sqldb.DB) error {
		_, err := w.Verify(t.Context(), tx, a, sokolova(), []Part{Identity, Passport}, audit.Portal())
		return err
	})
	level("the СНИЛС was not verified", account.Simplified)
	in(func(tx *sqldb.DB) error {
		got, err := w.Verify(t.Context(), tx, a, sokolova(), []Part{Numbers}, audit.Portal())
		if !got.Proved() {
			t.Error("all was verified")
		}
		return err
	})
	level("all was verified", account.Standard)
	in(func(tx *sqldb.DB) error {
		got, err := w.Fill(t.Context(), tx, a, Person{Surname: "Иванова", Address: "пос. Ёлкино"}, []Part{Identity, Home}, audit.Portal())
		if got.Surname != "Соколова" || got.Address != "пос. Ёлкино" {
			t.Errorf("typing over what was verified makes %+v", got)
		}
		return err
	})
	level("the address does not matter", account.Standard)
	in(func(tx *sqldb.DB) error { return w.Doubt(t.Context(), tx, a, []Part{Passport}, audit.Portal()) })
	level("the passport is in doubt", account.Simplified)
	if p, err := w.Person(t.Context(), a); err != nil || p.PassportNumber != "123456" || p.Is(Passport) {
		t.Errorf("after the doubt: %+v %v", p, err)
	}
}

// Proves: A-12
func TestAFormOfSeveralPartsForgivesWhatPeoplePaste(t *testing.T) {
	t.Parallel()
	typed := url.Values{"surname": {"Соколова"}, "name": {"Марина"}, "birth_date": {"14/03/1991"}, "passport_series": {"00 00 № 123456"}, "passport_number": {""},
		"issued_on": {"20-03-2011"}, "issued_by": {"Отделом"}, "division": {"990 001"}, "snils": {"112–233–445 95"}, "inn": {"5001 0073 2259"}}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(typed.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	f := NewDataForm(Person{Sex: Female}, func() time.Time { return noon }, Identity, Passport, Numbers)
	f.Require("division", "snils")
	if !f.Read(r) {
		for _, field := range f.Fields() {
			if !field.Error.IsZero() {
				t.Errorf("%s: %v", field.Name, field.Error)
			}
		}
	}
	wanted := Person{Surname: "Соколова", Name: "Марина", BirthDate: "1991-03-14", Sex: Female, PassportSeries: "0000", PassportNumber: "123456",
		PassportIssuedOn: "2011-03-20", PassportIssuedBy: "Отделом", DivisionCode: "990001", SNILS: "11223344595", INN: "500100732259"}
	if diff := cmp.Diff(wanted, f.Person(Person{Sex: Female}), cmpopts.IgnoreUnexported(Person{})); diff != "" {
		t.Error(diff)
	}
}
