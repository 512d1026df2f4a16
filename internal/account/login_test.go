package account

import (
	"strings"
	"testing"
)

// Proves: A-34
func TestOneFieldRecognisesTheKindOfLogin(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]Login{
		"+7 900 000-12-34":      {Phone, "+79000001234"},
		"8 (900) 000 12 34":     {Phone, "+79000001234"},
		"79000001234":           {Phone, "+79000001234"},
		"Marina@Example.test":   {Email, "marina@example.test"},
		"112-233-445 95":        {SNILS, "11223344595"},
		"112-233-445\u00a095":   {SNILS, "11223344595"},
		"11223344595":           {SNILS, "11223344595"},
		"500100732259":          {INN, "500100732259"},
		"5001 0073 2259":        {INN, "500100732259"},
		"112-233-445 96":        {}, // a wrong check digit
		"500100732250":          {},
		"7707083893":            {}, // of an organisation
		"1234567890":            {}, // «номер ЛК» is no login
		"marina@":               {},
		"":                      {},
		strings.Repeat("1", 80): {},
	} {
		if got, ok := ParseLogin(typed); got != want || ok != (want != Login{}) {
			t.Errorf("%q is taken for %v", typed, got)
		}
	}
	// Digits of a phone that are a right СНИЛС as well: the groups tell, or the tab.
	if got, _ := ParseLogin("890-000-000 43"); got != (Login{SNILS, "89000000043"}) {
		t.Errorf("the groups of СНИЛС are taken for %v", got)
	}
	if got, _ := ParseLogin("89000000043"); got.Kind != Phone {
		t.Errorf("digits without groups are taken for %v", got)
	}
	if got, _ := ParseLoginBy(SNILS, "89000000043"); got.Kind != SNILS {
		t.Errorf("on the tab of СНИЛС they are taken for %v", got)
	}
}

// Proves
func TestSignInByVerifiedNumbers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	st := s.registered(phone)
	snils, inn := Login{SNILS, "11223344595"}, Login{INN, "500100732259"}
	b := s.browser(t)
	b.get("/login?by=snils").send("login", "112-233-445 95", "password", goodPassword).at(422, "/login").says("Проверьте цифры СНИЛС")
	if b.value("login") != "112-233-445 95" || b.value("by") != "snils" {
		t.Error("the login or its tab is lost")
	}
	b.send("login", "112-233-445 96", "password", goodPassword).at(422, "/login").says("такого СНИЛС не бывает")
	want(t, s.db.Tx(t.Context(), func(tx *txDB) error {
		if err := s.Claim(t.Context(), tx, st.Session.Account, snils); err != nil {
			return err
		}
		return s.Claim(t.Context(), tx, st.Session.Account, inn)
	}), nil)
	b.send("login", "112 233 445 95", "password", goodPassword, "remember", "on").at(200, "/")
	logout(b)
	if got := b.get("/login").value("login"); got != "112-233-445\u00a095" {
		t.Errorf("the login that was to be remembered is %q", got)
	}
	if got := b.get("/login?by=phone").value("login"); got != "" {
		t.Errorf("the tab of phones shows %q", got)
	}
	b = s.browser(t)
	b.get("/login?by=inn&next=/settings/signins").send("login", "500100732259", "password", "wrong").at(422, "/login").says("Проверьте цифры ИНН")
	b.send("password", goodPassword).at(200, "/settings/signins")
	b = s.browser(t)
	b.get("/login?by=phone").send("login", "8 900 000-12-34", "password", "wrong").at(422, "/login").says("Сначала проверьте номер")
	b.get("/login?by=email").send("login", "8 900 000-12-34", "password", "wrong").at(422, "/login").says("Проверьте адрес")
	b.get("/login").send("login", "500100732259", "password", goodPassword).at(200, "/")
}

// Every tab brings the keyboard of its kind and works without a script.
func TestTabsOfTheSignInPage(t *testing.T) {
	t.Parallel()
	b := newSite(t).browser(t)
	for by, mode := range map[string]string{"": "email", "phone": "tel", "email": "email", "snils": "numeric", "inn": "numeric", "number": "email"} {
		b.get("/login?next=/services&by=" + by)
		in := b.all("[name=login]")[0]
		if attr(in, "inputmode") != mode || attr(in, "autocomplete") != "username webauthn" {
			t.Errorf("by %q: inputmode %q, autocomplete %q", by, attr(in, "inputmode"), attr(in, "autocomplete"))
		}
		if current := b.all(`main nav [aria-current]`); len(current) != 1 {
			t.Errorf("by %q: %d tabs are marked", by, len(current))
		}
	}
	if got := b.all(`main a[href="/login?by=snils&next=%2Fservices"]`); len(got) != 1 {
		t.Error("a tab forgets where the person was going")
	}
}
