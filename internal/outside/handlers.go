package outside

import (
	"errors"
	"net/http"

	"github.com/skip2/go-qrcode"

	"kabinet/internal/account"
	"kabinet/internal/consent"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /outside/to/{provider}", s.leave)
	rt.Handle("GET /outside/back/{provider}", s.back)

	rt.Handle("GET /outside/new/{id}", s.arrivalPage)
	rt.Handle("POST /outside/new/{id}/agree", s.agree)
	rt.Handle("POST /outside/new/{id}/refuse", s.refuse)
	rt.Handle("POST /outside/new/{id}/phone", s.phone)
	rt.Handle("POST /outside/new/{id}/code", s.code)
	rt.Handle("POST /outside/new/{id}/resend", s.resend)
	rt.Handle("POST /outside/new/{id}/register", s.register)
	rt.Handle("POST /outside/new/{id}/link", s.linkByPhone)
	rt.Handle("POST /outside/new/{id}/join", s.join, web.SignedIn, s.accounts.RequireFresh)

	rt.Handle("GET /outside/scan/{provider}", s.scan)
	rt.Handle("GET /outside/scan/{provider}/{id}", s.scanPage)
	rt.Handle("GET /outside/scan/{provider}/{id}/code.png", s.scanImage)
	rt.Handle("GET /outside/scan/{provider}/{id}/state", s.scanState)
	rt.Handle("POST /outside/scan/{provider}/{id}", s.scanned)

	rt.Handle("GET /settings/outside", s.settings, web.SignedIn)
	rt.Handle("GET /settings/outside/{provider}", s.settingsLink, web.SignedIn, s.accounts.RequireFresh)
	rt.Handle("POST /settings/outside/{provider}/unlink", s.settingsUnlink, web.SignedIn, s.accounts.RequireFresh)
}

// leave sends the person to a provider. A provider's own page may lead here too
// (OpenID Connect Core 4): then iss names it and login_hint the person.
func (s *Service) leave(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	next := web.Local(q.Get("next"), "")
	if next == "" {
		next = local(q.Get("target_link_uri"), s.publicURL)
	}
	t, to, err := s.depart(r.Context(), s.accounts.Client(w, r), r.PathValue("provider"), next, clipped(q.Get("login_hint")))
	if err != nil {
		return s.trouble(w, r, err)
	}
	if err := s.remember(w, t); err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // the address is the configured provider's
	return nil
}

// back takes what the person brought from a provider.
func (s *Service) back(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	t, err := s.recall(w, r, r.PathValue("provider"), q.Get("state"))
	if err != nil {
		return s.trouble(w, r, err)
	}
	e, err := s.comeBack(r.Context(), s.accounts.Client(w, r), t, q, web.Account(r))
	if err != nil {
		return s.trouble(w, r, err)
	}
	return s.goOn(w, r, e)
}

// goOn lets the person in, or on to what is to be done the first time.
func (s *Service) goOn(w http.ResponseWriter, r *http.Request, e Entry) error {
	switch {
	case e.Account == "":
		return web.SeeOther(w, r, "/outside/new/"+e.Arrival)
	case e.Account == web.Account(r):
		return web.SeeOther(w, r, web.Local(e.Next, "/settings/outside?done=linked"))
	}
	a, err := s.accounts.Account(r.Context(), e.Account)
	if err != nil {
		return err
	}
	// No word of others stands for the second step of those who see people's data.
	return s.accounts.Admit(w, r, e.Account, account.Proof{Method: e.Method, Strong: e.Said.Strong && !a.Staff}, account.SignIn{Next: e.Next, Lang: i18n.LangOf(r.Context())})
}

// trouble tells what went wrong at a provider on a page that leads on; what is
// not of that kind is left to the router.
func (s *Service) trouble(w http.ResponseWriter, r *http.Request, err error) error {
	p := troublePage{Provider: s.title(r.PathValue("provider")), SignedIn: web.Account(r) != ""}
	if d := (*Differs)(nil); errors.As(err, &d) {
		p.Fields = d.Fields
	}
	for _, known := range []error{ErrDown, ErrDenied, ErrOver, ErrAnswer, ErrOther, ErrTwo, ErrKnown, ErrChild, ErrDiffers, ErrUnconfirmed, ErrNoCode, ErrSetup} {
		if errors.Is(err, known) {
			p.Text = fault.Of(known).Text
			p.Retry = errors.Is(err, ErrDown) || errors.Is(err, ErrOver) || errors.Is(err, ErrDenied)
			return web.Write(w, r, web.Status(known), troubleView(p))
		}
	}
	return err
}

