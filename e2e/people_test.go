package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"

	"kabinet/internal/platform/web/webtest"
)

// Passwords: one that keeps every rule, and every sample person's.
const (
	aPassword    = "Тихая-Заводь-27"
	demoPassword = "Zarechny!2026"
)

// clerkPhone is the sample clerk's of the Social Support Centre.
const clerkPhone = "+79000000101"

// Citizen is an invented person that a story makes.
type Citizen struct {
	Surname, Name, Patronymic string
	Birth                     string // 1991-03-14
	Phone, Email              string
	SNILS                     string // 11 digits
	Series, Number            string // of the passport
}

// people numbers the citizens of all stories.
var people atomic.Int64

// newCitizen makes up a person nobody else is: numbers are of the ranges that
// are issued to nobody, with right check digits.
func newCitizen() Citizen {
	n := (time.Now().UnixMilli()/10 + 97*people.Add(1)) % 100_000
	nine := fmt.Sprintf("9991%05d", n)
	sum := 0
	for i, d := range nine {
		sum += int(d-'0') * (9 - i)
	}
	return Citizen{
		Surname: "Златогорская", Name: "Пелагея", Patronymic: "Мелентьевна", Birth: "1991-03-14",
		Phone: fmt.Sprintf("+7900001%04d", n%10_000), Email: fmt.Sprintf("zlatogor%d@example.test", n),
		SNILS: nine + fmt.Sprintf("%02d", sum%101%100), Series: "0011", Number: fmt.Sprintf("7%05d", n),
	}
}

// Day is the date of birth as it is typed.
func (c Citizen) Day() string { return c.Birth[8:] + "." + c.Birth[5:7] + "." + c.Birth[:4] }

// Register makes the account.
func (p *Page) Register(s *Stand, c Citizen) {
	p.t.Helper()
	p.Open("/register")
	p.Fill("phone", c.Phone)
	p.Submit()
	p.Fill("code", s.SMSCode(p.t, c.Phone))
	p.Submit()
	p.Fill("surname", c.Surname)
	p.Fill("name", c.Name)
	p.Fill("patronymic", c.Patronymic)
	p.Fill("email", c.Email)
	p.Fill("password", aPassword)
	p.Fill("repeat", aPassword)
	p.Choose("consent")
	p.Choose("consent_signature")
	p.Submit()
}

// ConfirmEmail opens the link of the letter that came after the registration.
func (p *Page) ConfirmEmail(s *Stand, c Citizen) {
	p.t.Helper()
	p.Open(s.linkIn(p.t, c))
	p.Submit()
}

var linkShape = regexp.MustCompile(`/email/\S+`)

func (s *Stand) linkIn(t *testing.T, c Citizen) string {
	t.Helper()
	return linkShape.FindString(s.Mail(t, c.Email, linkShape))
}

// SignIn signs in, with the second step when one is asked.
func (p *Page) SignIn(s *Stand, phone, password string) {
	p.t.Helper()
	p.Open("/login")
	p.Fill("login", phone)
	p.Fill("password", password)
	p.Submit()
	if at := p.Path(); len(at) > 12 && at[:12] == "/login/code/" {
		p.Fill("code", s.SMSCode(p.t, phone))
		p.Submit()
	}
}

