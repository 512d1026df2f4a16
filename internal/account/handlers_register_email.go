package account

import (
	"net/http"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

func (s *Service) registerEmailRoutes(rt *web.Router) {
	rt.Handle("GET /register/email", s.registerEmailForm)
	rt.Handle("POST /register/email", s.registerEmail)
	rt.Handle("GET /register/{flow}/sent", s.letterSent)
	rt.Handle("POST /register/{flow}/sent", s.letterAgain)
	rt.Handle("GET /link/register/{flow}/{secret}", s.letterLink(registration))
	rt.Handle("POST /link/register/{flow}/{secret}", s.takeLetterLink(registration))
	rt.Handle("GET /link/recover/{flow}/{secret}", s.letterLink(recovery))
	rt.Handle("POST /link/recover/{flow}/{secret}", s.takeLetterLink(recovery))
}

func (s *Service) registerEmailForm(w http.ResponseWriter, r *http.Request) error {
	if !s.Mails() {
		return web.ErrNotFound
	}
	if web.Account(r) != "" {
		return web.SeeOther(w, r, "/")
	}
	return web.Write(w, r, http.StatusOK, registerEmailPage(newRegisterEmailForm()))
}

func (s *Service) registerEmail(w http.ResponseWriter, r *http.Request) error {
	f := newRegisterEmailForm()
	if !web.Read(r, &f.Email) {
		return web.Write(w, r, http.StatusUnprocessableEntity, registerEmailPage(f))
	}
	address, _ := ParseEmail(f.Email.Value) // the field's check let it pass
	flow, err := s.StartEmailRegistration(r.Context(), s.clientOf(w, r), address, i18n.LangOf(r.Context()))
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, registerEmailPage(f))
	}
	return web.SeeOther(w, r, "/register/"+flow+"/sent")
}

// letterSent says that the letter is on its way.
func (s *Service) letterSent(w http.ResponseWriter, r *http.Request) error {
	return s.writeLetterSent(w, r, http.StatusOK, r.URL.Query().Has("again"), i18n.Text{})
}

func (s *Service) writeLetterSent(w http.ResponseWriter, r *http.Request, status int, again bool, wrong i18n.Text) error {
	step, err := s.Step(r.Context(), s.clientOf(w, r), r.PathValue("flow"), flowRegister)
	if err != nil {
		return err
	}
	p := letterPage{To: step.To.Value, Path: "/register/" + step.ID + "/sent", Wait: s.wait(step)}
	switch {
	case !wrong.IsZero():
		p.Notice = danger(wrong)
	case again:
		p.Notice = notice{ui.Success, i18n.K("account.letter_again_done")}
	}
	return web.Write(w, r, status, letterSentPage(p))
}

// wait is in how many seconds a new message may be asked for.
func (s *Service) wait(step Step) int {
	return int(min(max(step.ResendAt.Sub(s.now()), 0), CodeResend) / time.Second)
}

func (s *Service) letterAgain(w http.ResponseWriter, r *http.Request) error {
	flow := r.PathValue("flow")
	if err := s.Resend(r.Context(), s.clientOf(w, r), flow, flowRegister); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		return s.writeLetterSent(w, r, status, false, text)
	}
	return web.SeeOther(w, r, "/register/"+flow+"/sent?again=1")
}

// letterLink asks to press a button, since mail programs open links by
// themselves.
func (s *Service) letterLink(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		step, err := s.CheckLink(r.Context(), r.PathValue("flow"), r.PathValue("secret"))
		if err != nil {
			return err
		}
		if step.Kind != t.kind {
			return ErrLink
		}
		return web.Write(w, r, http.StatusOK, letterLinkPage(r.URL.Path, t, step.To.Value))
	}
}

func (s *Service) takeLetterLink(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		step, err := s.CheckLink(r.Context(), r.PathValue("flow"), r.PathValue("secret"))
		if err != nil {
			return err
		}
		if step.Kind != t.kind {
			return ErrLink
		}
		if step, err = s.TakeLink(r.Context(), s.clientOf(w, r), r.PathValue("flow"), r.PathValue("secret")); err != nil {
			return err
		}
		return web.SeeOther(w, r, t.base+step.ID+t.after)
	}
}
