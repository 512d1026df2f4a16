package e2e

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"kabinet/internal/platform/web/webtest"
)

func TestFiftySendsOfOneFormMakeOneApplication(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	p := v.send(v.incomeReady(), map[string]string{"consent": "on"})
	form := p.Form("main form[method=post]").Set("code", s.SMSCode(t, c.Phone))
	var sent sync.WaitGroup
	ends := make([]string, 50)
	for i := range ends {
		sent.Go(func() {
			p, err := form.TrySend()
			switch {
			case err != nil:
				ends[i] = err.Error()
			case p.Status != http.StatusOK:
				ends[i] = http.StatusText(p.Status) + ": " + p.Text("main")
			default:
				ends[i] = p.URL.Path
			}
		})
	}
	sent.Wait()
	for _, end := range ends {
		if !strings.HasPrefix(end, "/applications/0") || end != ends[0] {
			t.Errorf("a sending ended at %s, another at %s", end, ends[0])
		}
	}
	if list := v.Get("/applications").All(`main a[href^="/applications/0"]`); len(list) != 1 {
		t.Errorf("there are %d applications", len(list))
	}
}

func TestAnotherPersonsThingsAreNotThere(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	card := v.confirmed(v.subsidyReady(), c)
	draft := v.send(v.Get("/services/income-certificate/apply?new=1"), map[string]string{"year": "2025", "purpose": "bank"}, "_do", "next").URL.Path
	file := href(v.Get(card), `main a[href^="/documents/0"]`)
	notice := strings.TrimSuffix(href(v.Get("/notices"), `main a[href$="/open"]`), "/open")
	mine := []string{card, card + "/receipt.pdf", card + "/journal.pdf", card + "/withdraw", card + "/correct", draft, strings.TrimSuffix(draft, "/person") + "/check",
		strings.TrimSuffix(draft, "/person") + "/delete", file, file + "/edit", file + "/delete", notice}

	stranger := newVisitor(t, s)
	stranger.Register(newCitizen())
	for _, path := range mine {
		if p := v.Get(path); p.Status != http.StatusOK {
			t.Errorf("%s answers %d to its owner", path, p.Status)
		}
		if p := stranger.Get(path); p.Status != http.StatusNotFound {
			t.Errorf("%s answers %d to a stranger", path, p.Status)
		}
	}
	if p := stranger.Get(strings.Replace(card, "/applications/", "/desk/cases/", 1)); p.Status != http.StatusNotFound {
		t.Errorf("a case of the desk answers %d to a citizen", p.Status)
	}
}

