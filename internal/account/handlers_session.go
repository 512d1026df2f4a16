package account

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// loginForm is the sign-in page. Somebody signed in goes on to where they were
// going.
func (s *Service) loginForm(w http.ResponseWriter, r *http.Request) error {
	next := web.Local(r.URL.Query().Get("next"), "")
	if web.Account(r) != "" {
		return web.SeeOther(w, r, web.Local(next, "/"))
	}
	f := newLoginForm(r.URL.Query().Get("by"))
	f.Next = next
	s.fillLogin(r, &f)
	switch {
	case r.URL.Query().Has("recovered"):
		f.Notice = notice{ui.Success, i18n.K("account.recovered_done")}
	case r.URL.Query().Has("unlocked"):
		f.Notice = notice{ui.Success, i18n.K("account.unlocked_done")}
	case r.URL.Query().Has("left"):
		f.Notice = notice{ui.Success, i18n.K("account.session_left")}
	default:
		if why := web.VisitOf(r.Context()).Ended; why != "" && next != "" {
			f.Notice = notice{ui.Info, i18n.K(why)}
		}
	}
	return s.drawLogin(w, r, http.StatusOK, f)
}

// drawLogin draws the sign-in page with the ways that stand beside the password.
func (s *Service) drawLogin(w http.ResponseWriter, r *http.Request, status int, f loginForm) error {
	f.Ways = s.waysIn(r.Context(), f.Next)
	var err error
	if f.Passkey, err = s.askPasskey(r.Context(), passkeySignIn, ""); err != nil {
		return err
	}
	return web.Write(w, r, status, loginPage(f))
}

// fillLogin puts in the login name that was remembered.
func (s *Service) fillLogin(r *http.Request, f *loginForm) {
	if l, ok := ParseLogin(s.remembered(r)); ok && (f.By.kind == "" || f.By.kind == l.Kind) {
		f.Login.Value, f.Remember.Value = l.String(), checked
	}
}

func (s *Service) login(w http.ResponseWriter, r *http.Request) error {
	f := newLoginForm(r.PostFormValue("by"))
	f.Next, f.Kept = web.Local(r.PostFormValue("next"), ""), r.PostFormValue("kept")
	if !web.Read(r, f.all()...) {
		return s.drawLogin(w, r, http.StatusUnprocessableEntity, f)
	}
	login, _ := ParseLoginBy(f.By.kind, f.Login.Value) // the field's check let it pass
	alien := f.Alien.Value == checked
	in, err := s.SignIn(r.Context(), s.clientOf(w, r), SignIn{Login: login, Password: f.Password.Value,
		Remember: f.Remember.Value == checked, Alien: alien, Next: f.Next, Kept: f.Kept, Lang: i18n.LangOf(r.Context())})
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		if errors.Is(err, ErrWrong) {
			text = wrongText(login)
		}
		f.Notice = danger(text)
		f.Locked = errors.Is(err, ErrLocked)
		return s.drawLogin(w, r, status, f)
	}
	s.setLogin(w, login, f.Remember.Value == checked && !alien)
	return s.admitted(w, r, in, f.Next, f.Kept)
}

// SignInPage answers a request that needs somebody to sign in, for web.Config.
// A form that was sent with it comes back after the sign-in.
func (s *Service) SignInPage(w http.ResponseWriter, r *http.Request) error {
	visit := web.VisitOf(r.Context())
	if web.WantsJSON(r) || wantsEvents(r) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(i18n.T(r.Context(), "web.sign_in"))) // whoever went away needs no answer
		return nil
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return web.SeeOther(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()))
	}
	f := newLoginForm("")
	s.fillLogin(r, &f)
	why := "web.sign_in"
	if visit.Ended != "" {
		why = visit.Ended
	}
	f.Notice = notice{ui.Info, i18n.K(why)}
	if _, account := s.sessionOf(r); visit.Ended != "" && !strings.HasPrefix(r.URL.Path, "/log") {
		if f.Kept = s.seal(account, Form{Path: r.URL.RequestURI(), Values: web.PostedTexts(r)}); f.Kept != "" {
			f.Notice.text = i18n.K("account.kept", "why", i18n.K(why))
		}
	}
	return s.drawLogin(w, r, http.StatusUnauthorized, f)
}

func (s *Service) logout(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	leave := `"cache", "storage"`
	if v.Account != "" {
		if session, err := s.session(r); err == nil && session.Alien {
			leave = `"cache", "cookies", "storage"` // nothing of the person stays on a stranger's computer
		}
		if err := s.SignOut(r.Context(), v.Account, v.Session); err != nil && !errors.Is(err, ErrSession) {
			return err
		}
	}
	s.dropSession(w)
	w.Header().Set("Clear-Site-Data", leave)
	return web.SeeOther(w, r, "/login?left=1")
}
