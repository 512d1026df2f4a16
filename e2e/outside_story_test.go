package e2e

import "testing"

// Proves, S-03
func TestABankRegistersAndAQRCodeSignsIn(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, one := range []struct {
		View
		who   string // one of the sandbox's people who has no account yet
		phone string
	}{
		{View{}, "Громов Артём Павлович", "+79000000006"},
		{View{Width: Phone, Lang: "en", NoScript: true}, "Щеглова Юлия Маратовна", "+79000000008"},
	} {
		t.Run(one.View.String(), func(t *testing.T) {
			t.Parallel()
			p := open(t, s.URL, one.View)
			p.Open("/register")
			p.Follow(one.say("Берег Банк", "Bereg Bank"))
			p.See(one.say("Учебный стенд", "Учебный стенд"))
			p.Choose(one.who)
			p.Submit()
			p.See(one.say("Первый вход через", "First sign-in through"))
			p.Steady()
			p.Axe()
			p.Choose("agree")
			p.Submit()
			p.See(one.say("Новый кабинет", "New account"))
			p.Choose("consent")
			p.Submit()
			p.Open("/settings/outside")
			p.See(one.say("Берег Банк", "Bereg Bank"))
			p.Steady()
			p.Axe()

			p.Follow(one.say("Связать Сбер ID", "Link Сбер ID"))
			p.Follow(one.say("Перейти в «Сбер ID»", "Go to Сбер ID"))
			p.Choose(one.who)
			p.Submit()
			p.Choose("agree")
			p.Submit()
			p.Submit()
			p.See(one.say("Вход связан с кабинетом", "linked to the account"))

			q := open(t, s.URL, one.View)
			q.Open("/login")
			q.Follow(one.say("Сбер ID по QR-коду", "Сбер ID by QR code"))
			q.Steady()
			q.Axe()
			app := open(t, s.Sandbox, View{Width: Phone})
			app.Open("/oidc/sber/app?code=" + q.Text("code.key"))
			app.Choose(one.who)
			app.Follow("Это я, подтвердить")
			app.See("Вход подтверждён")
			if one.NoScript {
				for q.Path() != "/" {
					q.Submit() // the provider is asked no more often than it allows
				}
			}
			q.wait("the page does not go on by itself", func() bool { return q.Path() == "/" })

			q.Open("/settings/outside")
			q.Follow(one.say("Отвязать Сбер ID", "Unlink Сбер ID"))
			q.See(one.say("Вход отвязан", "unlinked"))
			q.Open("/settings/security")
			q.See(one.say("Не задан", "Not set"))
			r := open(t, s.URL, one.View)
			r.Open("/login")
			r.Follow("ЕСИА")
			r.Choose(one.who)
			r.Submit()
			r.See(one.say("Первый вход через «ЕСИА»", "First sign-in through ЕСИА"))
			r.Choose("agree")
			r.Submit()
			r.Submit()
			r.Fill("code", s.SMSCode(t, one.phone))
			r.Submit()
			r.See(one.say("уже есть кабинет", "There is an account"))
			r.Submit()
			r.Open("/settings/outside")
			r.See(one.say("Отвязать", "Unlink"))
			r.Forgive("another site: " + s.Sandbox)
			p.Forgive("another site: " + s.Sandbox)
		})
	}
}
