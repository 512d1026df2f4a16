package outside

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/person"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/web/webtest"
	"kabinet/internal/sandbox"
)

func mustURL(t *testing.T, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Proves, S-05
func TestSomebodyRegistersThroughABankAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := through(b, "bereg", 0, "ok")
	says(t, page, "Первый вход через «Берег Банк»")
	says(t, page, "Соколова Марина Андреевна")
	says(t, page, "Данные паспорта")
	if page = page.Form(`form[action$="/agree"]`).Send(); page.Status != 422 {
		t.Errorf("without the consent: %d", page.Status)
	}
	says(t, page, "Без согласия войти этим способом нельзя")
	page = page.Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	says(t, page, "Новый кабинет")
	if page = page.Form(`form[action$="/register"]`).Send(); page.Status != 422 {
		t.Errorf("without the consent to process personal data: %d", page.Status)
	}
	page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	owner := w.accountOf(b)
	if owner == "" {
		t.Fatal("nobody is signed in")
	}
	a, err := w.accounts.Account(t.Context(), owner)
	want(t, err, nil)
	if a.Level != account.Confirmed {
		t.Errorf("the level is %s: the bank confirmed who it is", a.Level)
	}
	p, err := w.people.Person(t.Context(), owner)
	want(t, err, nil)
	who := sandbox.People[0]
	if p.PassportNumber != who.PassportNumber || p.SNILS != who.SNILS || p.BirthDate != who.BirthDate || !p.Is(person.Identity) || !p.Is(person.Passport) || !p.Is(person.Numbers) {
		t.Errorf("the bank's data: %+v", p)
	}
	contacts, err := w.accounts.Contacts(t.Context(), owner)
	want(t, err, nil)
	if contacts.Phone != who.Phone || contacts.Email != who.Email {
		t.Errorf("contacts %+v", contacts)
	}
	for _, act := range []string{"account.audit_registered", "outside.audit_linked", "account.audit_level", "account.audit_signed_in"} {
		if !slices.Contains(w.acts(owner), act) {
			t.Errorf("no %s in the log: %v", act, w.acts(owner))
		}
	}

	again := w.browser()
	again.Get("/login")
	through(again, "bereg", 0, "ok")
	if got := w.accountOf(again); got != owner {
		t.Errorf("the second time %q is signed in, want %q", got, owner)
	}
	says(t, again.Get("/settings/signins"), "Вход через банк")
}

// Proves: A-45, S-03
func TestAnAccountIsLinkedOnlyWhenNameAndBirthDateAreTheSame(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		says    string
		change  func(*person.Person)
		differs []string
	}{
		{"the same", nil, nil},
		{"spelt otherwise", func(p *person.Person) { p.Surname = "СОКОЛОВА " }, nil},
		{"no birth date yet", func(p *person.Person) { p.BirthDate = "" }, nil},
		{"another birth date", func(p *person.Person) { p.BirthDate = "1991-03-15" }, []string{"Дата рождения"}},
		{"another name", func(p *person.Person) { p.Name, p.Surname = "Анна", "Ким" }, []string{"Фамилия", "Имя"}},
	} {
		t.Run(tt.says, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			owner := w.someone(0, account.Simplified, tt.change)
			b := w.signedIn(0)
			says(t, b.Get("/settings/outside/bereg"), "Фамилия, имя и дата рождения должны быть одинаковыми")
			page := through(b, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
			page = page.Form(`form[action$="/join"]`).Send()
			list, err := w.Links(t.Context(), owner)
			want(t, err, nil)
			if tt.differs == nil {
				says(t, page, "Вход связан с кабинетом")
				if a, err := w.accounts.Account(t.Context(), owner); err != nil || a.Level != account.Confirmed || len(list) != 1 {
					t.Errorf("level %s, links %v, %v", a.Level, list, err)
				}
				return
			}
			if page.Status != 409 || len(list) != 0 || !slices.Contains(w.acts(owner), "outside.audit_refused") {
				t.Errorf("status %d, links %v, log %v", page.Status, list, w.acts(owner))
			}
			var fields []string
			for _, li := range page.All("main li") {
				fields = append(fields, webtest.Text(li))
			}
			if diff := cmp.Diff(tt.differs, fields); diff != "" {
				t.Error(diff)
			}
			if text := page.Text("main"); strings.Contains(text, "1991") || strings.Contains(text, "Соколова") {
				t.Errorf("the page tells the other's data: %s", text)
			}
		})
	}
}

