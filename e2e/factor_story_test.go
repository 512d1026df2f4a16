package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/pquerna/otp/totp"
)

// Proves
func TestACitizenSignsInWithAPasskeyAndWithAnApp(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	// Passkeys belong to a name, so the portal is called by one.
	p := open(t, strings.Replace(s.URL, "127.0.0.1", "localhost", 1), View{Width: Phone})
	p.device()
	p.Register(s, c)

	p.Open("/settings/second")
	p.Follow("Добавить ключ")
	p.Fill("Название ключа", "Мой телефон")
	p.Follow("Создать ключ доступа")
	p.See("Мой телефон")
	p.See("Готово, способ подключён")

	p.Open("/settings/second/app")
	secret := strings.ReplaceAll(p.Text("code.key"), " ", "")
	p.Fill("code", code(t, secret, 0))
	p.Follow("Подключить приложение")
	p.See("Готово, способ подключён")

	p.Open("/settings/second/backup")
	p.Follow("Создать коды")
	if n := p.Count("ol.codes li"); n != 10 {
		t.Errorf("%d codes are shown", n)
	}
	backup := p.Text("ol.codes li:first-child code")
	p.Follow("Я сохранил коды")
	p.EveryMode()
	p.leaveByForm("/logout")

	// The passkey stands in the field of the login; the device takes it at once.
	p.Open("/login")
	p.wait("the passkey does not sign in", func() bool { at, err := tryEval[string](p, "location.pathname"); return err == nil && at == "/" })
	p.Open("/settings/signins")
	p.See("Ключ доступа")
	p.leaveByForm("/logout")

	// On another phone there is no key: password, then the app or a backup code.
	q := open(t, s.URL, View{Width: Phone, Lang: "en"})
	q.Open("/login")
	q.Fill("login", c.Phone)
	q.Fill("password", aPassword)
	q.Submit()
	q.Follow("Code from the app")
	q.EveryMode()
	q.Fill("code", code(t, secret, 30*time.Second))
	q.Follow("Confirm")
	if at := q.Path(); at != "/" {
		t.Errorf("the app's code leads to %s", at)
	}
	r := open(t, s.URL, View{Width: Phone, NoScript: true})
	r.Open("/login")
	r.Fill("login", c.Phone)
	r.Fill("password", aPassword)
	r.Submit()
	r.Follow("Резервный код")
	r.Fill("code", backup)
	r.Follow("Подтвердить")
	if at := r.Path(); at != "/" {
		t.Errorf("the backup code leads to %s", at)
	}
}

// device gives the tab a phone that keeps passkeys and knows its owner.
func (p *Page) device() {
	p.t.Helper()
	call(p, webauthn.Enable, webauthn.EnableParams{})
	call(p, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
}

// code is what an app shows, d from now.
func code(t *testing.T, secret string, d time.Duration) string {
	t.Helper()
	c, err := totp.GenerateCode(secret, time.Now().Add(d))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// leaveByForm sends the form with that address and waits for the next page.
func (p *Page) leaveByForm(action string) {
	p.t.Helper()
	eval[bool](p, "document.kabinetLeft = true; document.querySelector('form[action="+quote(action)+"]').requestSubmit(); true")
	p.wait("the form leads to no other page", func() bool {
		loaded, err := tryEval[bool](p, "!document.kabinetLeft && document.readyState === 'complete'")
		return err == nil && loaded
	})
}
