package account

import (
	"errors"
	"net/http"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

func (s *Service) settingsRoutes(rt *web.Router) {
	rt.Handle("GET /settings/security", s.security, web.SignedIn)
	rt.Handle("GET /settings/password", s.passwordForm, web.SignedIn)
	rt.Handle("POST /settings/password", s.changePassword, web.SignedIn)
	rt.Handle("POST /settings/password/remind/on", s.remind(true), web.SignedIn)
	rt.Handle("POST /settings/password/remind/off", s.remind(false), web.SignedIn)
	rt.Handle("GET /email/{account}/{link}/{secret}", s.emailLink)
	rt.Handle("POST /email/{account}/{link}/{secret}", s.confirmLink)
}

func (s *Service) security(w http.ResponseWriter, r *http.Request) error {
	p, err := s.securityOf(w, r)
	if err != nil {
		return err
	}
	for _, done := range []string{"password", "ended", "others", "forgotten", "trusted", "remote_off", "remote_on", "safety"} {
		if r.URL.Query().Get("done") == done {
			p.Notice = notice{ui.Success, i18n.K("account.done_" + done)}
		}
	}
	return web.Write(w, r, http.StatusOK, securityPage(p))
}

func (s *Service) securityOf(w http.ResponseWriter, r *http.Request) (p security, err error) {
	ctx, account := r.Context(), web.Account(r)
	p.Current = web.VisitOf(ctx).Session
	if p.Account, err = s.Account(ctx, account); err != nil {
		return p, err
	}
	p.Ways = s.waysSet(ctx)
	if p.Changed, err = s.PasswordChanged(ctx, account); err != nil {
		return p, err
	}
	contacts, err := s.ContactsOf(ctx, account)
	if err != nil {
		return p, err
	}
	for _, c := range contacts {
		switch {
		case c.Kind == Phone && c.Main:
			p.Phone = c.Value
		case c.Kind == Email && c.Main:
			p.Email = c.Value
		case c.Kind == Email && !c.Confirmed:
			p.Pending = c.Value
		}
	}
	if p.Sessions, err = s.Sessions(ctx, account); err != nil {
		return p, err
	}
	if p.Safety, err = s.Safety(ctx, account); err != nil {
		return p, err
	}
	if p.Here, err = s.deviceFor(ctx, account, s.clientOf(w, r).Devices[DeviceKey(account)]); err != nil {
		return p, err
	}
	for _, one := range p.Sessions {
		if one.ID != p.Current {
			continue
		}
		p.Alien = one.Alien
		err := s.MayTrust(ctx, one)
		if err != nil && !errors.Is(err, ErrTrust) {
			return p, err
		}
		p.MayTrust = err == nil
	}
	p.Trusted, err = s.TrustedDevices(ctx, account)
	return p, err
}

func (s *Service) endOne(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.EndSession(r.Context(), v.Account, v.Session, r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/security?done=ended")
}

func (s *Service) endOthers(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.EndOthers(r.Context(), v.Account, v.Session); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/security?done=others")
}

func (s *Service) forget(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.Distrust(r.Context(), v.Account, v.Session, r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/security?done=forgotten")
}

func (s *Service) passwordForm(w http.ResponseWriter, r *http.Request) error {
	f, _, err := s.newPassword(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, changePasswordPage(f))
}

// newPassword returns the form to change the password and the words that the
// new one must not be made of.
func (s *Service) newPassword(r *http.Request) (newPasswordForm, []string, error) {
	account := web.Account(r)
	rules, words, err := s.rulesFor(r.Context(), account)
	f := newNewPasswordForm(rules)
	if err != nil {
		return f, nil, err
	}
	contacts, err := s.ContactsOf(r.Context(), account)
	if err != nil {
		return f, nil, err
	}
	for _, c := range contacts {
		if c.Main {
			f.Login = c.Value
		}
	}
	if web.VisitOf(r.Context()).Only != "" {
		f.Notice = notice{ui.Warning, i18n.K("account.password_first")}
		return f, words, nil
	}
	f.Reminds, f.MayRemind, err = s.Reminds(r.Context(), account)
	return f, words, err
}

func (s *Service) changePassword(w http.ResponseWriter, r *http.Request) error {
	f, words, err := s.newPassword(r)
	if err != nil {
		return err
	}
	ok := web.Read(r, &f.Current, &f.Password, &f.Repeat)
	if !judge(&f.Password, &f.Repeat, f.Rules, words...) || !ok {
		return web.Write(w, r, http.StatusUnprocessableEntity, changePasswordPage(f))
	}
	v := web.VisitOf(r.Context())
	err = s.ChangePassword(r.Context(), s.clientOf(w, r), v.Account, v.Session, f.Current.Value, f.Password.Value)
	if errors.Is(err, ErrWrong) || errors.Is(err, ErrSamePassword) {
		f.Current.Error = i18n.K("account.password_wrong")
		if errors.Is(err, ErrSamePassword) {
			f.Current.Error, f.Password.Error = i18n.Text{}, i18n.K("account.password_same")
		}
		return web.Write(w, r, http.StatusUnprocessableEntity, changePasswordPage(f))
	}
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, changePasswordPage(f))
	}
	return web.SeeOther(w, r, "/settings/security?done=password")
}

func (s *Service) emailLink(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, emailLinkPage(r.URL.Path))
}

func (s *Service) confirmLink(w http.ResponseWriter, r *http.Request) error {
	if err := s.ConfirmEmail(r.Context(), r.PathValue("account"), r.PathValue("link"), r.PathValue("secret")); err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, emailDonePage())
}

func (s *Service) remind(on bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := web.VisitOf(r.Context())
		if err := s.SetReminds(r.Context(), v.Account, v.Session, on); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/settings/password")
	}
}
