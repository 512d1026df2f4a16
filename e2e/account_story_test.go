package e2e

import "testing"

func TestACitizenRegisters(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, view := range []View{{}, {Width: Phone, Lang: "en", NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			c := newCitizen()
			p := open(t, s.URL, view)
			p.Register(s, c)
			p.Open("/settings/security")
			p.See(c.Email)
			p.Steady()
			p.Axe()
		})
	}
}

func TestAWrongPasswordIsToldAndTheRightOneLetsIn(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	newVisitor(t, s).Register(c)
	for _, view := range []View{{}, {NoScript: true, Width: Phone, Lang: "en"}} {
		p := open(t, s.URL, view)
		p.Open("/login")
		p.Fill("login", c.Phone)
		p.Fill("password", "Чужая-Заводь-28")
		p.Submit()
		p.See(view.say("Логин или пароль не подошли", "did not fit"))
		p.Fill("password", aPassword)
		p.Submit()
		if at := p.Path(); at != "/" {
			t.Errorf("%s: the right password leads to %s", view, at)
		}
	}
}