// arrived returns the arrival that the address names and where it stands.
func (s *Service) arrived(w http.ResponseWriter, r *http.Request) (arrivalView, error) {
	ctx, c := r.Context(), s.accounts.Client(w, r)
	a, p, err := s.arrivalFor(ctx, s.db, c, r.PathValue("id"), "")
	if err == nil && a.data.Said == nil {
		err = ErrOver
	}
	if err != nil {
		return arrivalView{}, err
	}
	v := arrivalView{ID: a.id, Provider: p, Said: *a.data.Said, SignedIn: web.Account(r) != "", Known: a.data.Owner != ""}
	if v.standing, err = s.stand(ctx, a, web.Account(r)); err != nil {
		return v, err
	}
	v.form()
	v.Values = consent.Values{Recipient: p.Title.In(ctx), Data: v.Said.passed(ctx)}
	if v.Text, err = s.consents.Text(ctx, p.Kind.purpose(), v.Values); err != nil {
		return v, err
	}
	if v.stage == stagePhone && a.data.Said.Phone != "" {
		v.Phone.Value = i18n.Phone(a.data.Said.Phone)
	}
	if v.stage == stageCode {
		v.Step, err = s.accounts.PhoneStep(ctx, c, a.data.Flow)
		if errors.Is(err, account.ErrFlow) { // over: a new code is asked for
			v.stage, err = stagePhone, nil
		}
		v.wait(s.now())
	}
	return v, err
}

func (s *Service) arrivalPage(w http.ResponseWriter, r *http.Request) error {
	v, err := s.arrived(w, r)
	if err != nil {
		return s.trouble(w, r, err)
	}
	return web.Write(w, r, http.StatusOK, arrivalStage(v))
}

// step does what a form of an arrival asks for and leads on to the next page, or
// draws the form again with what was wrong.
func (s *Service) step(w http.ResponseWriter, r *http.Request, read func(v *arrivalView) bool, do func(v *arrivalView) error) error {
	v, err := s.arrived(w, r)
	if err != nil {
		return s.trouble(w, r, err)
	}
	if read != nil && !read(&v) {
		return web.Write(w, r, http.StatusUnprocessableEntity, arrivalStage(v))
	}
	if err := do(&v); err != nil {
		if status, ok := v.tell(err); ok {
			return web.Write(w, r, status, arrivalStage(v))
		}
		return s.trouble(w, r, err)
	}
	return web.SeeOther(w, r, "/outside/new/"+v.ID)
}

func (s *Service) agree(w http.ResponseWriter, r *http.Request) error {
	v, err := s.arrived(w, r)
	if err != nil {
		return s.trouble(w, r, err)
	}
	if v.Known {
		return s.renew(w, r, v)
	}
	return s.step(w, r, func(v *arrivalView) bool { return web.Read(r, &v.Agree) }, func(v *arrivalView) error {
		return s.Agree(r.Context(), s.accounts.Client(w, r), v.ID, v.Values)
	})
}

// renew takes the consent anew of somebody who is linked, and lets them in.
func (s *Service) renew(w http.ResponseWriter, r *http.Request, v arrivalView) error {
	if !web.Read(r, &v.Agree) {
		return web.Write(w, r, http.StatusUnprocessableEntity, arrivalStage(v))
	}
	c := s.accounts.Client(w, r)
	if err := s.Agree(r.Context(), c, v.ID, v.Values); err != nil {
		return s.trouble(w, r, err)
	}
	e, err := s.Renew(r.Context(), c, v.ID)
	if err != nil {
		return s.trouble(w, r, err)
	}
	return s.goOn(w, r, e)
}

func (s *Service) refuse(w http.ResponseWriter, r *http.Request) error {
	if err := s.Refuse(r.Context(), s.accounts.Client(w, r), r.PathValue("id")); err != nil && !errors.Is(err, ErrOver) {
		return err
	}
	if web.Account(r) != "" {
		return web.SeeOther(w, r, "/settings/outside?done=refused")
	}
	return web.SeeOther(w, r, "/login")
}

func (s *Service) phone(w http.ResponseWriter, r *http.Request) error {
	return s.step(w, r, func(v *arrivalView) bool { v.stage = stagePhone; return web.Read(r, &v.Phone) }, func(v *arrivalView) error {
		phone, _ := account.ParsePhone(v.Phone.Value) // the field's check let it pass
		return s.Phone(r.Context(), s.accounts.Client(w, r), v.ID, phone, i18n.LangOf(r.Context()))
	})
}

func (s *Service) code(w http.ResponseWriter, r *http.Request) error {
	return s.step(w, r, func(v *arrivalView) bool { return web.Read(r, &v.Code) }, func(v *arrivalView) error {
		return s.ProvePhone(r.Context(), s.accounts.Client(w, r), v.ID, v.Code.Value)
	})
}

func (s *Service) resend(w http.ResponseWriter, r *http.Request) error {
	return s.step(w, r, nil, func(v *arrivalView) error {
		return s.accounts.ResendPhone(r.Context(), s.accounts.Client(w, r), v.Step.ID)
	})
}

