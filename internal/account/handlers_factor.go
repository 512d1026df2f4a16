package account

import (
	"errors"
	"net/http"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// factorRoutes are the second step of a sign-in and its settings.
func (s *Service) factorRoutes(rt *web.Router) {
	rt.Handle("GET /login/code/{flow}", s.stepForm)
	rt.Handle("POST /login/code/{flow}", s.step)
	rt.Handle("POST /login/code/{flow}/way", s.chooseWay)
	rt.Handle("POST /login/code/{flow}/resend", s.resendStep)

	rt.Handle("GET /settings/second", s.factors, web.SignedIn)
	rt.Handle("GET /settings/second/off", s.offForm, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/off", s.switchSecond(false), web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/on", s.switchSecond(true), web.SignedIn)
	rt.Handle("GET /settings/second/remove/{factor}", s.removeForm, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/remove/{factor}", s.remove, web.SignedIn, s.RequireFresh)
	rt.Handle("GET /settings/second/app", s.appForm, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/app", s.app, web.SignedIn, s.RequireFresh)
	rt.Handle("GET /settings/second/backup", s.backupForm, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/second/backup", s.backup, web.SignedIn, s.RequireFresh)
	for _, one := range []Factor{FactorSMS, FactorEmail} {
		rt.Handle("GET "+factorsPath+"/"+string(one), s.sentForm(one), web.SignedIn, s.RequireFresh)
		rt.Handle("POST "+factorsPath+"/"+string(one), s.sent(one), web.SignedIn, s.RequireFresh)
	}
}

// stepOf reads the second step of the address.
func (s *Service) stepOf(w http.ResponseWriter, r *http.Request) (stepForm, error) {
	p, err := s.SecondWays(r.Context(), s.clientOf(w, r), r.PathValue("flow"))
	if err != nil {
		return stepForm{}, err
	}
	f := newStepForm(p, "/login/code/"+p.ID)
	if p.Way == FactorPasskey {
		if f.Ask, err = s.askPasskey(r.Context(), passkeyStep, p.account); err != nil {
			return f, err
		}
	}
	f.Wait = int(min(max(p.ResendAt.Sub(s.now()), 0), CodeResend) / time.Second)
	return f, nil
}

func (s *Service) stepForm(w http.ResponseWriter, r *http.Request) error {
	f, err := s.stepOf(w, r)
	if err != nil {
		return err
	}
	if f.data.Remember { // «Запомнить меня» means the device as well
		f.Trust.Value = checked
	}
	if r.URL.Query().Has("sent") {
		f.Notice = notice{ui.Success, i18n.K("account.code_resent")}
	}
	return web.Write(w, r, http.StatusOK, stepPage(f))
}

func (s *Service) step(w http.ResponseWriter, r *http.Request) error {
	f, err := s.stepOf(w, r)
	if err != nil {
		return err
	}
	if !web.Read(r, &f.Code, &f.Trust) {
		return web.Write(w, r, http.StatusUnprocessableEntity, stepPage(f))
	}
	started, step, err := s.SecondStep(r.Context(), s.clientOf(w, r), f.ID, f.Code.Value, f.Trust.Value == checked)
	if err != nil {
		return s.wrongStep(w, r, err)
	}
	return s.entered(w, r, started, step.Next, step.Kept)
}

// wrongStep draws the page of the second step again with what was wrong.
func (s *Service) wrongStep(w http.ResponseWriter, r *http.Request, cause error) error {
	text, status, ok := told(cause)
	if !ok {
		return cause
	}
	f, err := s.stepOf(w, r)
	if err != nil {
		return err
	}
	f.Code.Value, f.Trust.Value = web.Clean(r.PostFormValue("code")), r.PostFormValue("trust")
	if errors.Is(cause, ErrCode) || errors.Is(cause, ErrCodeOver) {
		f.Code.Error = text
	} else {
		f.Notice = danger(text)
	}
	return web.Write(w, r, status, stepPage(f))
}

func (s *Service) chooseWay(w http.ResponseWriter, r *http.Request) error {
	flow := r.PathValue("flow")
	if err := s.ChooseWay(r.Context(), s.clientOf(w, r), flow, Factor(r.PostFormValue("way"))); err != nil {
		return s.wrongStep(w, r, err)
	}
	return web.SeeOther(w, r, "/login/code/"+flow)
}

func (s *Service) resendStep(w http.ResponseWriter, r *http.Request) error {
	flow := r.PathValue("flow")
	if err := s.Resend(r.Context(), s.clientOf(w, r), flow, flowSecond); err != nil {
		return s.wrongStep(w, r, err)
	}
	return web.SeeOther(w, r, "/login/code/"+flow+"?sent=1")
}

// factors is the page of the settings.
func (s *Service) factors(w http.ResponseWriter, r *http.Request) error {
	set, err := s.Factors(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	keys, err := s.Passkeys(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	p := factorsPage{Factors: set, Keys: keys, Staff: web.VisitOf(r.Context()).Staff}
	switch r.URL.Query().Get("done") {
	case "added":
		p.Notice, p.Changed = notice{ui.Success, i18n.K("account.done_added")}, true
	case "removed":
		p.Notice, p.Changed = notice{ui.Success, i18n.K("account.done_removed")}, true
	case "second":
		p.Notice = notice{ui.Success, i18n.K("account.done_second")}
	case "backup":
		p.Changed = true
	}
	return web.Write(w, r, http.StatusOK, factorsListPage(p))
}

func (s *Service) offForm(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, removalPage(removal{Title: i18n.K("account.second_switch_off"), Lead: i18n.K("account.second_off_lead"),
		Button: i18n.K("account.second_off_do"), Path: factorsPath + "/off"}))
}

func (s *Service) switchSecond(on bool) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		v := web.VisitOf(r.Context())
		if err := s.SwitchSecond(r.Context(), v.Account, v.Session, on); err != nil {
			return err
		}
		return web.SeeOther(w, r, factorsPath+"?done=second")
	}
}

// removable reads the factor of the address: one that RemoveFactor takes.
func removable(r *http.Request) (Factor, error) {
	switch one := Factor(r.PathValue("factor")); one {
	case FactorApp, FactorSMS, FactorEmail:
		return one, nil
	}
	return "", web.ErrNotFound
}

func (s *Service) removeForm(w http.ResponseWriter, r *http.Request) error {
	one, err := removable(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, removalPage(removal{Title: i18n.K("account.remove_" + string(one)), Lead: i18n.K("account.remove_lead"),
		Button: i18n.K("account.remove_do"), Path: r.URL.Path}))
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request) error {
	one, err := removable(r)
	if err != nil {
		return err
	}
	v := web.VisitOf(r.Context())
	if err := s.RemoveFactor(r.Context(), v.Account, v.Session, one); err != nil {
		return err
	}
	return web.SeeOther(w, r, factorsPath+"?done=removed")
}

func (s *Service) appForm(w http.ResponseWriter, r *http.Request) error {
	set, err := s.Factors(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	if set.App {
		return web.SeeOther(w, r, factorsPath)
	}
	setup, err := s.NewApp(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, appPage(newAppForm(setup)))
}

func (s *Service) app(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	token := r.PostFormValue("token")
	setup, err := s.AgainApp(r.Context(), v.Account, token)
	if err != nil {
		return err
	}
	f := newAppForm(setup)
	if !web.Read(r, &f.Code) {
		return web.Write(w, r, http.StatusUnprocessableEntity, appPage(f))
	}
	err = s.AddApp(r.Context(), v.Account, v.Session, token, f.Code.Value)
	if errors.Is(err, ErrCode) {
		f.Code.Error = i18n.K("account.app_code_wrong")
		return web.Write(w, r, http.StatusUnprocessableEntity, appPage(f))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, factorsPath+"?done=added")
}

func (s *Service) backupForm(w http.ResponseWriter, r *http.Request) error {
	set, err := s.Factors(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, backupPage(set, notice{}))
}

// backup answers with the codes themselves: they are shown once, so that there
// is no page to be sent to.
func (s *Service) backup(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	codes, err := s.MakeBackup(r.Context(), v.Account, v.Session)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return web.Write(w, r, http.StatusOK, newBackupPage(codes))
}

func (s *Service) sentForm(one Factor) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		return web.Write(w, r, http.StatusOK, sentPage(newSentForm(one)))
	}
}

// sent sends the code, then takes it.
func (s *Service) sent(one Factor) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) (err error) {
		v := web.VisitOf(r.Context())
		f := newSentForm(one)
		codeID := r.PostFormValue("id")
		if codeID == "" || r.PostFormValue("again") != "" {
			if f.Sent, err = s.StartFactor(r.Context(), v.Account, one); err != nil {
				return err
			}
			return web.Write(w, r, http.StatusOK, sentPage(f))
		}
		if web.Read(r, &f.Code) {
			err := s.AddSent(r.Context(), v.Account, v.Session, one, codeID, f.Code.Value)
			if err == nil {
				return web.SeeOther(w, r, factorsPath+"?done=added")
			}
			text, _, ok := told(err)
			if !ok {
				return err
			}
			f.Code.Error = text
		}
		if f.Sent, err = s.CodeState(r.Context(), v.Account, codeID); err != nil {
			return err
		}
		return web.Write(w, r, http.StatusUnprocessableEntity, sentPage(f))
	}
}
