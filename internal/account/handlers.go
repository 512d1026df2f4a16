package account

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /login", s.loginForm)
	rt.Handle("POST /login", s.login)
	rt.Handle("GET /login/resume/{kept}", s.resume, web.SignedIn)
	rt.Handle("POST /logout", s.logout)

	rt.Handle("GET /register", s.phoneForm)
	rt.Handle("POST /register", s.phone)
	rt.Handle("GET /register/{flow}/code", s.flowCode(registration))
	rt.Handle("POST /register/{flow}/code", s.takeCode(registration))
	rt.Handle("POST /register/{flow}/code/resend", s.resend(registration))
	rt.Handle("GET /register/{flow}/data", s.registerForm)
	rt.Handle("POST /register/{flow}/data", s.registerData)

	rt.Handle("GET /recover", s.askForm(recovery))
	rt.Handle("POST /recover", s.ask(recovery))
	rt.Handle("GET /recover/{flow}/code", s.flowCode(recovery))
	rt.Handle("POST /recover/{flow}/code", s.takeCode(recovery))
	rt.Handle("POST /recover/{flow}/code/resend", s.resend(recovery))
	rt.Handle("GET /recover/{flow}/password", s.recoverForm)
	rt.Handle("POST /recover/{flow}/password", s.recoverPassword)
	rt.Handle("GET /unlock", s.askForm(unlocking))
	rt.Handle("POST /unlock", s.ask(unlocking))
	rt.Handle("GET /unlock/{flow}/code", s.flowCode(unlocking))
	rt.Handle("POST /unlock/{flow}/code", s.unlock)
	rt.Handle("POST /unlock/{flow}/code/resend", s.resend(unlocking))
	s.settingsRoutes(rt)
	s.safetyRoutes(rt)
	s.registerEmailRoutes(rt)
	s.contactRoutes(rt)
	s.factorRoutes(rt)
	s.passkeyRoutes(rt)
	s.stepUpRoutes(rt)
}

// told splits an error into what is said on the form it concerns, and what is
// for the router to answer.
func told(err error) (text i18n.Text, status int, ok bool) {
	wrong := &WrongCode{}
	if errors.As(err, &wrong) {
		return i18n.K("account.code_left", "n", wrong.Left), http.StatusUnprocessableEntity, true
	}
	f := fault.Of(err)
	switch f.Kind {
	case fault.Invalid, fault.TooMany, fault.Unavailable, fault.Conflict:
		return i18n.K(f.Text), web.Status(err), true
	}
	return i18n.Text{}, 0, false
}

func danger(text i18n.Text) notice { return notice{ui.Danger, text} }

// admitted sends the browser to the second step, or in.
func (s *Service) admitted(w http.ResponseWriter, r *http.Request, in Entered, next, kept string) error {
	if in.Flow != "" {
		return web.SeeOther(w, r, "/login/code/"+in.Flow)
	}
	return s.entered(w, r, in.Started, next, kept)
}

// entered gives the browser its session and sends it to where it was going, or
// to the form that was kept.
func (s *Service) entered(w http.ResponseWriter, r *http.Request, st Started, next, kept string) error {
	s.setSession(w, st)
	if kept != "" {
		id, err := s.keep(r.Context(), st.Session.Account, kept)
		if err != nil {
			return err
		}
		if id != "" {
			return web.SeeOther(w, r, "/login/resume/"+id)
		}
	}
	return web.SeeOther(w, r, web.Local(next, "/"))
}

func (s *Service) resume(w http.ResponseWriter, r *http.Request) error {
	form, err := s.Kept(r.Context(), web.Account(r), r.PathValue("kept"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, resumePage(form))
}

// track is one kind of flow as its pages show it.
type track struct {
	kind  string
	title string // message key of the page of the code
	base  string // path before the ID of the flow
	tail  string // and after it, on the page of the code
	after string // path after the ID, when the code was right
}

var (
	registration = track{flowRegister, "account.code_title_phone", "/register/", "/code", "/data"}
	recovery     = track{flowRecover, "account.code_title", "/recover/", "/code", "/password"}
	unlocking    = track{flowUnlock, "account.code_title", "/unlock/", "/code", ""}
)

func (s *Service) codeForm(t track, step Step) codeForm {
	back := strings.TrimSuffix(strings.TrimSuffix(t.base, "/"), "/code")
	f := newCodeForm(step, t.title, back, t.base+step.ID+t.tail)
	f.Wait = int(min(max(step.ResendAt.Sub(s.now()), 0), CodeResend) / time.Second)
	return f
}

// flowCode is the page that asks for the code of a flow.
func (s *Service) flowCode(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		step, err := s.Step(r.Context(), s.clientOf(w, r), r.PathValue("flow"), t.kind)
		if err != nil {
			return err
		}
		if step.Proved && t.after != "" {
			return web.SeeOther(w, r, t.base+step.ID+t.after)
		}
		f := s.codeForm(t, step)
		if r.URL.Query().Has("sent") {
			f.Notice = notice{ui.Success, i18n.K("account.code_resent")}
		}
		return web.Write(w, r, http.StatusOK, codePage(f))
	}
}

// wrongCode draws the page of the code again with what was wrong.
func (s *Service) wrongCode(w http.ResponseWriter, r *http.Request, t track, cause error) error {
	text, status, ok := told(cause)
	if !ok {
		return cause
	}
	step, err := s.Step(r.Context(), s.clientOf(w, r), r.PathValue("flow"), t.kind)
	if err != nil {
		return err
	}
	f := s.codeForm(t, step)
	if f.Code.Value = web.Clean(r.PostFormValue("code")); errors.Is(cause, ErrCode) || errors.Is(cause, ErrCodeOver) {
		f.Code.Error = text
	} else {
		f.Notice = danger(text)
	}
	return web.Write(w, r, status, codePage(f))
}

// readCode returns false when the page was drawn again because no code was
// typed.
func (s *Service) readCode(w http.ResponseWriter, r *http.Request, t track) (f codeForm, ok bool, err error) {
	step, err := s.Step(r.Context(), s.clientOf(w, r), r.PathValue("flow"), t.kind)
	if err != nil {
		return f, false, err
	}
	f = s.codeForm(t, step)
	if !web.Read(r, &f.Code) {
		return f, false, web.Write(w, r, http.StatusUnprocessableEntity, codePage(f))
	}
	return f, true, nil
}

// takeCode takes the code of a registration or recovery.
func (s *Service) takeCode(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		f, ok, err := s.readCode(w, r, t)
		if !ok {
			return err
		}
		if err := s.Prove(r.Context(), s.clientOf(w, r), f.Step.ID, f.Code.Value); err != nil {
			return s.wrongCode(w, r, t, err)
		}
		return web.SeeOther(w, r, t.base+f.Step.ID+t.after)
	}
}

func (s *Service) resend(t track) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		flow := r.PathValue("flow")
		if err := s.Resend(r.Context(), s.clientOf(w, r), flow, t.kind); err != nil {
			return s.wrongCode(w, r, t, err)
		}
		return web.SeeOther(w, r, t.base+flow+t.tail+"?sent=1")
	}
}

func (s *Service) unlock(w http.ResponseWriter, r *http.Request) error {
	f, ok, err := s.readCode(w, r, unlocking)
	if !ok {
		return err
	}
	if err := s.Unlock(r.Context(), s.clientOf(w, r), f.Step.ID, f.Code.Value); err != nil {
		return s.wrongCode(w, r, unlocking, err)
	}
	return web.SeeOther(w, r, "/login?unlocked=1")
}
