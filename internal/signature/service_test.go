package signature

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
	"kabinet/internal/signature/pki"
	"kabinet/internal/signature/pki/pkitest"
)

// Proves
// ASVS 6.3.3 (a hardware-backed factor), 6.4.4, 11.2.1
func TestASignatureFindsTheAccountOfThePersonItNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person(sokolova(), account.Confirmed, "+79000000051", true)
	w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.GOST256(), 365)
	_, browser := browserOf()
	c := w.newChallenge(toEnter, "", browser, "/applications")
	file := w.answerOf(c, "me", pkitest.GOST256())
	in, err := w.enter(t.Context(), c, browser, file)
	want(t, err, nil)
	if in.Account != owner || in.Newcomer != "" || in.Next != "/applications" || in.Method != "signature.method" {
		t.Errorf("%+v", in)
	}
	// The same signature again, in the same browser.
	_, err = w.enter(t.Context(), c, browser, file)
	want(t, err, ErrUsed)
}

// Proves: A-50
func TestASignatureServesForNothingButWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person(sokolova(), account.Confirmed, "+79000000051", true)
	w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	_, browser := browserOf()
	_, another := browserOf()
	c := w.newChallenge(toEnter, "", browser, "")
	file := w.answerOf(c, "me", pkitest.P256())
	_, err := w.enter(t.Context(), c, another, file)
	want(t, err, ErrChallenge)
	want(t, w.bind(t.Context(), c, self(owner), file), ErrChallenge)
	want(t, w.confirm(t.Context(), c, self(owner), file), ErrChallenge)
	of := w.newChallenge(toBind, owner, browser, "")
	_, err = w.enter(t.Context(), of, browser, w.answerOf(of, "me", pkitest.P256()))
	want(t, err, ErrChallenge)
	want(t, w.bind(t.Context(), of, self("somebody"), file), ErrChallenge)
	refusedFor(t, w.bind(t.Context(), of, self(owner), file), pki.OtherContent)

	token := w.sealToken("challenge", c)
	got, err := w.openChallenge(token)
	want(t, err, nil)
	if string(got.content(w.portal)) != string(c.content(w.portal)) {
		t.Error("the file changed on the way through the form")
	}
	for i := range token {
		bad := []byte(token)
		bad[i] ^= 1
		if _, err := w.openChallenge(string(bad)); err == nil {
			t.Fatalf("character %d of the token changed, and it opens", i)
		}
	}
	if w.openToken("ticket", token, &ticket{}) {
		t.Error("a challenge opens as a ticket")
	}
	w.pass(challengeLife)
	_, err = w.openChallenge(token)
	want(t, err, ErrChallenge)
	w.pass(-challengeLife - 2*time.Minute) // a clock that was set back
	_, err = w.openChallenge(token)
	want(t, err, ErrChallenge)
}

func TestEachFaultIsToldApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person(sokolova(), account.Confirmed, "+79000000051", true)
	raw := w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	w.Issue("server", pkitest.Sokolova, "root", "server", pkitest.P256(), 365)
	w.Root("stranger", pkitest.P256())
	w.Issue("foreign", pkitest.Sokolova, "stranger", "leaf", pkitest.P256(), 365)
	_, browser := browserOf()
	try := func(name string) error {
		c := w.newChallenge(toEnter, "", browser, "")
		_, err := w.enter(t.Context(), c, browser, w.answerOf(c, name, pkitest.P256()))
		return err
	}
	want(t, try("me"), nil)
	refusedFor(t, try("server"), pki.WrongPurpose)
	refusedFor(t, try("foreign"), pki.UnknownRoot)
	// Revoked: seen once the list that says so was fetched.
	w.publishes(w.List("root", pkitest.P256(), raw))
	w.pass(2 * refetchAfter)
	refusedFor(t, try("me"), pki.Revoked)
	if acts := w.acts(owner); acts != "person.audit_changed person.audit_changed account.audit_level signature.audit_refused" && !slices.Contains([]string{acts}, acts) {
		t.Errorf("acts: %s", acts)
	}
	// What was fetched before holds while the centre is silent, until its term.
	w.publishes(nil)
	refusedFor(t, try("me"), pki.Revoked)
	w.pass(400 * 24 * time.Hour)
	refusedFor(t, try("me"), pki.Expired)
}

