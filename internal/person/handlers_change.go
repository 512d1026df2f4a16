package person

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

func (s *Service) changeRoutes(rt *web.Router) {
	rt.Handle("GET /profile/personal", s.form(s.personalForm), web.SignedIn)
	rt.Handle("POST /profile/personal", s.propose(s.personalForm), web.SignedIn)
	rt.Handle("GET /profile/{part}", s.form(s.partForm), web.SignedIn)
	rt.Handle("POST /profile/{part}", s.propose(s.partForm), web.SignedIn)
	rt.Handle("GET /profile/family/{id}", s.form(s.relativeForm), web.SignedIn)
	rt.Handle("POST /profile/family/{id}", s.propose(s.relativeForm), web.SignedIn)
	rt.Handle("GET /profile/delete/{part}", s.deleteForm, web.SignedIn)
	rt.Handle("POST /profile/delete/{part}", s.remove, web.SignedIn)
	rt.Handle("GET /profile/family/{id}/delete", s.deleteForm, web.SignedIn)
	rt.Handle("POST /profile/family/{id}/delete", s.remove, web.SignedIn)
	rt.Handle("GET /profile/confirm/{id}", s.confirmForm, web.SignedIn)
	rt.Handle("POST /profile/confirm/{id}", s.confirm, web.SignedIn)
	rt.Handle("GET /settings/privacy", s.privacy, web.SignedIn)
	rt.Handle("POST /settings/privacy", s.setPrivacy, web.SignedIn)
}

// partNamed returns the part whose form the address names.
func partNamed(path string) (Part, error) {
	i := slices.IndexFunc(editable, func(p Part) bool { return p.path() == path })
	if i < 0 {
		return "", web.ErrNotFound
	}
	return editable[i], nil
}

func (s *Service) partForm(r *http.Request) (*changeForm, error) {
	part, err := partNamed(r.PathValue("part"))
	if err != nil {
		return nil, err
	}
	p, err := s.Person(r.Context(), web.Account(r))
	if err != nil {
		return nil, err
	}
	if p.Is(part) {
		return nil, ErrVerified
	}
	return newPartForm(part, p, s.now), s.mayKeep(r.Context(), nil, web.Account(r), part)
}

func (s *Service) personalForm(r *http.Request) (*changeForm, error) {
	p, err := s.Person(r.Context(), web.Account(r))
	if err != nil {
		return nil, err
	}
	if len(unverified(p)) == 0 {
		return nil, ErrVerified
	}
	return newPersonalForm(p, s.now), nil
}

// relativeForm is of the relative that the address names; "new" is one of the
// kind that the question part of the address names.
func (s *Service) relativeForm(r *http.Request) (*changeForm, error) {
	p, err := s.Person(r.Context(), web.Account(r))
	if err != nil {
		return nil, err
	}
	relative, known := p.relative(r.PathValue("id"))
	if r.PathValue("id") == "new" {
		relative.Kin = Kin(r.URL.Query().Get("kin"))
		known = slices.Contains(kins, relative.Kin)
	}
	if !known {
		return nil, web.ErrNotFound
	}
	return newRelativeForm(p, relative, s.now), s.mayKeep(r.Context(), nil, web.Account(r), Family)
}

// form shows a form, or says what must be done before.
func (s *Service) form(make func(*http.Request) (*changeForm, error)) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		if ready, err := s.reached(w, r); !ready {
			return err
		}
		f, err := make(r)
		if err != nil {
			return s.unready(w, r, err)
		}
		return web.Write(w, r, http.StatusOK, editPage(f))
	}
}

// reached reports whether both contacts are confirmed; else it says so.
// Source: B-08.
func (s *Service) reached(w http.ResponseWriter, r *http.Request) (bool, error) {
	a, err := s.accounts.Account(r.Context(), web.Account(r))
	if err != nil || a.Phone && a.Email {
		return err == nil, err
	}
	return false, web.Write(w, r, http.StatusForbidden, blockedPage())
}

// unready sends to the consent those who need it first.
func (s *Service) unready(w http.ResponseWriter, r *http.Request, err error) error {
	if errors.Is(err, ErrConsent) {
		return web.SeeOther(w, r, "/consents/"+string(consent.Extra)+"?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	return err
}

// propose takes what was typed and asks for the code.
func (s *Service) propose(make func(*http.Request) (*changeForm, error)) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, err := make(r)
		if err != nil {
			return s.unready(w, r, err)
		}
		ok := web.Read(r, f.fields()...)
		if !f.agrees() || !ok {
			return web.Write(w, r, http.StatusUnprocessableEntity, editPage(f))
		}
		proposal, err := s.Propose(r.Context(), web.Account(r), f.proposal(version(r)))
		if err != nil {
			return s.notProposed(w, r, f, err)
		}
		return web.SeeOther(w, r, "/profile/confirm/"+proposal)
	}
}