// Requests returns a client with the page's cookies and language, for what a
// story asks of the site beside the page.
func (p *Page) Requests() *webtest.Browser {
	p.t.Helper()
	b := webtest.New(p.t, p.base)
	b.Lang = p.view.lang()
	u, err := url.Parse(p.base)
	if err != nil {
		p.t.Fatal(err)
	}
	var cookies []*http.Cookie
	for _, c := range call(p, network.GetCookies, network.GetCookiesParams{URLs: []string{p.base}}).Cookies {
		cookies = append(cookies, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/"})
	}
	b.Client.Jar.SetCookies(u, cookies)
	return b
}

// A visitor is a person without a screen, for stories about the server alone.
type visitor struct {
	*webtest.Browser
	t *testing.T
	s *Stand
}

func newVisitor(t *testing.T, s *Stand) visitor {
	t.Helper()
	return visitor{webtest.New(t, s.URL), t, s}
}

// send sends the page's form after the values were typed.
func (v visitor) send(p *webtest.Page, typed map[string]string, button ...string) *webtest.Page {
	v.t.Helper()
	f := p.Form("main form[method=post]")
	for name, value := range typed {
		f.Set(name, value)
	}
	return f.Send(button...)
}

func (v visitor) Register(c Citizen) {
	v.t.Helper()
	p := v.send(v.Get("/register"), map[string]string{"phone": c.Phone})
	p = v.send(p, map[string]string{"code": v.s.SMSCode(v.t, c.Phone)})
	p = v.send(p, map[string]string{"surname": c.Surname, "name": c.Name, "patronymic": c.Patronymic, "email": c.Email,
		"password": aPassword, "repeat": aPassword, "consent": "on", "consent_signature": "on"})
	if p.Status != http.StatusOK || p.URL.Path != "/" {
		v.t.Fatalf("after the registration: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	v.send(v.Get(v.s.linkIn(v.t, c)), nil)
}

func (v visitor) SignIn(phone, password string) {
	v.t.Helper()
	p := v.send(v.Get("/login"), map[string]string{"login": phone, "password": password})
	if p.Has("input[name=code]") {
		p = v.send(p, map[string]string{"code": v.s.SMSCode(v.t, phone)})
	}
	if p.Status != http.StatusOK || p.URL.Path == "/login" {
		v.t.Fatalf("after signing in: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
}

// identity is what a person types to be checked online.
func (c Citizen) identity() map[string]string {
	return map[string]string{"surname": c.Surname, "name": c.Name, "patronymic": c.Patronymic, "birth_date": c.Day(),
		"passport_series": c.Series, "passport_number": c.Number, "issued_on": "20.03.2011", "issued_by": "Отделом по вопросам миграции г. Верхнереченска",
		"division": "990-001", "snils": c.SNILS, "address": "г. Верхнереченск, ул. Кедровая, д. 9, кв. 3"}
}

// Profile has the registers know the person and check what they type, which
// makes the account Standard.
func (v visitor) Profile(c Citizen) {
	v.t.Helper()
	v.s.known(v.t, c)
	p := v.send(v.Get("/profile/identity/online"), c.identity())
	if p.Status != http.StatusOK || p.Has(".ds-error-summary") {
		v.t.Fatalf("asking for the check: %d: %s", p.Status, p.Text("main"))
	}
	v.Await(p.URL.Path, "Подтверждено")
}

// ProveOnline is Profile in a browser, with slips at first.
func (p *Page) ProveOnline(s *Stand, c Citizen) {
	p.t.Helper()
	p.Open("/profile/identity/online")
	for name, value := range c.identity() {
		p.Fill(name, value)
	}
	p.Fill("birth_date", "31.02.1991")
	p.Fill("passport_number", c.Number[:4])
	p.Fill("snils", c.SNILS[:9]+fmt.Sprintf("%02d", (atoi(c.SNILS[9:])+1)%100))
	p.Submit()
	p.wrong("birth_date", "passport_number", "snils")
	if got := p.Value("birth_date"); got != "31.02.1991" {
		p.t.Errorf("the wrong date became %q", got)
	}
	p.Fill("birth_date", c.Day())
	p.Fill("passport_number", c.Number)
	p.Fill("snils", c.SNILS)
	p.Submit()
	if p.view.NoScript {
		p.Await(p.view.say("Подтверждено", "Confirmed"))
	} else {
		p.See(p.view.say("Подтверждено", "Confirmed"))
	}
}

// known tells the registers of the person, through the page of the sandbox.
func (s *Stand) known(t *testing.T, c Citizen) {
	t.Helper()
	p := webtest.New(t, s.Sandbox).Get("/tax/people/new").Form("form").Set("surname", c.Surname).Set("name", c.Name).Set("patronymic", c.Patronymic).
		Set("birth_date", c.Birth).Set("snils", c.SNILS).Set("passport", c.Series+c.Number).Set("jobs", "1").Set("pay", "68400").Send()
	if p.Status != http.StatusOK || p.Has(".wrong") {
		t.Fatalf("the registers do not take the person: %d: %s", p.Status, p.Text("main"))
	}
}

// incomeReady opens the form for an income certificate and fills it in up to the page
// of answers. The person's profile is complete.
func (v visitor) incomeReady() *webtest.Page {
	v.t.Helper()
	p := v.send(v.Get("/services/income-certificate/apply?new=1"), map[string]string{"year": "2025", "purpose": "bank"}, "_do", "next")
	p = v.send(p, nil, "_do", "next")
	if !p.Has("input[name=consent]") {
		v.t.Fatalf("no page of answers: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	return p
}

// subsidyReady is incomeReady for the subsidy, with a file.
func (v visitor) subsidyReady() *webtest.Page {
	v.t.Helper()
	p := v.send(v.Get("/services/housing-subsidy/apply?new=1"), nil, "_do", "next")
	p = v.send(p, map[string]string{"housing": "flat", "area": "54,3", "ownership": "own"}, "_do", "next")
	p = p.Form("main form[method=post]").Set("people", "3").Set("income", "30 000").Set("costs", "9 000").Set("debt", "no").
		Attach("bills", "квитанция.png", "image/png", pngBytes(v.t)).Send("_do", "next")
	p = v.send(p, map[string]string{"account.bik": "049900001", "account.account": "40817810600000000002", "true_data": "on"}, "_do", "next")
	if !p.Has("input[name=consent]") {
		v.t.Fatalf("no page of answers: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	return p
}

// confirmed sends a form that is ready and returns the path of the application.
func (v visitor) confirmed(ready *webtest.Page, c Citizen) string {
	v.t.Helper()
	p := v.send(ready, map[string]string{"consent": "on"})
	p = v.send(p, map[string]string{"code": v.s.SMSCode(v.t, c.Phone)})
	if p.Status != http.StatusOK || !strings.HasPrefix(p.URL.Path, "/applications/0") {
		v.t.Fatalf("after sending: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	return p.URL.Path
}

// Await asks for a page until it says these words.
func (v visitor) Await(path, words string) *webtest.Page {
	v.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		p := v.Get(path)
		if strings.Contains(plain(p.Text("main")), words) {
			return p
		}
		if time.Now().After(end) {
			v.t.Fatalf("%s does not come to say «%s»: %s", path, words, p.Text("main"))
		}
	}
}
