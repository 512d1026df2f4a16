package account

import (
	"errors"
	"net/http"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

func (s *Service) phoneForm(w http.ResponseWriter, r *http.Request) error {
	if web.Account(r) != "" {
		return web.SeeOther(w, r, "/")
	}
	return web.Write(w, r, http.StatusOK, phonePage(newPhoneForm(s.waysToRegister(r.Context()))))
}

func (s *Service) phone(w http.ResponseWriter, r *http.Request) error {
	f := newPhoneForm(s.waysToRegister(r.Context()))
	if !web.Read(r, &f.Phone) {
		return web.Write(w, r, http.StatusUnprocessableEntity, phonePage(f))
	}
	phone, _ := ParsePhone(f.Phone.Value) // the field's check let it pass
	flow, err := s.StartRegistration(r.Context(), s.clientOf(w, r), phone, i18n.LangOf(r.Context()))
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, phonePage(f))
	}
	return web.SeeOther(w, r, registration.base+flow+registration.tail)
}

// provedStep returns the step of a flow whose code was given; else it sends the
// browser to the page of the code and returns false.
func (s *Service) provedStep(w http.ResponseWriter, r *http.Request, t track) (step Step, ok bool, err error) {
	step, err = s.Step(r.Context(), s.clientOf(w, r), r.PathValue("flow"), t.kind)
	if err == nil && !step.Proved {
		return step, false, web.SeeOther(w, r, t.base+step.ID+t.tail)
	}
	return step, err == nil, err
}

func (s *Service) registerForm(w http.ResponseWriter, r *http.Request) error {
	step, ok, err := s.provedStep(w, r, registration)
	if !ok {
		return err
	}
	return web.Write(w, r, http.StatusOK, registerPage(newRegisterForm(step, s.Rules())))
}

func (s *Service) registerData(w http.ResponseWriter, r *http.Request) error {
	step, ok, err := s.provedStep(w, r, registration)
	if !ok {
		return err
	}
	f := newRegisterForm(step, s.Rules())
	ok = web.Read(r, f.all()...)
	in := f.registration()
	if !judge(&f.Password, &f.Repeat, s.Rules(), in.context(step.To.Value)...) || !ok {
		if err := s.KeepRegistration(r.Context(), s.clientOf(w, r), step.ID, in); err != nil {
			return err
		}
		return web.Write(w, r, http.StatusUnprocessableEntity, registerPage(f))
	}
	started, err := s.Register(r.Context(), s.clientOf(w, r), step.ID, in)
	if err != nil {
		text, status, ok := told(err)
		if !ok || errors.Is(err, ErrFlow) {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, registerPage(f))
	}
	return s.entered(w, r, started, "/", "")
}

func (s *Service) recoverForm(w http.ResponseWriter, r *http.Request) error {
	step, ok, err := s.provedStep(w, r, recovery)
	if !ok {
		return err
	}
	f, _, err := s.recoveryForm(r, step)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, newPasswordPage(f))
}

func (s *Service) recoverPassword(w http.ResponseWriter, r *http.Request) error {
	step, ok, err := s.provedStep(w, r, recovery)
	if !ok {
		return err
	}
	f, words, err := s.recoveryForm(r, step)
	if err != nil {
		return err
	}
	ok = web.Read(r, &f.Password, &f.Repeat)
	if !judge(&f.Password, &f.Repeat, f.Rules, words...) || !ok {
		return web.Write(w, r, http.StatusUnprocessableEntity, newPasswordPage(f))
	}
	if err := s.Recover(r.Context(), s.clientOf(w, r), step.ID, f.Password.Value); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, newPasswordPage(f))
	}
	return web.SeeOther(w, r, "/login?recovered=1")
}

// recoveryForm is the form of a new password after a proved recovery, and the
// words that it must not be made of.
func (s *Service) recoveryForm(r *http.Request, step Step) (newPasswordForm, []string, error) {
	rules, words, err := s.rulesFor(r.Context(), step.account)
	f := newNewPasswordForm(rules)
	f.Login = step.To.Value
	return f, words, err
}