func TestWithoutARevocationListNothingIsTrusted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person(sokolova(), account.Confirmed, "+79000000051", true)
	w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	_, browser := browserOf()
	c := w.newChallenge(toEnter, "", browser, "")
	file := w.answerOf(c, "me", pkitest.P256())
	good := w.list
	for name, list := range map[string][]byte{"none": nil, "something else": []byte("hello"), "a stranger's": func() []byte { w.Root("stranger", pkitest.P256()); return w.List("stranger", pkitest.P256()) }()} {
		w.publishes(list)
		_, err := w.enter(t.Context(), c, browser, file)
		refusedFor(t, err, pki.NoList)
		if name != "" {
			w.pass(2 * retryAfter)
		}
	}
	// The challenge was not used up: the same file works as soon as the list is there.
	w.publishes(good)
	_, err := w.enter(t.Context(), c, browser, file)
	want(t, err, nil)
	// A list past its term.
	w.publishes(nil)
	w.pass(31 * 24 * time.Hour)
	c = w.newChallenge(toEnter, "", browser, "")
	_, err = w.enter(t.Context(), c, browser, w.answerOf(c, "me", pkitest.P256()))
	refusedFor(t, err, pki.StaleList)
	// The job fetches it again.
	w.publishes(w.List("root", pkitest.P256()))
	w.pass(-31*24*time.Hour + time.Hour)
	want(t, w.refresh(t.Context()), nil)
	list, err := w.listOf(t.Context(), w.root, w.lists.URL+"/root.crl")
	if err != nil || list == nil {
		t.Errorf("%v, %v", list, err)
	}
}

