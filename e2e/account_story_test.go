package e2e

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// aPassword keeps every rule.
const aPassword = "Тихая-Заводь-27"

// phones makes a number of its own for each person of a story, from the range
// that nobody has.
var phones atomic.Int64

func newPhone() string {
	return fmt.Sprintf("+7900000%04d", (time.Now().UnixMilli()+1000*phones.Add(1))%10000)
}

// Register makes a person: by phone, with a name and a password.
func (p *Page) Register(s *Stand, phone string) {
	p.t.Helper()
	p.Open("/register")
	p.Fill("phone", phone)
	p.Submit()
	p.Fill("code", s.SMSCode(p.t, phone))
	p.Submit()
	p.Fill("surname", "Соколова")
	p.Fill("name", "Мария")
	p.Fill("patronymic", "Андреевна")
	p.Fill("password", aPassword)
	p.Fill("repeat", aPassword)
	p.Choose("consent")
	p.Choose("consent_signature")
	p.Submit()
}

func TestACitizenRegisters(t *testing.T) {
	t.Parallel()
	s := shared(t)
	for _, view := range []View{{}, {Width: Phone, Lang: "en", NoScript: true}} {
		t.Run(view.String(), func(t *testing.T) {
			t.Parallel()
			phone := newPhone()
			p := open(t, s.URL, view)
			p.Register(s, phone)
			p.Open("/settings/security")
			p.Steady()
			p.Axe()
		})
	}
}
