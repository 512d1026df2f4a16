package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

var pathShape = regexp.MustCompile(`https?://[^/\s]+(/\S+)`)

// pathOf returns the path of the first link in a message.
func pathOf(t *testing.T, text string) string {
	t.Helper()
	found := pathShape.FindStringSubmatch(text)
	if found == nil {
		t.Fatalf("no link in %q", text)
	}
	return found[1]
}

// Proves, B-18
func TestACitizenRegistersByEmailAndAddsAPhone(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, view := range []View{{}, {Width: Phone, Lang: "en", NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			c := newCitizen()
			p := open(t, s.URL, view)
			p.Open("/register/email")
			p.Axe()
			p.Fill("email", c.Email)
			p.Submit()
			link := pathOf(t, s.Mail(t, c.Email, regexp.MustCompile(`/link/register/`)))
			p = open(t, s.URL, view) // another device
			p.Open(link)
			p.Submit()
			p.Fill("surname", c.Surname)
			p.Fill("name", c.Name)
			p.Fill("password", aPassword)
			p.Fill("repeat", aPassword)
			p.Choose("consent")
			p.Submit()
			p.See(view.say("Подтвердите телефон", "Confirm a phone"))
			p.Open("/settings/contacts")
			p.Axe()
			p.Fill("phone", c.Phone)
			p.Follow(view.say("Отправить код", "Send the code"))
			p.Axe()
			p.Fill(view.say("Код из SMS на", "Code sent by SMS to"), s.SMSCode(t, c.Phone))
			p.Submit()
			p.See(view.say("Контакты подтверждены", "The contacts are confirmed"))
			p.Open("/")
			p.Miss(view.say("Подтвердите телефон", "Confirm a phone"))
			p.Steady()
		})
	}
}

// Proves: A-99
func TestARecoveryByEmailKeepsTheSecondStep(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	p := open(t, s.URL, View{Width: Phone})
	p.Register(s, c)
	p.ConfirmEmail(s, c)
	p.Open("/settings/second/app")
	secret := strings.ReplaceAll(p.Text("code.key"), " ", "")
	p.Fill("code", code(t, secret, 0))
	p.Follow("Подключить приложение")
	p.See("Готово, способ подключён")
	p = open(t, s.URL, View{Width: Phone})
	p.Open("/recover")
	p.Axe()
	p.Fill("login", c.Email)
	p.Submit()
	p.See("Если такая учётная запись есть")
	text := s.Mail(t, c.Email, regexp.MustCompile(`/link/recover/`))
	p = open(t, s.URL, View{Lang: "en", NoScript: true})
	p.Open(pathOf(t, text))
	p.Submit()
	const fresh = "Ясная-Пристань-31"
	p.Fill("password", fresh)
	p.Fill("repeat", fresh)
	p.Submit()
	p.See("two-factor")
	if warning := s.SMS(t, c.Phone, regexp.MustCompile(`восстановлен`)); !strings.Contains(warning, "/undo/") {
		t.Errorf("the phone is told %q", warning)
	}
	p.Fill("login", c.Phone)
	p.Fill("password", fresh)
	p.Submit()
	if at := p.Path(); !strings.HasPrefix(at, "/login/code/") {
		t.Fatalf("the new password alone leads to %s", at)
	}
	if !p.says("from the app") {
		p.Follow("Code from the app")
	}
	p.Fill("code", code(t, secret, 30*time.Second))
	p.Follow("Confirm")
	p.Open("/settings/contacts")
	p.See("Is everything right?")
}

// Proves
func TestAnOldContactStopsTheRecoveryOfALostAccount(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c, lost := newCitizen(), newCitizen()
	newVisitor(t, s).Register(c)
	view := View{Width: Phone}
	p := open(t, s.URL, view)
	p.Open("/recovery")
	p.Axe()
	p.Fill("contact", lost.Phone)
	p.Submit()
	p.Fill("code", s.SMSCode(t, lost.Phone))
	p.Submit()
	p.Axe()
	p.Fill("surname", c.Surname)
	p.Fill("name", c.Name)
	p.Fill("birth", c.Day())
	p.Fill("papers", c.SNILS)
	p.Fill("old", c.Email)
	p.Fill("story", "Потеряла телефон")
	p.Choose("consent")
	p.Submit()
	p.Axe()
	p.Attach("passport", picture(t, "passport.png"))
	p.Submit()
	p.See("Файл приложен")
	p.Follow("Отправить заявку")
	p.See("Заявка отправлена")
	receipt := s.SMS(t, lost.Phone, regexp.MustCompile(`заявка`))
	number := regexp.MustCompile(`\b\d{10}\b`).FindString(receipt)
	code := regexp.MustCompile(`\b\d{8}\b`).FindString(receipt)

	for _, phone := range []string{"+79000000105", "+79000000106"} {
		desk := open(t, s.URL, View{})
		desk.SignIn(s, phone, demoPassword)
		desk.Open("/desk/recovery")
		desk.Axe()
		desk.Follow(number)
		desk.See("Что заявлено")
		desk.Axe()
		desk.Choose("sure")
		desk.Follow("Подтвердить личность")
		desk.See("Решение записано")
	}
	warning := s.Mail(t, c.Email, regexp.MustCompile(`/undo/`))
	holder := open(t, s.URL, View{Lang: "en", NoScript: true})
	holder.Open(pathOf(t, warning))
	holder.Axe()
	holder.Submit()
	holder.See("The recovery was stopped")
	s.SMS(t, lost.Phone, regexp.MustCompile(`отменил`))
	p.Open("/recovery/status")
	p.Fill("number", number)
	p.Fill("code", code)
	p.Submit()
	p.See("отменил владелец")
	newVisitor(t, s).SignIn(c.Phone, aPassword)
}