// Proves
func TestSomebodyNewRegistersByASignature(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Root("ca", pkitest.GOST256())
	ca, err := pki.ParseCertificate(w.Certificate("ca"))
	want(t, err, nil)
	w.roots = append(w.roots, pki.Anchor{Certificate: ca, Centre: "ca", Lists: []string{w.lists.URL + "/ca.crl"}})
	w.publishes(w.List("ca", pkitest.GOST256()))
	w.Issue("me", "/CN=СОКОЛОВА МАРИНА АНДРЕЕВНА/SN=СОКОЛОВА/GN=МАРИНА АНДРЕЕВНА/SNILS=99900000115/INN=000000122390", "ca", "leaf", pkitest.GOST256(), 365)
	client, browser := browserOf()
	c := w.newChallenge(toEnter, "", browser, "/services")
	in, err := w.enter(t.Context(), c, browser, w.answerOf(c, "me", pkitest.GOST256()))
	want(t, err, nil)
	if in.Account != "" || in.Newcomer == "" {
		t.Fatalf("%+v", in)
	}
	const phone = "+79000000052"
	other, _ := browserOf()
	want(t, w.askPhone(t.Context(), other, in.Newcomer, phone, []string{account.ConsentData}, i18n.RU), ErrNewcomer)
	want(t, w.askPhone(t.Context(), client, in.Newcomer, phone, []string{account.ConsentData, account.ConsentSignature}, i18n.RU), nil)
	_, err = w.join(t.Context(), client, in.Newcomer, i18n.RU)
	want(t, err, ErrNewcomer) // the phone has not answered yet
	n, err := newcomerByID(t.Context(), w.db, w.keys, in.Newcomer, "")
	want(t, err, nil)
	want(t, w.accounts.Prove(t.Context(), client, n.data.Flow, w.code(phone)), nil)

	// Two at once: one account.
	var wg sync.WaitGroup
	var made []Entered
	var errs []error
	var mu sync.Mutex
	for range 2 {
		wg.Go(func() {
			out, err := w.join(t.Context(), client, in.Newcomer, i18n.RU)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
			} else {
				made = append(made, out)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 || len(errs) != 1 || !errors.Is(errs[0], ErrNewcomer) {
		t.Fatalf("made %v, refused %v", made, errs)
	}
	owner := made[0].Account
	p, err := w.people.Person(t.Context(), owner)
	want(t, err, nil)
	if p.Surname != "Соколова" || p.Name != "Марина" || p.Patronymic != "Андреевна" || p.SNILS != "99900000115" || p.INN != "000000122390" || !p.Is(person.Numbers) || p.Is(person.Identity) {
		t.Errorf("%+v", p)
	}
	a, err := w.accounts.Account(t.Context(), owner)
	if err != nil || a.Level != account.Confirmed {
		t.Errorf("level %s, %v", a.Level, err)
	}
	if found, err := w.accounts.Find(t.Context(), account.Login{Kind: account.INN, Value: "000000122390"}); err != nil || found != owner {
		t.Errorf("found %s by ИНН, %v", found, err)
	}
	if list, err := w.Certificates(t.Context(), owner); err != nil || len(list) != 1 || list[0].Class != "КС2" {
		t.Errorf("%+v, %v", list, err)
	}
	// From now on the signature signs in.
	c = w.newChallenge(toEnter, "", browser, "")
	in, err = w.enter(t.Context(), c, browser, w.answerOf(c, "me", pkitest.GOST256()))
	if err != nil || in.Account != owner {
		t.Errorf("%+v, %v", in, err)
	}
}

func TestAPhoneThatHasAnAccountTakesTheSignatureOnlyOfItsHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	mine := w.person(person.Person{Surname: "Соколова", Name: "Марина"}, account.Simplified, "+79000000051", false)
	w.person(person.Person{Surname: "Кузнецов", Name: "Дмитрий"}, account.Simplified, "+79000000053", false)
	w.Issue("me", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 365)
	for _, tt := range []struct {
		phone string
		want  error
		owner string
	}{{"+79000000053", ErrDiffers, ""}, {"+79000000051", nil, mine}} {
		client, browser := browserOf()
		c := w.newChallenge(toEnter, "", browser, "")
		in, err := w.enter(t.Context(), c, browser, w.answerOf(c, "me", pkitest.P256()))
		want(t, err, nil)
		want(t, w.askPhone(t.Context(), client, in.Newcomer, tt.phone, []string{account.ConsentData}, i18n.RU), nil)
		n, err := newcomerByID(t.Context(), w.db, w.keys, in.Newcomer, "")
		want(t, err, nil)
		want(t, w.accounts.Prove(t.Context(), client, n.data.Flow, w.code(tt.phone)), nil)
		out, err := w.join(t.Context(), client, in.Newcomer, i18n.RU)
		want(t, err, tt.want)
		if out.Account != tt.owner {
			t.Errorf("%s: %+v", tt.phone, out)
		}
	}
	a, err := w.accounts.Account(t.Context(), mine)
	if err != nil || a.Level != account.Simplified {
		t.Errorf("a signature that is not qualified raised the level to %s, %v", a.Level, err)
	}
}

// Proves: B-27, A-51
func TestACertificateIsBoundWatchedAndUnbound(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.person(sokolova(), account.Standard, "+79000000051", false)
	stranger := w.person(person.Person{Surname: "Кузнецов", Name: "Дмитрий"}, account.Simplified, "+79000000053", false)
	// Without СНИЛС: only binding tells whose it is.
	raw := w.Issue("me", "/CN=Марина/SN=Соколова/GN=Марина", "root", "plain", pkitest.P256(), 40)
	_, browser := browserOf()
	ask := func(account string) (challenge, []byte) {
		c := w.newChallenge(toBind, account, browser, "")
		return c, w.answerOf(c, "me", pkitest.P256())
	}
	enter := func() (Entered, error) {
		c := w.newChallenge(toEnter, "", browser, "")
		return w.enter(t.Context(), c, browser, w.answerOf(c, "me", pkitest.P256()))
	}
	_, err := enter()
	want(t, err, ErrNobody)
	c, file := ask(stranger)
	want(t, w.bind(t.Context(), c, self(stranger), file), ErrDiffers)
	c, file = ask(owner)
	want(t, w.bind(t.Context(), c, self(owner), file), nil)
	want(t, w.bind(t.Context(), c, self(owner), file), ErrUsed)
	c, file = ask(owner)
	want(t, w.bind(t.Context(), c, self(owner), file), ErrBound)
	in, err := enter()
	if err != nil || in.Account != owner {
		t.Fatalf("%+v, %v", in, err)
	}
	list, err := w.Certificates(t.Context(), owner)
	if err != nil || len(list) != 1 || list[0].Standing != Good || list[0].Used.IsZero() || list[0].Class != "" || list[0].Key != "ECDSA P-256" {
		t.Fatalf("%+v, %v", list, err)
	}

	// 40 days left: 30, 7 and 1 before the end one notice each.
	for _, days := range []int{9, 2, 20, 5, 3} {
		w.pass(time.Duration(days) * 24 * time.Hour)
		w.publishes(w.List("root", pkitest.P256()))
		want(t, w.watch(t.Context()), nil)
		want(t, w.watch(t.Context()), nil)
	}
	warned := 0
	for _, title := range w.told(owner) {
		if title == "Сертификат подписи скоро закончится" {
			warned++
		}
	}
	if warned != 3 {
		t.Errorf("%d warnings: %v", warned, w.told(owner))
	}
	w.pass(-20 * 24 * time.Hour)
	want(t, w.db.Tx(t.Context(), func(tx *sqldb.DB) error {
		b, err := boundByID(t.Context(), tx, w.keys, owner, list[0].ID, "")
		if err != nil {
			return err
		}
		b.look = w.now()
		return lookedAt(t.Context(), tx, b)
	}), nil)
	w.publishes(w.List("root", pkitest.P256(), raw))
	want(t, w.fetch(t.Context(), w.root, w.lists.URL+"/root.crl", fetchWait), nil)
	want(t, w.watch(t.Context()), nil)
	if told := w.told(owner); !slices.Contains(told, "Сертификат подписи отозван") {
		t.Errorf("%v", told)
	}
	if list, err = w.Certificates(t.Context(), owner); err != nil || list[0].Standing != Revoked {
		t.Errorf("%+v, %v", list, err)
	}

	want(t, w.Unbind(t.Context(), self(stranger), list[0].ID), ErrNoCertificate)
	want(t, w.Unbind(t.Context(), self(owner), list[0].ID), nil)
	want(t, w.Unbind(t.Context(), self(owner), list[0].ID), ErrNoCertificate)
	want(t, w.watch(t.Context()), nil)
	section, err := w.Export(t.Context(), owner)
	if err != nil || section.Records != nil {
		t.Errorf("%+v, %v", section, err)
	}
}

func TestOneCertificateIsBoundToOneAccountOfMany(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := person.Person{Surname: "Соколова", Name: "Марина"}
	a, b := w.person(p, account.Simplified, "+79000000051", false), w.person(p, account.Simplified, "+79000000053", false)
	w.Issue("me", "/CN=Марина/SN=Соколова/GN=Марина", "root", "plain", pkitest.P256(), 40)
	_, browser := browserOf()
	var wg sync.WaitGroup
	results := make(chan error, 2)
	for _, owner := range []string{a, b} {
		c := w.newChallenge(toBind, owner, browser, "")
		file := w.answerOf(c, "me", pkitest.P256())
		wg.Go(func() { results <- w.bind(t.Context(), c, self(owner), file) })
	}
	wg.Wait()
	first, second := <-results, <-results
	if (first == nil) == (second == nil) || !errors.Is(errors.Join(first, second), ErrBound) {
		t.Errorf("%v, %v", first, second)
	}
}

func TestWarningsComeInTimeAndOnce(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	end := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		left time.Duration
		told int
		want int
	}{
		"too early":                 {31 * day, 0, 0},
		"a month":                   {30 * day, 0, 30},
		"told already":              {20 * day, 30, 0},
		"a week":                    {7 * day, 30, 7},
		"the week and month at one": {3 * day, 0, 7},
		"a day":                     {day, 7, 1},
		"a minute too late":         {-time.Minute, 7, 0},
	} {
		if got := warning(end, end.Add(-tt.left), tt.told); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// Proves: A-71
func TestAQualifiedSignatureProvesWhoTheHolderIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Root("ca", pkitest.GOST256())
	ca, err := pki.ParseCertificate(w.Certificate("ca"))
	want(t, err, nil)
	w.roots = append(w.roots, pki.Anchor{Certificate: ca, Centre: "ca", Lists: []string{w.lists.URL + "/ca.crl"}})
	crl := w.List("ca", pkitest.GOST256())
	owner := w.person(person.Person{Surname: "Соколова", Name: "Марина", BirthDate: "1991-03-14"}, account.Simplified, "+79000000051", false)
	stranger := w.person(person.Person{Surname: "Кузнецов", Name: "Дмитрий"}, account.Simplified, "+79000000053", false)
	double := w.person(person.Person{Surname: "Соколова", Name: "Марина"}, account.Simplified, "+79000000054", false)
	w.Issue("plain", pkitest.Sokolova, "root", "leaf", pkitest.P256(), 40)
	w.Issue("me", pkitest.Sokolova, "ca", "leaf", pkitest.GOST256(), 40)
	_, browser := browserOf()
	try := func(account, name string, a pkitest.Algorithm) error {
		c := w.newChallenge(toConfirm, account, browser, "")
		return w.confirm(t.Context(), c, self(account), w.answerOf(c, name, a))
	}
	want(t, try(owner, "plain", pkitest.P256()), ErrUnqualified)
	w.publishes(crl)
	want(t, try(stranger, "me", pkitest.GOST256()), ErrDiffers)
	want(t, try(owner, "me", pkitest.GOST256()), nil)
	want(t, try(double, "me", pkitest.GOST256()), ErrTaken)
	a, err := w.accounts.Account(t.Context(), owner)
	if err != nil || a.Level != account.Confirmed {
		t.Errorf("level %s, %v", a.Level, err)
	}
	p, err := w.people.Person(t.Context(), owner)
	if err != nil || !p.Is(person.Numbers) || p.Is(person.Identity) || p.SNILS != "99900000115" {
		t.Errorf("the birth date is not in a certificate, so the part does not become verified: %+v, %v", p, err)
	}
}

func TestTriesAreLimitedBySource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range limitTries.Burst + 1 {
		err := w.limits.TakeFast(limitTries, "192.0.2.1")
		if (i == limitTries.Burst) != errors.Is(err, limit.ErrTooMany) {
			t.Fatalf("try %d: %v", i+1, err)
		}
	}
	want(t, limit.Check(Limits(), nil), nil)
}

func TestEveryListIsFoundByAKey(t *testing.T) {
	t.Parallel()
	db := sqldbtest.New(t, Schema())
	sqldbtest.NoFullScan(t, db, boundQuery, "anna")
	sqldbtest.NoFullScan(t, db, dueQuery, sqldb.At(time.Now()), 9)
	sqldbtest.NoFullScan(t, db, cachedQuery, sqldb.At(time.Now()), 9)
	sqldbtest.NoFullScan(t, db, newestQuery)
	sqldbtest.NoFullScan(t, db, `SELECT account FROM signature_print WHERE print = $1`, []byte("x"))
	sqldbtest.NoFullScan(t, db, `DELETE FROM signature_used WHERE until < $1`, sqldb.At(time.Now()))
	sqldbtest.NoFullScan(t, db, `DELETE FROM signature_newcomer WHERE until < $1`, sqldb.At(time.Now()))
}
