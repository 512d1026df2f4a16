package e2e

import "testing"

// Proves: B-05, B-07, B-15, A-108
func TestAPersonKeepsTheProfileAndTakesAConsentBack(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, view := range []View{{}, {Width: Phone, Lang: "en", NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			c := newCitizen()
			p := open(t, s.URL, view)
			p.Register(s, c)
			p.Open("/profile/home")
			p.See(view.say("Сначала подтвердите контакты", "Confirm your contacts first"))
			p.ConfirmEmail(s, c)

			confirm := func() {
				t.Helper()
				p.Fill("code", s.SMSCode(t, c.Phone))
				p.Submit()
				p.See(view.say("Данные сохранены", "saved"))
			}
			p.Open("/profile/home")
			p.Fill("address", "г. Верхнереченск, ул. Садовая, д. 5")
			p.Submit()
			p.See("Садовая")
			p.Axe()
			confirm()
			p.See("Садовая")
			p.Axe()

			p.Open("/profile/family/new?kin=child")
			p.See(view.say("Супруг(а) и дети", "Spouse and children"))
			p.Choose("agree")
			p.Submit()
			p.Fill("relative_surname", c.Surname)
			p.Fill("relative_name", "Пётр")
			p.Fill("relative_birth", "01.02.2019")
			p.Fill("relative_certificate", "IIII-АЛ 123456")
			p.Submit()
			p.wrong("relative_certificate")
			p.Fill("relative_certificate", "II-АЛ 123456")
			p.Submit()
			confirm()
			p.See(c.Surname + " Пётр")

			p.Open("/profile/history")
			p.See(view.say("Семья", "Family"))
			p.See(view.say("Адрес", "Address"))
			p.Axe()

			p.Open("/settings/consents")
			p.Follow(view.say("Согласие на хранение дополнительных сведений", "Consent to keep additional information"))
			p.Axe()
			p.Follow(view.say("Отозвать согласие", "Withdraw the consent"))
			p.See(view.say("Через 25 дней", "after 25 days"))
			p.Axe()
			p.Follow(view.say("Отозвать согласие", "Withdraw the consent"))
			p.See(view.say("Отозвано", "Withdrawn"))

			p.Open("/profile/start")
			p.Axe()
			p.Steady()
		})
	}
}
