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

const address = "marina@example.test"

var linkShape = regexp.MustCompile(`https://kabinet\.test(/\S+)`)

// letter returns the last letter to an address, "" when none came.
func (w *world) letter(to string) string {
	w.drain()
	w.mu.Lock()
	defer w.mu.Unlock()
	all := w.mails[to]
	if len(all) == 0 {
		return ""
	}
	return all[len(all)-1].Text
}

// pathIn returns the path of the first link in a text.
func pathIn(text string) string {
	found := linkShape.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	return found[1]
}

// byLink returns the flow and secret of the link in the last letter.
func (w *world) byLink(to string) (flow, secret string) {
	w.t.Helper()
	parts := strings.Split(pathIn(w.letter(to)), "/")
	if len(parts) < 5 {
		w.t.Fatalf("no link in %q", w.letter(to))
	}
	return parts[3], parts[4]
}

// registeredByEmail goes through the registration of an address.
func (w *world) registeredByEmail(to string) Started {
	w.t.Helper()
	c := client("192.0.2.1")
	_, err := w.StartEmailRegistration(w.t.Context(), c, to, i18n.RU)
	want(w.t, err, nil)
	step, err := w.TakeLink(w.t.Context(), c, first(w.byLink(to)), second2(w.byLink(to)))
	want(w.t, err, nil)
	s, err := w.Register(w.t.Context(), c, step.ID, sample())
	want(w.t, err, nil)
	return s
}

func first(a, _ string) string   { return a }
func second2(_, b string) string { return b }

// Proves
func TestRegistrationByEmailGoesOnWhereTheLinkIsOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	computer, phone := client("192.0.2.1"), client("192.0.2.2")
	flow, err := w.StartEmailRegistration(t.Context(), computer, address, i18n.RU)
	want(t, err, nil)
	if err := w.Prove(t.Context(), computer, flow, "000000"); !errors.Is(err, ErrCode) {
		t.Errorf("a code passed: %v", err)
	}
	id, secret := w.byLink(address)
	if id != flow {
		t.Errorf("the letter is about flow %s, not %s", id, flow)
	}
	_, err = w.CheckLink(t.Context(), flow, "0000000000000000000000000a")
	want(t, err, ErrLink)
	for range 3 { // a mail program opens links
		_, err = w.CheckLink(t.Context(), flow, secret)
		want(t, err, nil)
	}
	step, err := w.TakeLink(t.Context(), phone, flow, secret)
	want(t, err, nil)
	_, err = w.TakeLink(t.Context(), computer, flow, secret)
	want(t, err, ErrLink)
	_, err = w.Register(t.Context(), computer, step.ID, sample())
	want(t, err, ErrFlow)
	st, err := w.Register(t.Context(), phone, step.ID, sample())
	want(t, err, nil)
	a, err := w.Account(t.Context(), st.Session.Account)
	want(t, err, nil)
	if a.Level != Simplified || !a.Email || a.Phone {
		t.Errorf("the account is %+v", a)
	}
	a.Level = Confirmed
	if a.Opens() != Simplified {
		t.Error("without a phone services open")
	}
	if a.Phone = true; a.Opens() != Confirmed {
		t.Error("with both contacts services stay closed")
	}
	_, err = w.SignIn(t.Context(), phone, SignIn{Login: Login{Email, address}, Password: goodPassword})
	want(t, err, nil)
}

// ASVS: V6.4.1
func TestALinkToRegisterIsOverAfterADay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.StartEmailRegistration(t.Context(), client("192.0.2.1"), address, i18n.RU)
	want(t, err, nil)
	flow, secret := w.byLink(address)
	w.pass(linkLife - time.Second)
	_, err = w.CheckLink(t.Context(), flow, secret)
	want(t, err, nil)
	w.pass(time.Second)
	_, err = w.TakeLink(t.Context(), client("192.0.2.1"), flow, secret)
	want(t, err, ErrLink)
}

// Proves: A-23
// ASVS: V6.3.8
func TestRegistrationOfAKnownAddressTellsOnlyItsHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.registeredByEmail(address)
	_, err := w.StartEmailRegistration(t.Context(), client("192.0.2.9"), address, i18n.RU)
	want(t, err, nil)
	if text := w.letter(address); !strings.Contains(text, "уже есть") || strings.Contains(text, "/link/") {
		t.Errorf("the holder is written %q", text)
	}
}

func TestAFewLettersAnHourGoToAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range limitMailPerPerson.Burst {
		_, err := w.StartEmailRegistration(t.Context(), client("192.0.2.1"), address, i18n.RU)
		want(t, err, nil)
	}
	_, err := w.StartEmailRegistration(t.Context(), client("192.0.2.1"), address, i18n.RU)
	want(t, err, limit.ErrTooMany)
}

// Proves
func TestAPersonRegistersByEmailOnThePages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	b.get("/register").says("По e-mail")
	b.get("/register/email").send("email", "marina").at(422, "/register/email").says("Проверьте адрес")
	b.send("email", "Marina@Example.test").at(200, "/register/.*/sent").says("marina@example.test")
	sent := b.path
	s.pass(CodeResend)
	b.get(sent).press("Отправить письмо ещё раз").at(200, "/register/.*/sent").says("новое письмо")
	phone := s.browser(t)
	link := pathIn(s.letter(address))
	phone.get(link).at(200, "/link/register/.*").says("Вы регистрируетесь")
	phone.press("Продолжить").at(200, "/register/.*/data").says("Адрес marina@example.test подтверждён")
	if len(phone.all("[name=email]")) != 0 {
		t.Error("the address is asked for again")
	}
	phone.send("surname", "Соколова", "name", "Марина", "password", goodPassword, "repeat", goodPassword, "consent", "on").at(200, "/")
	phone.get(link).at(404, "/link/register/.*")
	b.get(sent).at(404, "/register/.*/sent")
}

// Proves: A-23
func TestThePagesOfRegistrationByEmailAreTheSameForAll(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.registeredByEmail(address)
	known, unknown := s.browser(t), s.browser(t)
	known.get("/register/email").send("email", address)
	unknown.get("/register/email").send("email", "nobody@example.test")
	blur := func(b *browser) string {
		return strings.NewReplacer(address, "x", "nobody@example.test", "x").Replace(regexp.MustCompile(`(value|href|action)="[^"]*"`).ReplaceAllString(b.body, ""))
	}
	if known.status != unknown.status || blur(known) != blur(unknown) {
		t.Error("the page tells that the address has an account")
	}
}