func TestTheAccountOfAPhoneIsLinkedByACodeSentThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.someone(1, account.Simplified, nil)
	b := w.browser()
	page := through(b, "bereg", 1, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	if strings.Contains(page.Text("main"), "уже есть кабинет.") {
		t.Error("the page tells of an account before the phone is proved")
	}
	page = page.Form(`form[action$="/phone"]`).Set("phone", sandbox.People[1].Phone).Send()
	code := w.code(sandbox.People[1].Phone)
	if page = page.Form(`form[action$="/code"]`).Set("code", "000000").Send(); page.Status != 422 {
		t.Errorf("a wrong code: %d", page.Status)
	}
	page = page.Form(`form[action$="/code"]`).Set("code", code).Send()
	says(t, page, "уже есть кабинет")
	page.Form(`form[action$="/link"]`).Send()
	if got := w.accountOf(b); got != owner {
		t.Errorf("%q is signed in, want %q", got, owner)
	}
}

func TestAPhoneThatTheProviderDoesNotVouchForIsProvedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := through(b, "sever", 2, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	says(t, page, "Ваш телефон")
	id := strings.TrimPrefix(page.URL.Path, "/outside/new/")
	if _, err := w.Register(t.Context(), w.client(b), id, []string{account.ConsentData}, "ru"); err == nil {
		t.Error("an account is made without a phone")
	}
	page = page.Form(`form[action$="/phone"]`).Set("phone", "+79000000077").Send()
	page = page.Form(`form[action$="/code"]`).Set("code", w.code("+79000000077")).Send()
	page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	if w.accountOf(b) == "" {
		t.Error("nobody is signed in")
	}
	// The bank asks for no second step and so the portal does.
	other := w.browser()
	if page := through(other, "sever", 2, "ok"); !strings.HasPrefix(page.URL.Path, "/login/code/") || w.accountOf(other) != "" {
		t.Errorf("a confirmed account is entered without a second step: %s", page.URL)
	}
}

func TestWhoHasAnAccountGetsNoSecondOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.browser()
	page := through(first, "bereg", 3, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	second := w.browser()
	page = through(second, "sever", 3, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page = page.Form(`form[action$="/phone"]`).Set("phone", "+79000000078").Send()
	page = page.Form(`form[action$="/code"]`).Set("code", w.code("+79000000078")).Send()
	page = page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	says(t, page, "У вас уже есть кабинет")
	if page.Status != 409 || w.accountOf(second) != "" {
		t.Errorf("status %d, signed in %q", page.Status, w.accountOf(second))
	}
}

func TestNothingIsKeptOfWhoRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := through(b, "bereg", 0, "ok")
	at := page.URL.Path
	post(t, b, page, at+"/refuse")
	if page := b.Get(at); page.Status != 404 {
		t.Errorf("after refusing: %d", page.Status)
	}
	if page := through(b, "bereg", 0, "refuse"); page.Status != 409 {
		t.Errorf("refused at the bank: %d", page.Status)
	} else {
		says(t, page, "отменён")
	}
}

func TestASubjectBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.someone(0, account.Simplified, nil)
	same := func(p *person.Person) { *p = person.Person{Surname: "Соколова", Name: "Марина"} }
	other := w.someone(1, account.Simplified, same)
	a, b := w.signedIn(0), w.signedIn(1)
	pages := []*webtest.Page{through(a, "bereg", 0, "ok"), through(b, "bereg", 0, "ok")}
	for i, page := range pages {
		pages[i] = page.Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	}
	says(t, pages[0].Form(`form[action$="/join"]`).Send(), "Вход связан с кабинетом")
	page := pages[1].Form(`form[action$="/join"]`).Send()
	if list, err := w.Links(t.Context(), other); err != nil || len(list) != 0 || page.Status != 409 {
		t.Errorf("the second account: %d, links %v, %v", page.Status, list, err)
	}
	says(t, through(b, "bereg", 0, "ok"), "уже связан с другим кабинетом")
}

func TestALinkIsTakenAwayUnlessItIsTheLastWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.someone(0, account.Simplified, nil)
	b := w.signedIn(0)
	page := through(b, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page = page.Form(`form[action$="/join"]`).Send()
	page = page.Form(`form[action$="/bereg/unlink"]`).Send()
	says(t, page, "Вход отвязан")
	if list, err := w.Links(t.Context(), owner); err != nil || len(list) != 0 {
		t.Errorf("links %v, %v", list, err)
	}
	says(t, through(w.browser(), "bereg", 0, "ok"), "Первый вход") // the subject is free again

	only := w.browser()
	page = through(only, "bereg", 4, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	page = only.Get("/settings/outside").Form(`form[action$="/bereg/unlink"]`).Send()
	says(t, page, "единственный способ войти")
	want(t, w.Unlink(t.Context(), w.accountOf(only), "", "sever"), ErrNone)
}

func TestUnlinkingNeedsAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.someone(0, account.Simplified, nil)
	b := w.signedIn(0)
	w.pass(10 * time.Minute)
	for _, path := range []string{"/settings/outside/bereg"} {
		if page := b.Get(path); page.URL.Path != "/confirm" {
			t.Errorf("%s leads to %s", path, page.URL)
		}
	}
}

func TestACopyTellsTheLinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := through(b, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	page.Form(`form[action$="/register"]`).Set("consent", "on").Send()
	section, err := w.Export(t.Context(), w.accountOf(b))
	if err != nil || len(section.Records) != 1 {
		t.Errorf("export %+v, %v", section, err)
	}
}

// Proves: A-109
func TestTheConsentToAProvidersDataEndsTheLinkAndIsAskedAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.someone(0, account.Simplified, nil)
	b := w.signedIn(0)
	join := func() {
		through(b, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send().Form(`form[action$="/join"]`).Send()
	}
	given := func(f consent.Filter) []consent.Consent {
		t.Helper()
		list, err := w.consents.List(t.Context(), owner, f, "", 10)
		want(t, err, nil)
		return list
	}
	join()
	list := given(consent.OnlyActive)
	if len(list) != 1 || list[0].Purpose != consent.Bank || list[0].Object != "outside/bereg" {
		t.Fatalf("consents %+v", list)
	}
	want(t, w.consents.Withdraw(t.Context(), owner, "", list[0].ID), nil)
	if links, err := w.Links(t.Context(), owner); err != nil || len(links) != 0 {
		t.Errorf("after withdrawing: %v, %v", links, err)
	}
	join()
	want(t, w.Unlink(t.Context(), owner, "", "bereg"), nil)
	if list := given(consent.OnlyActive); len(list) != 0 {
		t.Errorf("after unlinking %+v", list)
	}
	join()
	w.pass(366 * 24 * time.Hour)
	again := w.browser()
	page := through(again, "bereg", 0, "ok")
	says(t, page, "Срок прежнего согласия")
	if w.accountOf(again) != "" {
		t.Error("signed in without a consent")
	}
	page.Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	if got := w.accountOf(again); got != owner {
		t.Errorf("%q is signed in, want %q", got, owner)
	}
	if list := given(consent.OnlyActive); len(list) != 1 {
		t.Errorf("after agreeing anew %+v", list)
	}
}

func TestTwoAtOnceLinkASubjectOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.someone(0, account.Simplified, nil)
	w.someone(1, account.Simplified, func(p *person.Person) { *p = person.Person{Surname: "Соколова", Name: "Марина"} })
	var pages []*webtest.Page
	for _, b := range []*webtest.Browser{w.signedIn(0), w.signedIn(1)} {
		pages = append(pages, through(b, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send())
	}
	statuses := make([]int, len(pages))
	var wg sync.WaitGroup
	for i, page := range pages {
		wg.Go(func() {
			if got, err := page.Form(`form[action$="/join"]`).TrySend(); err == nil {
				statuses[i] = got.Status
			}
		})
	}
	wg.Wait()
	slices.Sort(statuses)
	if diff := cmp.Diff([]int{200, 409}, statuses); diff != "" {
		t.Error(diff)
	}
}

func TestAnArrivalMakesOneAccountHoweverOftenTheButtonIsPressed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	page := through(b, "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send()
	c, id := w.client(b), strings.TrimPrefix(page.URL.Path, "/outside/new/")
	var made atomic.Int32
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := w.Register(t.Context(), c, id, []string{account.ConsentData}, "ru"); err == nil {
				made.Add(1)
			}
		})
	}
	wg.Wait()
	if n := made.Load(); n != 1 {
		t.Errorf("%d accounts are made", n)
	}
}

func TestAProvidersWordIsOneStepForStaff(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.someone(0, account.Simplified, nil)
	through(w.signedIn(0), "bereg", 0, "ok").Form(`form[action$="/agree"]`).Set("agree", "on").Send().Form(`form[action$="/join"]`).Send()
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error { return w.accounts.SetStaff(t.Context(), tx, owner, true) }), nil)
	b := w.browser()
	if page := through(b, "bereg", 0, "ok"); w.accountOf(b) != "" || !strings.HasPrefix(page.URL.Path, "/login/code/") {
		t.Errorf("a clerk is let in without a second step: %s", page.URL)
	}
}