func TestAFormOutlivesItsSession(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	first := v.Get("/services/income-certificate/apply")

	// The person ends this session from another device.
	other := newVisitor(t, s)
	other.SignIn(c.Phone, aPassword)
	if p := other.Get("/settings/security").Form(`main form[action^="/settings/sessions/0"]`).Send(); p.Status != http.StatusOK {
		t.Fatalf("ending the other session: %d: %s", p.Status, p.Text("main"))
	}
	p := v.send(first, map[string]string{"year": "2024", "purpose": "work"}, "_do", "next")
	if p.Status != http.StatusUnauthorized {
		t.Fatalf("a form of an ended session: %d: %s", p.Status, p.Text("main"))
	}
	p = v.send(p, map[string]string{"login": c.Phone, "password": aPassword})
	p = p.Form(`main form[method=post]`).Send()
	if p.Has("input[name=year]") && p.Form("main form[method=post]").Value("year") != "2024" {
		t.Errorf("what was typed is lost: %s", p.Text("main"))
	}
	if !strings.HasSuffix(p.URL.Path, "/person") {
		t.Errorf("the kept form leads to %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	back := v.Get(strings.TrimSuffix(p.URL.Path, "/person") + "/request").Form("main form[method=post]")
	if back.Value("year") != "2024" || back.Value("purpose") != "work" {
		t.Errorf("the draft holds %q and %q", back.Value("year"), back.Value("purpose"))
	}
}

func TestTwoTabsLoseNothing(t *testing.T) {
	t.Parallel()
	s := shared(t)
	v := newVisitor(t, s)
	c := newCitizen()
	v.Register(c)
	v.Profile(c)
	at := strings.TrimSuffix(v.send(v.Get("/services/income-certificate/apply"), map[string]string{"year": "2024", "purpose": "work"}, "_do", "next").URL.Path, "/person") + "/request"
	one, two := v.Get(at), v.Get(at)
	v.send(one, map[string]string{"year": "2023"}, "_do", "next")
	p := v.send(two, map[string]string{"year": "2022"}, "_do", "next")
	if p.Status != http.StatusUnprocessableEntity || !p.Has(".ds-error-summary") {
		t.Fatalf("the second tab is told nothing: %d at %s: %s", p.Status, p.URL, p.Text("main"))
	}
	if got := p.Form("main form[method=post]").Value("year"); got != "2022" {
		t.Errorf("what the second tab typed became %q", got)
	}
	if p = v.send(p, nil, "_do", "next"); !strings.HasSuffix(p.URL.Path, "/person") {
		t.Errorf("the second tab cannot go on: %d: %s", p.Status, p.Text("main"))
	}
}

func TestFilesThatAreNoDocumentsAreRefusedAtTheirPlace(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	p := v.send(v.Get("/services/housing-subsidy/apply"), nil, "_do", "next")
	p = v.send(p, map[string]string{"housing": "flat", "area": "54", "ownership": "own"}, "_do", "next")
	at := p.URL.Path
	for name, tt := range map[string]struct {
		data []byte
		says string
	}{
		"большой.png": {append(pngBytes(t), make([]byte, 6<<20)...), "не больше 5"},
		"счёт.pdf":    {append([]byte("MZ\x90\x00\x03"), make([]byte, 4096)...), "формат"},
		"пустой.pdf":  {nil, "ничего нет"},
	} {
		p := v.Get(at).Form("main form[method=post]").Set("people", "4").Set("income", "30 000").Set("costs", "9 000").Set("debt", "no").
			Attach("bills", name, "application/pdf", tt.data).Send("_do", "next")
		if p.Status != http.StatusUnprocessableEntity || !strings.Contains(strings.ToLower(plain(p.Text(".ds-error-summary"))), tt.says) {
			t.Errorf("%s: %d, «%s»: %s", name, p.Status, p.Text(".ds-error-summary"), webtest.Text(p.All("main")[0]))
			continue
		}
		if got := p.Form("main form[method=post]").Value("people"); got != "4" {
			t.Errorf("%s: what was typed became %q", name, got)
		}
	}
}

func TestImpatienceAndTheBackButtonDoNoHarm(t *testing.T) {
	t.Parallel()
	s := shared(t)
	c := newCitizen()
	v := newVisitor(t, s)
	v.Register(c)
	v.Profile(c)
	p := open(t, s.URL, View{})
	p.SignIn(s, c.Phone, aPassword)
	p.Open("/services/income-certificate/apply")
	p.Fill("year", "2024")
	p.Choose("purpose")
	p.Next()
	p.Back()
	p.See("У вас есть черновик") // the first step's address offers to go on with what was typed

	// The browser is closed; another one goes on.
	p = open(t, s.URL, View{Width: Phone})
	p.SignIn(s, c.Phone, aPassword)
	p.Open("/services/income-certificate/apply")
	p.Follow("Продолжить")
	if got := p.Value("year"); got != "2024" {
		t.Errorf("in another browser the year is %q", got)
	}
	p.Next()
	p.Next()
	p.Choose("consent")
	p.Submit()
	p.Fill("code", s.SMSCode(t, c.Phone))
	eval[bool](p, `(b => { b.click(); b.click(); return true })(document.querySelector('main form button.ds-button[type=submit]'))`)
	p.See("Заявление отправлено")

	// Back to the form that was sent, and sent again.
	eval[bool](p, "(history.back(), true)")
	p.See("Подтвердите отправку")
	eval[bool](p, `(document.querySelector('main form button.ds-button[type=submit]').click(), true)`)
	p.See("Заявление отправлено")
	p.Open("/applications")
	if n := p.Count(`main a[href^="/applications/0"]`); n != 1 {
		t.Errorf("there are %d applications", n)
	}
}
