package app

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/consent"
	"kabinet/internal/eform"
	"kabinet/internal/person"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/web/webtest"
)

// Proves: A-22
func TestTheFirstStepsTellHowFarANewAccountIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser = w.signIn(worldPhone)
	page := w.browser.Get("/profile/start")
	states := func() map[string]string {
		all := map[string]string{}
		for _, row := range w.browser.Get("/profile/start").All("main .rows > li") {
			text := webtest.Text(row)
			for _, state := range []string{"Готово", "Не сделано", "В работе"} {
				if strings.HasSuffix(text, state) {
					for _, name := range []string{"Уведомления", "Безопасность", "Привязка устройств", "Согласия", "Личные данные", "Подтверждение личности", "Проверочное заявление"} {
						if strings.HasPrefix(text, name) {
							all[name] = state
						}
					}
				}
			}
		}
		return all
	}
	got := states()
	for name, state := range map[string]string{"Уведомления": "Готово", "Безопасность": "Не сделано", "Привязка устройств": "Не сделано", "Согласия": "Готово",
		"Личные данные": "Готово", "Подтверждение личности": "Не сделано", "Проверочное заявление": "Не сделано"} {
		if got[name] != state {
			t.Errorf("%s: %q, want %q (%s)", name, got[name], state, page.Text("main"))
		}
	}
	home := w.browser.Get("/")
	if !strings.Contains(home.Text("main"), "Первые шаги") || !home.Has(`main a[href="/settings/second"]`) {
		t.Errorf("the first page does not lead to the first step: %s", home.Text("main"))
	}
	w.live() // sends an application
	if got := states()["Проверочное заявление"]; got == "Не сделано" {
		t.Errorf("an application that was sent: %q", got)
	}
	w.browser.Get("/profile/start").Form(`main form[action="/profile/start"]`).Send("hide", "1")
	if page := w.browser.Get("/"); strings.Contains(page.Text("main"), "Первые шаги") {
		t.Error("it cannot be put away")
	}
}

// Proves: B-29
func TestAFormIsFilledInFromTheProfileUnlessThePersonSwitchedItOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser = w.signIn(worldPhone)
	filled := func() bool {
		facts, err := w.facts(t.Context(), w.account)
		if err != nil {
			t.Fatal(err)
		}
		return facts["person.fio.last"] != ""
	}
	if !filled() {
		t.Error("nothing is filled in")
	}
	if page := w.browser.Get("/settings/privacy").Form("main form:has([name=fill])").Set("fill", "").Send(); page.URL.Path != "/settings/privacy" {
		t.Fatalf("%d %s", page.Status, page.URL)
	}
	if filled() {
		t.Error("it is filled in all the same")
	}
}

// Proves: A-20
func TestTheAccountNumberStandsInTheProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser = w.signIn(worldPhone)
	a, err := w.accounts.Account(t.Context(), w.account)
	if err != nil {
		t.Fatal(err)
	}
	if text := w.browser.Get("/profile").Text("main"); !strings.Contains(text, a.Number) || len(a.Number) != 10 {
		t.Errorf("%s is not in the profile", a.Number)
	}
}

// Proves: A-108
func TestWhoLeavesWithdrawsEveryConsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.live()
	if err := w.consents.Leave(t.Context(), w.account); err != nil {
		t.Fatal(err)
	}
	n, err := sqldb.One(t.Context(), w.db, sqldb.Int, `SELECT count(*) FROM consent c WHERE account = $1 AND NOT EXISTS (SELECT 1 FROM consent_end e WHERE e.account = c.account AND e.consent = c.id)`, w.account)
	if err != nil || n != 0 {
		t.Errorf("%d consents are left, %v", n, err)
	}
	if yes, err := w.consents.Active(t.Context(), nil, w.account, account.ConsentData, ""); yes || err != nil {
		t.Errorf("%v, %v", yes, err)
	}
}

