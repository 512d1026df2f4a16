package account

import (
	"fmt"
	"net/http"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

func (s *Service) safetyRoutes(rt *web.Router) {
	rt.Handle("GET "+sessionPath, s.sessionLeft, web.SignedIn)
	rt.Handle("POST "+sessionPath, s.sessionLeft, web.SignedIn)
	rt.Handle("GET /login/phone", s.phoneCodeForm)
	rt.Handle("POST /login/phone", s.startPhoneCode)
	rt.Handle("GET /login/phone/{flow}", s.flowCode(phoneCode))
	rt.Handle("POST /login/phone/{flow}", s.phoneCode)
	rt.Handle("POST /login/phone/{flow}/resend", s.resend(phoneCode))
	rt.Handle("GET /login/phone/{flow}/password", s.phonePasswordForm)
	rt.Handle("POST /login/phone/{flow}/password", s.phonePassword)

	rt.Handle("GET /settings/signins", s.signIns, web.SignedIn)
	rt.Handle("POST /settings/sessions/end", s.endOthers, web.SignedIn)
	rt.Handle("POST /settings/sessions/{id}/end", s.endOne, web.SignedIn)
	rt.Handle("POST /settings/devices/{id}/forget", s.forget, web.SignedIn)
	rt.Handle("GET /settings/devices/trust", s.toSecurity, web.SignedIn)
	rt.Handle("POST /settings/devices/trust", s.trustThis, web.SignedIn, s.RequireFresh)
	rt.Handle("GET /settings/remote", s.remoteForm, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/remote/{word}", s.remote, web.SignedIn, s.RequireFresh)
	rt.Handle("POST /settings/safety", s.choose, web.SignedIn, s.RequireFresh)

	rt.Handle("GET /not-me/{account}/{signin}/{seal}", s.denyForm)
	rt.Handle("POST /not-me/{account}/{signin}/{seal}", s.denyIt)
}

// sessionPath tells a page's script how long the session lasts if nothing more
// is done; POST prolongs it, as every request of the person does.
const sessionPath = "/session"

func (s *Service) sessionLeft(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := fmt.Fprintf(w, "{\"left\":%d}\n", web.VisitOf(r.Context()).Left())
	return err
}

// phoneCode is the sign-in by a code to the phone.
var phoneCode = track{flowPhone, "account.code_title_phone", "/login/phone/", "", "/password"}

func (s *Service) phoneCodeForm(w http.ResponseWriter, r *http.Request) error {
	next := web.Local(r.URL.Query().Get("next"), "")
	if web.Account(r) != "" {
		return web.SeeOther(w, r, web.Local(next, "/"))
	}
	f := newPhoneCodeForm(next)
	if l, ok := ParseLogin(s.remembered(r)); ok && l.Kind == Phone {
		f.Login.Value, f.Remember.Value = l.String(), checked
	}
	return web.Write(w, r, http.StatusOK, phoneCodePage(f))
}

func (s *Service) startPhoneCode(w http.ResponseWriter, r *http.Request) error {
	f := newPhoneCodeForm(web.Local(r.PostFormValue("next"), ""))
	if !web.Read(r, f.all()...) {
		return web.Write(w, r, http.StatusUnprocessableEntity, phoneCodePage(f))
	}
	login, _ := ParseLoginBy(Phone, f.Login.Value) // the field's check let it pass
	remember, alien := f.Remember.Value == checked, f.Alien.Value == checked
	flow, err := s.StartPhoneCode(r.Context(), s.clientOf(w, r), SignIn{Login: login, Remember: remember, Alien: alien, Next: f.Next, Lang: i18n.LangOf(r.Context())})
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, phoneCodePage(f))
	}
	s.setLogin(w, login, remember && !alien)
	return web.SeeOther(w, r, phoneCode.base+flow)
}

func (s *Service) phoneCode(w http.ResponseWriter, r *http.Request) error {
	f, ok, err := s.readCode(w, r, phoneCode)
	if !ok {
		return err
	}
	in, step, more, err := s.PhoneCode(r.Context(), s.clientOf(w, r), f.Step.ID, f.Code.Value)
	if err != nil {
		return s.wrongCode(w, r, phoneCode, err)
	}
	if more {
		return web.SeeOther(w, r, phoneCode.base+step.ID+phoneCode.after)
	}
	return s.admitted(w, r, in, step.Next, "")
}

func (s *Service) phonePasswordForm(w http.ResponseWriter, r *http.Request) error {
	step, ok, err := s.provedStep(w, r, phoneCode)
	if !ok {
		return err
	}
	return web.Write(w, r, http.StatusOK, phonePasswordPage(newPhonePasswordForm(step)))
}

