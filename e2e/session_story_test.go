package e2e

import (
	"regexp"
	"strings"
	"testing"
)

// nearlyOver makes the page believe that the server said so many seconds are
// left, and look as it does when the machine wakes up. All else is real.
const nearlyOver = `(() => {
  const real = window.fetch;
  window.fetch = (u, o) => u === '/session' && o.method === 'GET' ? Promise.resolve(new Response('{"left":50}')) : real(u, o);
  document.dispatchEvent(new Event('visibilitychange'));
  return true;
})()`

// Proves: A-86
func TestAnIdleSessionAsksAndAnEndFromAfarKeepsTheForm(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	p := open(t, s.URL, View{Width: Phone})
	p.Register(s, c)
	p.ConfirmEmail(s, c)

	for _, path := range []string{"/settings/remote", "/settings/signins"} {
		p.Open(path)
		p.Axe()
		p.NoSidewaysScroll()
	}
	p.Open("/settings/security")
	eval[bool](p, nearlyOver)
	p.See("Вы ещё здесь?")
	p.See("0:4")
	if at := p.Focused(); !strings.Contains(at, "Продолжить") {
		t.Errorf("the focus is on %q", at)
	}
	p.Axe()
	p.Press("Продолжить")
	p.wait("the question stays", func() bool {
		ok, err := tryEval[bool](p, "!document.querySelector('dialog[open]')")
		return err == nil && ok
	})

	// Another device ends this session while a form is being filled in.
	other := open(t, s.URL, View{Lang: "en"})
	other.SignIn(s, c.Phone, aPassword)
	p.Open("/profile/name")
	p.Fill("surname", "Новозлатогорская")
	eval[bool](p, "new Promise(r => setTimeout(() => r(true), 1500))") // the stream of events stands
	other.Open("/settings/security")
	other.Follow("End")
	p.wait("the page stays with an ended session", func() bool {
		return strings.Contains(p.Text("body"), "всё, что вы ввели, сохранится")
	})
	p.Fill("login", c.Phone)
	p.Fill("password", aPassword)
	p.Submit()
	p.See("Ваша форма сохранена")
}

var denyShape = regexp.MustCompile(`/not-me/\S+`)

// Proves
func TestASignInIsDeniedFromTheLetter(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	p := open(t, s.URL, View{Width: Phone, NoScript: true})
	p.Register(s, c)
	p.ConfirmEmail(s, c)
	thief := newVisitor(t, s)
	thief.SignIn(c.Phone, aPassword)

	mail := open(t, s.URL, View{NoScript: true})
	mail.Open(strings.TrimRight(denyShape.FindString(s.Mail(t, c.Email, denyShape)), ".,"))
	mail.See("Это были не вы?")
	mail.Axe()
	mail.Follow("Это был не я")
	mail.See("прежний пароль больше не действует")
	p.Open("/settings/security")
	p.See("Все сеансы завершены")
	p.Fill("login", c.Phone)
	p.Fill("password", aPassword)
	p.Submit()
	p.See("Логин или пароль не подошли")
	mail.Follow("Задать новый пароль")
	if at := mail.Path(); at != "/recover" {
		t.Errorf("the way on leads to %s", at)
	}
}
