package signature

import (
	"errors"
	"io"
	"net/http"
	"net/url"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
	"kabinet/internal/signature/pki"
	"kabinet/internal/staff"
)

// Paths that other pages lead to.
const (
	EnterPath    = "/login/signature"
	RegisterPath = "/register/signature"
	newcomerPath = "/signature/newcomer"
	// ConfirmPath is where somebody who has an account proves who they are by a
	// qualified signature.
	ConfirmPath = "/profile/identity/signature"
	boundPath   = "/settings/signatures"
	trustPath   = "/desk/trust"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	for _, path := range []string{EnterPath, RegisterPath} {
		rt.Handle("GET "+path, s.enterForm)
		rt.Handle("POST "+path, s.enterWith)
	}
	rt.Handle("GET "+EnterPath+"/file", s.file)
	rt.Handle("GET "+newcomerPath+"/{id}", s.newcomerForm)
	rt.Handle("POST "+newcomerPath+"/{id}", s.newcomerPhone)
	rt.Handle("GET "+newcomerPath+"/{id}/code", s.codeForm)
	rt.Handle("POST "+newcomerPath+"/{id}/code", s.takeCode)
	rt.Handle("POST "+newcomerPath+"/{id}/code/resend", s.resendCode)

	rt.Handle("GET /login/certificate", s.askCertificate)
	rt.Handle("GET "+presentPath, s.present)
	rt.Handle("GET /login/certificate/done", s.presented)

	rt.Handle("GET "+boundPath, s.list, web.SignedIn)
	rt.Handle("GET "+boundPath+"/bind", s.bindForm, web.SignedIn, s.accounts.RequireFresh)
	rt.Handle("POST "+boundPath+"/bind", s.bindWith, web.SignedIn, s.accounts.RequireFresh)
	rt.Handle("POST "+boundPath+"/{id}/unbind", s.unbind, web.SignedIn, s.accounts.RequireFresh)
	rt.Handle("GET "+ConfirmPath, s.confirmForm, web.SignedIn)
	rt.Handle("POST "+ConfirmPath, s.confirmWith, web.SignedIn)

	administrator := s.staff.Require(staff.Administrator)
	rt.Handle("GET "+trustPath, s.trustPage, administrator)
	rt.Handle("POST "+trustPath, s.takeTrust, administrator, web.MaxBody(pki.MaxAccredited))
	rt.Handle("POST "+trustPath+"/fetch", s.fetchTrust, administrator)
}

// Ways are the ways in that this feature offers, for account.Options.
func (s *Service) Ways() []account.WayIn {
	return []account.WayIn{{Text: i18n.K("signature.way"), Icon: "signature", Order: account.OrderSignature, Href: EnterPath,
		Register: RegisterPath, Needs: i18n.K("signature.way_needs"), Gives: i18n.K("signature.way_gives"),
		Settings: boundPath}}
}

func actor(r *http.Request) audit.Actor {
	v := web.VisitOf(r.Context())
	return audit.Actor{Kind: audit.Person, ID: v.Account, Session: v.Session}
}

func (s *Service) browser(w http.ResponseWriter, r *http.Request) (account.Client, []byte) {
	c := s.accounts.Client(w, r)
	return c, browserHash(c.Browser)
}

func (s *Service) enterForm(w http.ResponseWriter, r *http.Request) error {
	if web.Account(r) != "" {
		return web.SeeOther(w, r, web.Local(r.URL.Query().Get("next"), "/"))
	}
	return s.writeSign(w, r, http.StatusOK, s.enterPage(w, r, r.URL.Query().Get("next")))
}

func (s *Service) enterPage(w http.ResponseWriter, r *http.Request, next string) signForm {
	_, browser := s.browser(w, r)
	f := s.newSignForm(s.newChallenge(toEnter, "", browser, web.Local(next, "")))
	f.Path, f.Title, f.Lead, f.Button, f.Back = EnterPath, "signature.enter", "signature.enter_lead", "ui.login", "/login"
	if r.URL.Path == RegisterPath {
		f.Path, f.Title, f.Lead, f.Button, f.Back = RegisterPath, "signature.register", "signature.register_lead", "ui.next", "/register"
	}
	if s.tlsURL != "" {
		f.TLS = "/login/certificate?" + url.Values{"next": {f.Challenge.Next}}.Encode()
	}
	return f
}

// writeSign draws the page of a form that asks for a signature.
func (s *Service) writeSign(w http.ResponseWriter, r *http.Request, status int, f signForm) error {
	if f.Challenge.Account != "" {
		return web.Write(w, r, status, signInsidePage(f))
	}
	return web.Write(w, r, status, signPage(f))
}

