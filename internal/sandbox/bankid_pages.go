package sandbox

import (
	"net/http"
	"net/url"
	"slices"
)

// signInPage is the page on which a visitor says who they are at a provider.
type signInPage struct {
	Provider string
	People   []Payer
	Flaws    []string
	Levels   []string // of ЕСИА
	Wrong    string   // what the client asked wrongly; nothing else is shown then
	UserCode string   // of a sign-in by a second device
	Person   string   // chosen
	Phone    string   // typed
	Done     string   // what was done on the second device
	Portal   bool     // it is known where the portal is
	Missing  bool     // the consent was not given
	Differs  bool     // the phone is not the one that the bank knows
}

// letBack lets the browser follow a form to where the client wants people back.
func letBack(w http.ResponseWriter, redirect string) {
	origin := ""
	if u, err := url.Parse(redirect); err == nil {
		origin = " " + u.Scheme + "://" + u.Host
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'"+origin+"; base-uri 'none'; frame-ancestors 'none'")
}

// authorizePage asks who signs in.
func (s *Sandbox) authorizePage(b *bankid, w http.ResponseWriter, r *http.Request) {
	a, wrong := s.request(b, r.URL.Query())
	p := signInPage{Provider: b.name, People: s.Payers(), Flaws: flaws, Wrong: wrong, Person: "1"}
	if wrong != "" {
		s.show(w, r, http.StatusBadRequest, "authorize", "signins", "signins."+b.name, p)
		return
	}
	hint := phoneDigits(r.URL.Query().Get("login_hint"))
	for _, one := range p.People {
		if hint != "" && phoneDigits(one.Person.Phone) == hint {
			p.Person = one.ID
		}
	}
	letBack(w, a.Redirect)
	s.show(w, r, http.StatusOK, "authorize", "signins", "signins."+b.name, p)
}

// authorize takes the choice and sends the person back.
func (s *Sandbox) authorize(b *bankid, w http.ResponseWriter, r *http.Request) {
	a, wrong := s.request(b, r.URL.Query())
	a.Person, a.Flaw = r.PostFormValue("person"), r.PostFormValue("flaw")
	if _, known := s.personByID(a.Person); wrong != "" || !known || a.Flaw != "" && !slices.Contains(flaws, a.Flaw) {
		s.authorizePage(b, w, r)
		return
	}
	letBack(w, a.Redirect)
	if a.Flaw == flawRefuse {
		s.sendBack(b, w, r, a, url.Values{"error": {"access_denied"}})
		return
	}
	s.sendBack(b, w, r, a, url.Values{"code": {s.consent(a)}})
}

// appPage is the provider's app on a second device: it shows the code, which
// must be the one on the other screen, and asks to confirm.
func (s *Sandbox) appPage(b *bankid, w http.ResponseWriter, r *http.Request) {
	p := signInPage{Provider: b.name, People: s.Payers(), UserCode: r.URL.Query().Get("code"), Person: "1", Done: r.URL.Query().Get("done")}
	if p.UserCode != "" && p.Done == "" && s.deviceByUserCode(b, p.UserCode) == nil {
		p.Wrong = "user_code"
	}
	s.show(w, r, http.StatusOK, "app", "signins", "signins.app", p)
}

// appConfirm takes what was pressed in the app.
func (s *Sandbox) appConfirm(b *bankid, w http.ResponseWriter, r *http.Request) {
	a, person := s.deviceByUserCode(b, r.PostFormValue("code")), r.PostFormValue("person")
	_, known := s.personByID(person)
	refused := r.PostFormValue("do") == "refuse"
	if a == nil || !known && !refused {
		s.appPage(b, w, r)
		return
	}
	done := "confirmed"
	s.mu.Lock()
	if refused {
		a.Refused, done = true, "refused"
	} else {
		a.Person, a.At = person, s.now()
	}
	s.mu.Unlock()
	http.Redirect(w, r, withLang("/oidc/"+b.name+"/app?done="+done, langOf(r)), http.StatusSeeOther)
}

// bankPage is the bank's own app, where «Сервисы» lead to the portal.
func (s *Sandbox) bankPage(b *bankid, w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "bank", "signins", "signins."+b.name, signInPage{Provider: b.name, People: s.Payers(), Person: "1", Portal: s.portal != ""})
}

// bankLink begins to link the portal's account with the bank's: the phone must
// be the one that the bank knows, and the person agrees to pass data on. It
// leads to the portal by OpenID Connect Core 4.
func (s *Sandbox) bankLink(b *bankid, w http.ResponseWriter, r *http.Request) {
	p := signInPage{Provider: b.name, People: s.Payers(), Person: r.PostFormValue("person"), Phone: r.PostFormValue("phone"), Portal: s.portal != ""}
	who, known := s.personByID(p.Person)
	p.Missing = r.PostFormValue("agree") == ""
	p.Differs = !known || phoneDigits(p.Phone) == "" || phoneDigits(p.Phone) != phoneDigits(who.Phone)
	if !p.Portal || p.Missing || p.Differs {
		s.show(w, r, http.StatusUnprocessableEntity, "bank", "signins", "signins."+b.name, p)
		return
	}
	letBack(w, s.portal)
	q := url.Values{"iss": {b.issuer(r)}, "login_hint": {who.Phone}, "target_link_uri": {s.portal + "/settings/outside"}}
	http.Redirect(w, r, s.portal+"/outside/to/"+b.name+"?"+q.Encode(), http.StatusSeeOther)
}

// signInsPage lists the providers.
func (s *Sandbox) signInsPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "signins", "signins", "signins.title", s.bankids)
}

// ESIAFiles are the names of ESIASetup, for the page.
func (page) ESIAFiles() []string {
	return []string{"system.crt", "system.key", "token-gost.crt", "token-rsa.pub"}
}

// Name is for templates.
func (b *bankid) Name() string { return b.name }

// Device is for templates.
func (b *bankid) Device() bool { return b.device }
