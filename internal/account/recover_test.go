package account

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
)

const (
	snils    = "11223344595"
	passport = "0011700001"
	fresh    = "Осенний-Дождь 8"
)

// both registers a phone and confirms an address and the numbers of papers.
func (w *world) both() Started {
	w.t.Helper()
	s := w.registered(phone)
	w.added(s, Login{Email, address})
	for _, l := range []Login{{SNILS, snils}, {Passport, passport}} {
		want(w.t, w.db.Tx(w.t.Context(), func(tx *txDB) error { return w.Claim(w.t.Context(), tx, s.Session.Account, l) }), nil)
	}
	return s
}

// Proves
// ASVS: V6.4.1, V6.5.5
func TestRecoveryByTheLinkInALetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.both()
	computer, tablet := client("192.0.2.1"), client("192.0.2.2")
	flow, err := w.StartRecovery(t.Context(), computer, Login{Email, address}, i18n.RU)
	want(t, err, nil)
	code := digits6.FindString(w.letter(address))
	id, secret := w.byLink(address)
	if id != flow || code == "" {
		t.Fatalf("the letter has code %q and flow %s, not %s", code, id, flow)
	}
	step, err := w.TakeLink(t.Context(), tablet, flow, secret)
	want(t, err, nil)
	_, err = w.TakeLink(t.Context(), tablet, flow, secret)
	want(t, err, ErrLink)
	want(t, w.Prove(t.Context(), computer, flow, code), ErrFlow)
	want(t, w.Recover(t.Context(), computer, step.ID, fresh), ErrFlow)
	w.pass(recoverLife - time.Second)
	want(t, w.Recover(t.Context(), tablet, step.ID, fresh), nil)
	if _, why, _ := w.Current(t.Context(), s.Cookie); why == "" {
		t.Error("the old session goes on")
	}
	if !strings.Contains(w.letter(address), "восстановлен") || !strings.Contains(w.lastText(phone), "восстановлен") {
		t.Error("not every contact was told")
	}
	a, err := w.Account(t.Context(), s.Session.Account)
	want(t, err, nil)
	if !a.AskContacts(w.now()) {
		t.Error("the person is not asked to look at the contacts")
	}
}

// Proves: A-101
func TestARecoveryIsOverAfterAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.both()
	c := client("192.0.2.1")
	flow, err := w.StartRecovery(t.Context(), c, Login{Email, address}, i18n.RU)
	want(t, err, nil)
	want(t, w.Prove(t.Context(), c, flow, digits6.FindString(w.letter(address))), nil)
	w.pass(recoverLife)
	want(t, w.Recover(t.Context(), c, flow, fresh), ErrFlow)
	flow, err = w.StartRecovery(t.Context(), c, Login{Email, address}, i18n.RU)
	want(t, err, nil)
	w.pass(EmailLife)
	want(t, w.Prove(t.Context(), c, flow, digits6.FindString(w.letter(address))), ErrCodeOver)
}

// Proves: A-100
func TestPapersOnlyFindTheAccount(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name string
		by   Login
		via  Kind
	}{
		{"СНИЛС, code by SMS", Login{SNILS, snils}, Phone},
		{"passport, code by letter", Login{Passport, passport}, Email},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.both()
			c := client("192.0.2.1")
			flow, err := w.StartRecoveryBy(t.Context(), c, Asked{Login: one.by, Via: one.via, Lang: i18n.RU})
			want(t, err, nil)
			code := digits6.FindString(w.letter(address))
			if one.via == Phone {
				code = w.code(phone)
			}
			step, err := w.Step(t.Context(), c, flow, flowRecover)
			want(t, err, nil)
			if step.To != one.by {
				t.Errorf("the page learns of %+v", step.To)
			}
			want(t, w.Prove(t.Context(), c, flow, code), nil)
			want(t, w.Recover(t.Context(), c, flow, fresh), nil)
		})
	}
}

// Proves
// ASVS: V6.3.8
func TestPapersOfNobodyLookAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.both()
	known, unknown := client("192.0.2.1"), client("192.0.2.2")
	ask := func(c Client, l Login) string {
		flow, err := w.StartRecoveryBy(t.Context(), c, Asked{Login: l, Via: Email, Lang: i18n.RU})
		want(t, err, nil)
		return flow
	}
	a, b := ask(known, Login{SNILS, snils}), ask(unknown, Login{SNILS, "99900000115"})
	for _, d := range []time.Duration{0, CodeLife, CodeLife} {
		w.pass(d)
		one, two := w.Prove(t.Context(), known, a, "000000"), w.Prove(t.Context(), unknown, b, "000000")
		if one == nil || two == nil || one.Error() != two.Error() {
			t.Errorf("after %s: %v for an account, %v for none", d, one, two)
		}
	}
	x, err := w.Step(t.Context(), known, a, flowRecover)
	want(t, err, nil)
	y, err := w.Step(t.Context(), unknown, b, flowRecover)
	want(t, err, nil)
	if x.Life != y.Life || x.Left != y.Left {
		t.Errorf("the steps differ: %+v, %+v", x, y)
	}
}