// file gives the file that is to be signed.
func (s *Service) file(w http.ResponseWriter, r *http.Request) error {
	c, err := s.openChallenge(r.URL.Query().Get("of"))
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="kabinet-sign.txt"`)
	_, err = w.Write(c.content(s.portal))
	return err
}

// readSigned reads the form with a signature: the challenge and the file, or
// its text.
func (s *Service) readSigned(r *http.Request) (c challenge, file []byte, err error) {
	parts, err := web.Parts(r)
	if err != nil {
		return c, nil, err
	}
	token := ""
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			break
		}
		if err != nil {
			return c, nil, web.ErrTooLarge
		}
		value, err := io.ReadAll(io.LimitReader(part, 2*pki.MaxSignature+1))
		if err != nil {
			return c, nil, web.ErrTooLarge
		}
		switch part.FormName() {
		case "challenge":
			token = string(value)
		case "signature", "text":
			if len(value) > 0 {
				file = value
			}
		}
	}
	c, err = s.openChallenge(token)
	return c, file, err
}

// signed answers a form with a signature: use does what it is for, again draws
// the form when it did not pass.
func (s *Service) signed(w http.ResponseWriter, r *http.Request, again signForm, use func(c challenge, file []byte) error) error {
	if err := s.limits.TakeFast(limitTries, s.source(r)); err != nil {
		return err
	}
	c, file, err := s.readSigned(r)
	if err == nil && len(file) == 0 {
		again.File.Error = i18n.K("signature.file_missing")
		return s.writeSign(w, r, http.StatusUnprocessableEntity, again)
	}
	if err == nil {
		again.keep(s, c)
		err = use(c, file)
	}
	if err == nil {
		return nil
	}
	refused := &Refused{}
	if errors.As(err, &refused) {
		again.Report = &refused.Report
		return s.writeSign(w, r, http.StatusUnprocessableEntity, again)
	}
	known := fault.Of(err)
	if known.Kind == fault.Internal || known.Kind == fault.Forbidden || known.Kind == fault.NotFound {
		return err
	}
	again.Notice = i18n.K(known.Text)
	return s.writeSign(w, r, web.Status(err), again)
}

func (s *Service) enterWith(w http.ResponseWriter, r *http.Request) error {
	_, browser := s.browser(w, r)
	return s.signed(w, r, s.enterPage(w, r, ""), func(c challenge, file []byte) error {
		in, err := s.enter(r.Context(), c, browser, file)
		if err != nil {
			return err
		}
		return s.admit(w, r, in)
	})
}

// admit begins the session, or the registration of somebody new.
func (s *Service) admit(w http.ResponseWriter, r *http.Request, in Entered) error {
	if in.Newcomer != "" {
		return web.SeeOther(w, r, newcomerPath+"/"+in.Newcomer)
	}
	return s.accounts.Admit(w, r, in.Account, account.Proof{Method: in.Method, Strong: true}, account.SignIn{Next: in.Next, Lang: i18n.LangOf(r.Context())})
}

// Bound certificates.

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	list, err := s.Certificates(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	p := boundPage{List: list, Now: s.now()}
	for _, done := range []string{"bound", "unbound"} {
		if r.URL.Query().Get("done") == done {
			p.Done = i18n.K("signature.done_" + done)
		}
	}
	return web.Write(w, r, http.StatusOK, certificatesPage(p))
}

func (s *Service) insidePage(w http.ResponseWriter, r *http.Request, p purpose) signForm {
	_, browser := s.browser(w, r)
	return s.newSignForm(s.newChallenge(p, web.Account(r), browser, ""))
}

func (s *Service) bindPage(w http.ResponseWriter, r *http.Request) signForm {
	f := s.insidePage(w, r, toBind)
	f.Path, f.Title, f.Lead, f.Button, f.Back = boundPath+"/bind", "signature.bind", "signature.bind_lead", "signature.bind_button", boundPath
	return f
}

func (s *Service) bindForm(w http.ResponseWriter, r *http.Request) error {
	return s.writeSign(w, r, http.StatusOK, s.bindPage(w, r))
}

func (s *Service) bindWith(w http.ResponseWriter, r *http.Request) error {
	return s.signed(w, r, s.bindPage(w, r), func(c challenge, file []byte) error {
		if err := s.bind(r.Context(), c, actor(r), file); err != nil {
			return err
		}
		return web.SeeOther(w, r, boundPath+"?done=bound")
	})
}

func (s *Service) unbind(w http.ResponseWriter, r *http.Request) error {
	if err := s.Unbind(r.Context(), actor(r), r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, boundPath+"?done=unbound")
}

// Proving who one is.

func (s *Service) confirmPage(w http.ResponseWriter, r *http.Request) signForm {
	f := s.insidePage(w, r, toConfirm)
	f.Path, f.Title, f.Lead, f.Button, f.Back = ConfirmPath, "signature.confirm", "signature.confirm_lead", "signature.confirm_button", "/profile"
	return f
}

func (s *Service) confirmForm(w http.ResponseWriter, r *http.Request) error {
	return s.writeSign(w, r, http.StatusOK, s.confirmPage(w, r))
}

func (s *Service) confirmWith(w http.ResponseWriter, r *http.Request) error {
	return s.signed(w, r, s.confirmPage(w, r), func(c challenge, file []byte) error {
		if err := s.confirm(r.Context(), c, actor(r), file); err != nil {
			return err
		}
		return web.SeeOther(w, r, "/profile?saved=1")
	})
}