func (s *Service) register(w http.ResponseWriter, r *http.Request) error {
	v, err := s.arrived(w, r)
	if err != nil {
		return s.trouble(w, r, err)
	}
	if !web.Read(r, &v.Data, &v.Signature) {
		return web.Write(w, r, http.StatusUnprocessableEntity, arrivalStage(v))
	}
	e, err := s.Register(r.Context(), s.accounts.Client(w, r), v.ID, v.consents(), i18n.LangOf(r.Context()))
	if err != nil {
		return s.trouble(w, r, err)
	}
	return s.goOn(w, r, e)
}

func (s *Service) linkByPhone(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Join(r.Context(), s.accounts.Client(w, r), r.PathValue("id"), "", "")
	if err != nil {
		return s.trouble(w, r, err)
	}
	return s.goOn(w, r, e)
}

func (s *Service) join(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if _, err := s.Join(r.Context(), s.accounts.Client(w, r), r.PathValue("id"), v.Account, v.Session); err != nil {
		return s.trouble(w, r, err)
	}
	return web.SeeOther(w, r, "/settings/outside?done=linked")
}

// scan begins a sign-in that a second device confirms.
func (s *Service) scan(w http.ResponseWriter, r *http.Request) error {
	id, err := s.startScan(r.Context(), s.accounts.Client(w, r), r.PathValue("provider"), web.Local(r.URL.Query().Get("next"), ""))
	if err != nil {
		return s.trouble(w, r, err)
	}
	return web.SeeOther(w, r, "/outside/scan/"+r.PathValue("provider")+"/"+id)
}

func (s *Service) scanPage(w http.ResponseWriter, r *http.Request) error {
	a, p, err := s.poll(r.Context(), s.accounts.Client(w, r), r.PathValue("id"))
	if err != nil {
		return s.trouble(w, r, err)
	}
	return web.Write(w, r, http.StatusOK, scanView(scanPage{ID: a.id, Provider: p, Code: a.data.Scan.UserCode, URL: a.data.Scan.URL, Until: a.data.Scan.Until,
		Failed: a.data.Scan.Failed, Ready: a.data.Said != nil}))
}

// scanImage draws the address that the second device opens.
func (s *Service) scanImage(w http.ResponseWriter, r *http.Request) error {
	a, _, err := s.arrivalFor(r.Context(), s.db, s.accounts.Client(w, r), r.PathValue("id"), "")
	if err != nil {
		return err
	}
	png, err := qrcode.Encode(a.data.Scan.URL, qrcode.Medium, 480)
	if err != nil {
		return ErrOver
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(png) // a visitor who went away is no failure
	return nil
}

// scanState tells the script of the page whether to go on: 204 while it waits.
func (s *Service) scanState(w http.ResponseWriter, r *http.Request) error {
	a, _, err := s.poll(r.Context(), s.accounts.Client(w, r), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if a.data.Said == nil && a.data.Scan.Failed == "" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// scanned goes on when the second device confirmed; else back to the page that
// waits.
func (s *Service) scanned(w http.ResponseWriter, r *http.Request) error {
	c := s.accounts.Client(w, r)
	a, p, err := s.poll(r.Context(), c, r.PathValue("id"))
	if err != nil {
		return s.trouble(w, r, err)
	}
	if a.data.Said == nil {
		return web.SeeOther(w, r, "/outside/scan/"+p.ID+"/"+a.id)
	}
	e, err := s.takeScan(r.Context(), c, a.id, web.Account(r))
	if err != nil {
		return s.trouble(w, r, err)
	}
	return s.goOn(w, r, e)
}

func (s *Service) settings(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Links(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	p := settingsPage{Done: r.URL.Query().Get("done")}
	for _, l := range list {
		p.Linked = append(p.Linked, linkedRow{Link: l, Title: s.title(l.Provider), Icon: s.icon(l.Provider)})
	}
	for _, provider := range s.providers {
		if !p.has(provider.ID) {
			p.Free = append(p.Free, provider)
		}
	}
	return web.Write(w, r, http.StatusOK, settingsView(p))
}

// settingsLink tells what linking means and leads to the provider. It is a page
// of its own: a browser follows a form no further than this site.
func (s *Service) settingsLink(w http.ResponseWriter, r *http.Request) error {
	p, err := s.provider(r.PathValue("provider"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, settingsLinkView(p))
}

func (s *Service) settingsUnlink(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	err := s.Unlink(r.Context(), v.Account, v.Session, r.PathValue("provider"))
	if errors.Is(err, ErrLastWay) {
		return web.SeeOther(w, r, "/settings/outside?done=last")
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/settings/outside?done=unlinked")
}