// Proves: B-07, B-09, B-10, B-14
func TestVerifiedDataChangeByARequestWithPapersAndACode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser = w.signIn(worldPhone)
	var before person.Person
	err := w.db.Tx(t.Context(), func(tx *sqldb.DB) (err error) {
		if before, err = w.people.PersonIn(t.Context(), tx, w.account); err != nil {
			return err
		}
		_, err = w.people.Verify(t.Context(), tx, w.account, before, []person.Part{person.Passport}, audit.Portal())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	const path = "/profile/identity/change/passport"
	if page := w.browser.Get("/profile"); !page.Has(`main a[href="` + path + `"]`) {
		t.Fatalf("the profile does not lead to a request: %s", page.Text("main"))
	}
	form := func() *webtest.Form {
		return w.browser.Get(path).Form("main form:has([name=passport_number])").Set("passport_number", "700001")
	}
	if page := form().Send(); page.Status != http.StatusUnprocessableEntity || !strings.Contains(page.Text("main"), "Приложите хотя бы один файл") {
		t.Errorf("without papers: %d %s", page.Status, page.Text("main"))
	}
	if page := form().Attach("file", "паспорт.exe", "image/png", []byte("MZ not a picture")).Send(); page.Status != http.StatusUnprocessableEntity {
		t.Errorf("a file that is no scan: %d %s", page.Status, page.Text("main"))
	}
	page := form().Attach("file", "паспорт.png", "image/png", picture(t)).Send()
	if !strings.HasPrefix(page.URL.Path, "/profile/confirm/") {
		t.Fatalf("no code is asked for: %d %s %s", page.Status, page.URL, page.Text("main"))
	}
	w.drain()
	page = page.Form("main form:has([name=code])").Set("code", sixDigits.FindString(w.lastSMS(worldPhone))).Send()
	if !strings.HasPrefix(page.URL.Path, "/profile/identity/requests/") || !strings.Contains(page.Text("main"), "Ожидает проверки") {
		t.Errorf("after the code: %d %s %s", page.Status, page.URL, page.Text("main"))
	}
	if p, err := w.people.Person(t.Context(), w.account); err != nil || p.PassportNumber != before.PassportNumber {
		t.Errorf("it changed before anybody looked: %s, %v", p.PassportNumber, err)
	}
	if page := w.browser.Get("/profile/identity/change/policy"); page.Status != http.StatusNotFound {
		t.Errorf("data that nobody verifies: %d", page.Status)
	}
}

// Proves: B-31
func TestWhatFormsMayAskForIsWhatProfilesKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	full := person.Person{Surname: "а", Name: "а", Patronymic: "а", BirthDate: "а", BirthPlace: "а", Sex: "f", PassportSeries: "1", PassportNumber: "1", PassportIssuedBy: "а",
		PassportIssuedOn: "а", DivisionCode: "1", SNILS: "1", INN: "1", Address: "а", PolicyNumber: "1", AbroadNumber: "1", LicenceNumber: "1", Citizenship: "а", OGRNIP: "1",
		Employer: "а", Position: "а", TaxResidency: "а"}
	for _, kin := range []person.Kin{person.Child, person.Spouse} {
		full.Relatives = append(full.Relatives, person.Relative{ID: string(kin), Kin: kin, Surname: "а", Name: "а", Patronymic: "а", BirthDate: "а", SNILS: "1", Policy: "1"})
	}
	full.Relatives[0].Certificate = "1"
	err := w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.people.Put(t.Context(), tx, w.account, full, audit.Portal()) })
	if err != nil {
		t.Fatal(err)
	}
	if err := w.consents.Agree(t.Context(), w.account, "s", consent.Extra); err != nil {
		t.Fatal(err)
	}
	facts, err := w.facts(t.Context(), w.account)
	if err != nil {
		t.Fatal(err)
	}
	sources := eform.Sources()
	for fact := range facts {
		known := false
		for source := range sources {
			known = known || fact == source || strings.HasPrefix(fact, source+".")
		}
		if !known {
			t.Errorf("no form can ask for %s", fact)
		}
	}
	for source := range sources {
		known := source == "person.bank" // of the payments
		for fact := range facts {
			known = known || fact == source || strings.HasPrefix(fact, source+".")
		}
		if !known {
			t.Errorf("no profile knows %s", source)
		}
	}
}

func TestEverySettingLeadsToItsPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser = w.signIn(worldPhone)
	links := w.browser.Get("/settings").All("main .rows a")
	if len(links) < 9 {
		t.Errorf("%d settings", len(links))
	}
	for _, link := range links {
		if page := w.browser.Get(webtest.Attr(link, "href")); page.Status != http.StatusOK {
			t.Errorf("%s answers %d", webtest.Attr(link, "href"), page.Status)
		}
	}
}

// Proves: A-19
func TestANewAccountHasItsLoginNumberDataAndServices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hash, err := w.accounts.Hash(t.Context(), demoPassword)
	if err != nil {
		t.Fatal(err)
	}
	newcomer := account.Newcomer{Name: account.Name{Surname: "Ким", Name: "Виктор"}, Phone: "+79000007788", Hash: hash, Consents: []string{account.ConsentData}}
	enrol := func() (made account.Account, err error) {
		err = w.db.Tx(t.Context(), func(tx *sqldb.DB) (err error) {
			made, err = w.accounts.Enrol(t.Context(), tx, newcomer, audit.Portal())
			return err
		})
		return made, err
	}
	made, err := enrol()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := enrol(); !errors.Is(err, account.ErrTaken) {
		t.Errorf("a login belongs to two: %v", err)
	}
	w.browser = w.signIn(newcomer.Phone)
	if text := w.browser.Get("/profile").Text("main"); !strings.Contains(text, "Ким Виктор") || !strings.Contains(text, made.Number) {
		t.Errorf("the profile says %s", text)
	}
	if page := w.browser.Get("/services"); !page.Has(`main a[href^="/services/"]`) {
		t.Errorf("no services: %s", page.Text("main"))
	}
	if agreed, err := w.consents.Active(t.Context(), nil, made.ID, consent.Data, ""); !agreed || err != nil {
		t.Errorf("what was agreed to is not kept: %v", err)
	}
}