func (s *Service) phonePassword(w http.ResponseWriter, r *http.Request) error {
	step, ok, err := s.provedStep(w, r, phoneCode)
	if !ok {
		return err
	}
	f := newPhonePasswordForm(step)
	if !web.Read(r, &f.Password) {
		return web.Write(w, r, http.StatusUnprocessableEntity, phonePasswordPage(f))
	}
	in, step, err := s.PhonePassword(r.Context(), s.clientOf(w, r), step.ID, f.Password.Value)
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, phonePasswordPage(f))
	}
	return s.admitted(w, r, in, step.Next, "")
}

// toSecurity is where the browser comes after the proof was asked for anew, on
// its way to what is done by a button there.
func (s *Service) toSecurity(w http.ResponseWriter, r *http.Request) error {
	return web.SeeOther(w, r, "/settings/security")
}

func (s *Service) signIns(w http.ResponseWriter, r *http.Request) error {
	const page = 25
	p := signInsPage{Show: r.URL.Query().Get("show"), Now: s.now(), deny: s.denyPath}
	if p.Show != ShowEntries && p.Show != ShowFailed {
		p.Show = ShowAll
	}
	p.Account, p.Current = web.Account(r), web.VisitOf(r.Context()).Session
	lines, err := s.History(r.Context(), p.Account, p.Show, r.URL.Query().Get("before"), page+1)
	if err != nil {
		return err
	}
	if p.Safety, err = s.Safety(r.Context(), p.Account); err != nil {
		return err
	}
	if p.Lines = lines; len(lines) > page {
		p.Lines = lines[:page]
		p.More = withQuery("/settings/signins", "show", p.Show, "before", lines[page-1].ID)
	}
	return web.Write(w, r, http.StatusOK, signInsListPage(p))
}

// session returns the session that sent a request.
func (s *Service) session(r *http.Request) (Session, error) {
	cookie, _ := s.sessionOf(r)
	session, why, err := s.Current(r.Context(), cookie)
	if err == nil && (why != "" || session.ID == "") {
		err = web.ErrSignIn
	}
	return session, err
}

func (s *Service) trustThis(w http.ResponseWriter, r *http.Request) error {
	session, err := s.session(r)
	if err != nil {
		return err
	}
	secret, err := s.TrustThis(r.Context(), s.clientOf(w, r), session)
	if err != nil {
		return err
	}
	if secret != "" {
		http.SetCookie(w, web.NewCookie(deviceCookie+DeviceKey(session.Account), secret, deviceLife, s.secure))
	}
	return web.SeeOther(w, r, "/settings/security?done=trusted")
}

func (s *Service) remoteForm(w http.ResponseWriter, r *http.Request) error {
	p := remotePage{}
	chosen, err := s.Safety(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	device, err := s.deviceFor(r.Context(), web.Account(r), s.clientOf(w, r).Devices[DeviceKey(web.Account(r))])
	if err != nil {
		return err
	}
	p.Off, p.Known = chosen.RemoteOff, device.ID != ""
	return web.Write(w, r, http.StatusOK, remoteAccessPage(p))
}

func (s *Service) remote(w http.ResponseWriter, r *http.Request) (err error) {
	v := web.VisitOf(r.Context())
	switch r.PathValue("word") {
	case "off":
		err = s.ShutRemote(r.Context(), s.clientOf(w, r), v.Account, v.Session)
	case "on":
		err = s.OpenRemote(r.Context(), v.Account, v.Session)
	default:
		err = web.ErrNotFound
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/security?done=remote_"+r.PathValue("word"))
}

func (s *Service) choose(w http.ResponseWriter, r *http.Request) error {
	f := newSafetyForm(Safety{})
	web.Read(r, f.all()...)
	v := web.VisitOf(r.Context())
	if err := s.Choose(r.Context(), v.Account, v.Session, f.safety()); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/security?done=safety")
}

func (s *Service) denyForm(w http.ResponseWriter, r *http.Request) error {
	line, err := s.Deniable(r.Context(), r.PathValue("account"), r.PathValue("signin"), r.PathValue("seal"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, denyPage(line, r.URL.Path))
}

func (s *Service) denyIt(w http.ResponseWriter, r *http.Request) error {
	if err := s.Deny(r.Context(), r.PathValue("account"), r.PathValue("signin"), r.PathValue("seal")); err != nil {
		return err
	}
	s.dropSession(w)
	return web.Write(w, r, http.StatusOK, deniedPage())
}
