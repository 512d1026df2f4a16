package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// verifierPhone is the sample verifier's.
const verifierPhone = "+79000000105"

// say sets what the registers say of a person.
func (s *Stand) say(t *testing.T, c Citizen, passport, pension string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"person": c.SNILS, "passport": passport, "pension": pension})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(s.Sandbox+"/registers", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("setting what the registers say: %s", resp.Status)
	}
}

// Proves
func TestRegistersAndAVerifierFindOutWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	s := start(t) // its registers go down
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	s.known(t, c)

	s.say(t, c, "valid", "surname")
	p := v.send(v.Get("/profile/identity/online"), c.identity())
	v.Await(p.URL.Path, "Пенсионный реестр: не совпадает поле «Фамилия»")

	s.say(t, c, "missing", "valid")
	s.Partner(t, "passport", "down")
	page := open(t, s.URL, View{Width: Phone, Lang: "en"})
	page.SignIn(s, c.Phone, aPassword)
	page.Open("/profile/identity")
	page.EveryMode()
	page.Open("/profile/identity/online")
	page.Submit() // the form knows what was typed before
	page.See("Being checked")
	page.EveryMode()
	s.Partner(t, "passport", "ok")
	page.See("Papers needed") // the page follows by itself
	page.Attach("file", picture(t, "passport.png"))
	page.Follow("Send the papers")
	page.See("Waits for review")
	at := page.Path()

	desk := open(t, s.URL, View{})
	desk.SignIn(s, verifierPhone, demoPassword)
	desk.Open("/desk/people")
	desk.EveryMode()
	desk.Open("/desk/proofing")
	desk.EveryMode()
	desk.Follow(c.Surname)
	desk.See("не найдено")
	desk.EveryMode()
	desk.Pick("do", "approve")
	desk.Follow("Решить")
	desk.See("Подтверждено.")
	page.Open(at)
	page.See("Confirmed")
	page.Open("/profile/identity")
	page.See("Papers checked by a specialist")
}

// operatorPhone is the sample operator's of the service centre.
const operatorPhone = "+79000000107"

// Proves: A-08, S-07
func TestAServiceCentreMakesAnAccountAndThePaperLetsIn(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	s.known(t, c)
	desk := open(t, s.URL, View{})
	desk.SignIn(s, operatorPhone, demoPassword)
	desk.Open("/desk/centre")
	desk.EveryMode()
	for name, value := range c.identity() {
		if name != "address" {
			desk.Fill(name, value)
		}
	}
	desk.Fill("phone", c.Phone)
	desk.Choose("consent")
	desk.Submit()
	desk.See("Данные совпали с реестрами")
	desk.EveryMode()
	desk.Fill("code", s.SMSCode(t, c.Phone))
	desk.Submit()
	desk.See("Учётная запись создана и подтверждена")
	file := filepath.Join(t.TempDir(), "link.pdf")
	paper := desk.Requests().Get(eval[string](desk, `document.querySelector('main a[href$="/paper.pdf"]').getAttribute('href')`))
	if err := os.WriteFile(file, paper.Body, 0o600); err != nil {
		t.Fatal(err)
	}
	p := open(t, s.URL, View{Width: Phone, Lang: "en"})
	p.Open(strings.TrimPrefix(codeIn(t, file), s.URL))
	p.EveryMode()
	p.Fill("password", aPassword)
	p.Fill("repeat", aPassword)
	p.Submit()
	if at := p.Path(); at != "/" {
		t.Fatalf("the paper leads to %s", at)
	}
	p.Open("/profile/identity")
	p.See("In person at a service centre")
}