func TestNobodyIsFloodedByThoseWhoKnowTheirPapers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.both()
	before := len(w.texts(phone))
	for i := range 2 * limitFound.Burst {
		by := Login{SNILS, snils}
		if i%2 == 1 {
			by = Login{Passport, passport}
		}
		_, err := w.StartRecoveryBy(t.Context(), client("192.0.2.1"), Asked{Login: by, Via: Phone, Lang: i18n.RU})
		want(t, err, nil) // nothing tells that no more is sent
	}
	if n := len(w.texts(phone)) - before; n != limitFound.Burst {
		t.Errorf("%d messages came", n)
	}
}

func TestAPaperIsLookedUpAFewTimesAnHour(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func() error {
		_, err := w.StartRecoveryBy(t.Context(), client("192.0.2.1"), Asked{Login: Login{SNILS, "99900000115"}, Via: Phone, Lang: i18n.RU})
		return err
	}
	for range limitFinder.Burst {
		want(t, ask(), nil)
	}
	want(t, ask(), limit.ErrTooMany)
}

// Proves: A-38
// ASVS: V6.4.3
func TestARecoveryDoesNotReplaceTheSecondStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.both()
	want(t, w.db.Tx(t.Context(), func(tx *txDB) error {
		return w.SetLevel(t.Context(), tx, s.Session.Account, Confirmed, person(s.Session.Account))
	}), nil)
	c := client("192.0.2.1")
	flow, err := w.StartRecovery(t.Context(), c, login(phone), i18n.RU)
	want(t, err, nil)
	want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
	want(t, w.Recover(t.Context(), c, flow, fresh), nil)
	in, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: fresh})
	want(t, err, nil)
	if in.Flow == "" {
		t.Fatal("the new password alone lets in")
	}
	step, err := w.Step(t.Context(), c, in.Flow, flowSecond)
	want(t, err, nil)
	if step.To.Kind != Email {
		t.Errorf("the code goes to %s, by which the password was recovered", step.To.Kind)
	}
}

// Proves
func TestUnlockingByLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.both()
	thief := client("203.0.113.9")
	for range failuresToLock {
		_, err := w.SignIn(t.Context(), thief, SignIn{Login: Login{Email, address}, Password: "wrong"})
		if err == nil {
			t.Fatal("a wrong password lets in")
		}
	}
	if text := w.letter(address); !strings.Contains(text, "/unlock") && !strings.Contains(text, "закрыт") {
		t.Errorf("the holder is written %q", text)
	}
	flow, err := w.StartUnlock(t.Context(), thief, Login{Email, address}, i18n.RU)
	want(t, err, nil)
	text := w.letter(address)
	if strings.Contains(text, "/link/") {
		t.Error("a link unlocks")
	}
	want(t, w.Unlock(t.Context(), thief, flow, digits6.FindString(text)), nil)
	_, err = w.SignIn(t.Context(), thief, SignIn{Login: Login{Email, address}, Password: goodPassword})
	want(t, err, nil)
}

func TestAWarningOfARecoveryShutsTheIntruderOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.both()
	c := client("192.0.2.1")
	flow, err := w.StartRecovery(t.Context(), c, login(phone), i18n.RU)
	want(t, err, nil)
	want(t, w.Prove(t.Context(), c, flow, w.code(phone)), nil)
	want(t, w.Recover(t.Context(), c, flow, fresh), nil)
	warning := w.letter(address)
	in, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: fresh})
	want(t, err, nil)
	parts := strings.Split(pathIn(warning), "/")
	_, err = w.UndoWarned(t.Context(), parts[2], parts[3], parts[4])
	want(t, err, nil)
	if _, why, _ := w.Current(t.Context(), in.Cookie); why == "" {
		t.Error("the intruder's session goes on")
	}
	if _, err := w.SignIn(t.Context(), c, SignIn{Login: login(phone), Password: fresh}); !errors.Is(err, ErrWrong) {
		t.Errorf("the intruder's password: %v", err)
	}
}

// Proves
func TestRecoveryOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.both()
	b := s.browser(t)
	b.get("/login").says("Забыли пароль?")
	b.get("/recover").says("Восстановление доступа").says("Нет доступа к телефону").says("Сменился e-mail").says("Вход закрылся сам").says("Сменился номер телефона").says("Забыли пароль")
	b.get("/recover?by=passport").send("login", "00 11 70000").at(422, "/recover").says("вместе 10 цифр")
	b.send("login", "00 11 700001", "via", "email").at(200, "/recover/.*/code").says("Если такая учётная запись есть")
	if strings.Contains(b.body, "•••") {
		t.Error("the page shows a contact")
	}
	link := pathIn(s.letter(address))
	tablet := s.browser(t)
	tablet.get(link).at(200, "/link/recover/.*").press("Продолжить").at(200, "/recover/.*/password")
	tablet.send("password", fresh, "repeat", fresh).at(200, "/login").says("проверьте контакты и включите двухфакторную")
	tablet.send("login", address, "password", fresh).at(200, "/")
	tablet.get("/settings/contacts").says("Всё ли верно?")

	known, unknown := s.browser(t), s.browser(t)
	known.get("/recover?by=snils").send("login", snils, "via", "phone")
	unknown.get("/recover?by=snils").send("login", "99900000115", "via", "phone")
	blur := func(b *browser) string {
		return regexp.MustCompile(`(value|href|action|formaction)="[^"]*"`).ReplaceAllString(b.body, "")
	}
	if known.status != unknown.status || blur(known) != blur(unknown) {
		t.Error("the page tells that СНИЛС has an account")
	}
}
