package consent

import (
	"net/http"
	"net/url"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// Routes adds the pages of this feature. fresh is the guard of acts that need a
// proof of identity given a moment ago.
func (s *Service) Routes(rt *web.Router, fresh web.Guard) {
	rt.Handle("GET /consents/{purpose}", s.ask)
	rt.Handle("POST /consents/{purpose}", s.agree, web.SignedIn)
	rt.Handle("GET /settings/consents", s.list, web.SignedIn)
	rt.Handle("GET /settings/consents/{id}", s.one, web.SignedIn)
	rt.Handle("GET /settings/consents/{id}/withdraw", s.withdrawForm, web.SignedIn, fresh)
	rt.Handle("POST /settings/consents/{id}/withdraw", s.withdraw, web.SignedIn, fresh)
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	const size = 25
	p := listPage{Filter: Filter(r.URL.Query().Get("show")), now: s.now(), Done: r.URL.Query().Get("done")}
	if !p.Filter.known() {
		p.Filter = OnlyActive
	}
	list, err := s.List(r.Context(), web.Account(r), p.Filter, r.URL.Query().Get("before"), size+1)
	if err != nil {
		return err
	}
	if len(list) > size {
		list = list[:size]
		p.More = "/settings/consents?show=" + string(p.Filter) + "&before=" + url.QueryEscape(list[size-1].ID)
	}
	for _, c := range list {
		doc, err := s.Shown(c)
		if err != nil {
			return err
		}
		p.List = append(p.List, shown{Consent: c, Text: doc, now: s.now()})
	}
	if p.Asked, err = s.Asked(r.Context(), web.Account(r)); err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, consentsPage(p))
}

// shownOf returns the consent that the address names, with its text.
func (s *Service) shownOf(r *http.Request) (shown, error) {
	c, err := s.Consent(r.Context(), web.Account(r), r.PathValue("id"))
	if err != nil {
		return shown{}, err
	}
	doc, err := s.Shown(c)
	t, _ := s.library.current(c.Purpose)
	return shown{c, doc, s.now(), t.Required}, err
}

func (s *Service) one(w http.ResponseWriter, r *http.Request) error {
	c, err := s.shownOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, consentPage(c))
}

func (s *Service) withdrawForm(w http.ResponseWriter, r *http.Request) error {
	c, err := s.shownOf(r)
	if err != nil {
		return err
	}
	if !c.Active(s.now()) {
		return ErrOver
	}
	return web.Write(w, r, http.StatusOK, withdrawPage(c))
}

func (s *Service) withdraw(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.Withdraw(r.Context(), v.Account, v.Session, r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/consents?show=past&done=withdrawn")
}

// askPageOf returns the text that is asked for now; anybody may read it before
// they register.
func (s *Service) askPageOf(r *http.Request) (askPage, error) {
	p := askPage{Agree: web.Field{Name: "agree", Label: i18n.K("consent.agree"), Missing: i18n.K("consent.agree_missing")}, Next: web.Local(r.FormValue("next"), "")}
	purpose := Purpose(r.PathValue("purpose"))
	t, ok := s.library.current(purpose)
	if !ok || !t.Asked {
		return p, ErrNone
	}
	var err error
	if p.Text, err = s.Text(r.Context(), purpose, Values{}); err != nil || web.Account(r) == "" {
		return p, err
	}
	asked, err := s.Asked(r.Context(), web.Account(r))
	for _, one := range asked {
		if one.Purpose == purpose {
			p.Open, p.Changed = !one.Given || one.Changed, one.Changed
		}
	}
	return p, err
}

func (s *Service) ask(w http.ResponseWriter, r *http.Request) error {
	p, err := s.askPageOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, agreePage(p))
}

func (s *Service) agree(w http.ResponseWriter, r *http.Request) error {
	p, err := s.askPageOf(r)
	if err != nil {
		return err
	}
	if !web.Read(r, &p.Agree) {
		return web.Write(w, r, http.StatusUnprocessableEntity, agreePage(p))
	}
	v := web.VisitOf(r.Context())
	if err := s.Agree(r.Context(), v.Account, v.Session, p.Text.Purpose); err != nil {
		return err
	}
	if p.Next != "" {
		return web.SeeOther(w, r, p.Next)
	}
	return web.SeeOther(w, r, "/settings/consents?done=given")
}