// version is that of the data which the form showed; what is no number is none.
func version(r *http.Request) int64 {
	v, _ := strconv.ParseInt(r.PostFormValue("version"), 10, 64)
	return v
}

func (s *Service) notProposed(w http.ResponseWriter, r *http.Request, f *changeForm, err error) error {
	switch why := fault.Of(err); {
	case errors.Is(err, account.ErrUnreached):
		return web.Write(w, r, http.StatusForbidden, blockedPage())
	case errors.Is(err, ErrFamily), why.Kind == fault.TooMany:
		f.Notice = i18n.K(why.Text)
		return web.Write(w, r, web.Status(err), editPage(f))
	}
	return err
}

// deletion is what the address asks to delete.
func (s *Service) deletion(r *http.Request) (deleteForm, error) {
	d := deleteForm{Part: Part(r.PathValue("part")), Action: r.URL.Path}
	p, err := s.Person(r.Context(), web.Account(r))
	if err != nil {
		return d, err
	}
	d.at, d.Verified = p.version, p.Is(d.Part)
	if id := r.PathValue("id"); id != "" {
		known := false
		if d.Relative, known = p.relative(id); !known {
			return d, web.ErrNotFound
		}
		d.Part = Family
		return d, nil
	}
	if !slices.Contains(editable, d.Part) {
		return d, web.ErrNotFound
	}
	return d, nil
}

func (s *Service) deleteForm(w http.ResponseWriter, r *http.Request) error {
	d, err := s.deletion(r)
	if err != nil {
		return err
	}
	if ready, err := s.reached(w, r); !ready {
		return err
	}
	return web.Write(w, r, http.StatusOK, deletePage(d))
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request) error {
	d, err := s.deletion(r)
	if err != nil {
		return err
	}
	proposal, err := s.Propose(r.Context(), web.Account(r), Proposal{Version: version(r), Remove: d.Part, Relative: Relative{ID: d.Relative.ID}})
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/profile/confirm/"+proposal)
}

// confirmOf returns the form for the code of a change.
func (s *Service) confirmOf(r *http.Request) (f confirmForm, err error) {
	f = newConfirmForm()
	if f.Change, f.Sent, err = s.Proposal(r.Context(), web.Account(r), r.PathValue("id")); err != nil {
		return f, err
	}
	f.Person, err = s.Person(r.Context(), web.Account(r))
	return f, err
}

func (s *Service) confirmForm(w http.ResponseWriter, r *http.Request) error {
	f, err := s.confirmOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, confirmPage(f))
}

func (s *Service) confirm(w http.ResponseWriter, r *http.Request) error {
	if r.PostFormValue("again") != "" {
		return s.again(w, r)
	}
	f, err := s.confirmOf(r)
	if err != nil {
		return err
	}
	if !web.Read(r, &f.Code) {
		return web.Write(w, r, http.StatusUnprocessableEntity, confirmPage(f))
	}
	v := web.VisitOf(r.Context())
	page, err := s.Confirm(r.Context(), v.Account, v.Session, f.Change.ID, f.Code.Value)
	var wrong *account.WrongCode
	switch {
	case err == nil:
		return web.SeeOther(w, r, page)
	case errors.As(err, &wrong):
		f.Code.Error = i18n.K("account.code_left", "n", wrong.Left)
	case errors.Is(err, account.ErrCodeOver):
		f.Code.Error = i18n.K("account.code_over")
	case errors.Is(err, ErrChanged):
		f.Notice = i18n.K("person.changed")
		return web.Write(w, r, http.StatusConflict, confirmPage(f))
	default:
		return err
	}
	return web.Write(w, r, http.StatusUnprocessableEntity, confirmPage(f))
}

// again sends another code.
func (s *Service) again(w http.ResponseWriter, r *http.Request) error {
	err := s.Resend(r.Context(), web.Account(r), r.PathValue("id"))
	if err == nil {
		return web.SeeOther(w, r, r.URL.Path)
	}
	if why := fault.Of(err); why.Kind == fault.TooMany {
		f, e := s.confirmOf(r)
		if e != nil {
			return e
		}
		f.Notice = i18n.K(why.Text)
		return web.Write(w, r, web.Status(err), confirmPage(f))
	}
	return err
}

func (s *Service) privacy(w http.ResponseWriter, r *http.Request) error {
	set, err := s.Settings(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	p := newPrivacy(set)
	p.Saved = r.URL.Query().Has("saved")
	return web.Write(w, r, http.StatusOK, privacyPage(p))
}

func (s *Service) setPrivacy(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.SetFill(r.Context(), v.Account, v.Session, r.PostFormValue("fill") != ""); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/privacy?saved=1")
}
