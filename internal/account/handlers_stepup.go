package account

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

func (s *Service) stepUpRoutes(rt *web.Router) {
	rt.Handle("GET /confirm", s.confirmForm, web.SignedIn)
	rt.Handle("POST /confirm", s.confirm, web.SignedIn)
	rt.Handle("POST /confirm/send", s.sendConfirm, web.SignedIn)
	rt.Handle("POST /confirm/passkey", s.confirmByPasskey, web.SignedIn)
}

// RequireFresh is a guard of pages that change how the account is got into, or
// do what has force of law or costs money: the person must have proved
// themselves within freshFor. What was typed into a form meanwhile comes back
// after it.
func (s *Service) RequireFresh(h web.HandlerFunc) web.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) error {
		cookie, _ := s.sessionOf(r)
		fresh, err := s.Fresh(r.Context(), cookie)
		if err != nil {
			return err
		}
		if fresh {
			return h(w, r)
		}
		next := r.URL.Path
		if r.Method == http.MethodPost {
			account := web.Account(r)
			kept, err := s.keep(r.Context(), account, s.seal(account, Form{Path: next, Values: web.PostedTexts(r)}))
			if err != nil {
				return err
			}
			if kept != "" {
				next = "/login/resume/" + kept
			}
		}
		return web.SeeOther(w, r, "/confirm?next="+url.QueryEscape(next))
	}
}

// confirmForm is the page that asks for a fresh proof.
type confirmForm struct {
	By     Factor
	Others []Factor
	Ask    PasskeyAsk
	Field  web.Field // the password or the code
	Sent   Code      // without ID: not sent yet
	Next   string
	Notice notice
}

// confirmOf reads which way to prove oneself the person wants, the strongest
// one unless they said.
func (s *Service) confirmOf(r *http.Request, by, next string) (f confirmForm, err error) {
	all, err := s.Proofs(r.Context(), web.Account(r))
	if err != nil {
		return f, err
	}
	if len(all) == 0 {
		return f, ErrNoPhone
	}
	if f.By = Factor(by); !slices.Contains(all, f.By) {
		f.By = all[0]
	}
	f.Others = slices.DeleteFunc(all, func(one Factor) bool { return one == f.By })
	f.Next = web.Local(next, "/settings/security")
	switch f.By {
	case FactorPasskey:
		f.Ask, err = s.askPasskey(r.Context(), passkeyConfirm, web.Account(r))
	case FactorPassword:
		f.Field = passwordField("password", "account.password")
	case FactorApp:
		f.Field = web.Field{Name: "code", Label: i18n.K("account.app_code"), Missing: i18n.K("account.app_code_missing"), Max: 20}
	default:
		f.Field = web.Field{Name: "code", Label: i18n.K("account.code"), Missing: i18n.K("account.code_missing"), Max: 20}
	}
	return f, err
}

// lead says what to do.
func (f *confirmForm) lead() i18n.Text {
	switch {
	case !f.By.sent():
		return i18n.K("account.prove_by_" + string(f.By))
	case f.Sent.ID == "":
		return i18n.K("account.prove_send_" + string(f.By))
	case f.By == FactorEmail:
		return i18n.K("account.code_sent_email", "to", i18n.MaskEmail(f.Sent.To.Value), "n", int(EmailLife/time.Minute))
	}
	return i18n.K("account.code_sent_phone", "to", f.Sent.Phone, "n", int(CodeLife/time.Minute))
}

// other is the same page with another way.
func (f *confirmForm) other(by Factor) string {
	return withQuery("/confirm", "by", string(by), "next", f.Next)
}

func (s *Service) confirmForm(w http.ResponseWriter, r *http.Request) error {
	f, err := s.confirmOf(r, r.URL.Query().Get("by"), r.URL.Query().Get("next"))
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, confirmPage(f))
}

func (s *Service) sendConfirm(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	f, err := s.confirmOf(r, r.PostFormValue("by"), r.PostFormValue("next"))
	if err != nil {
		return err
	}
	if f.Sent, err = s.StartProof(r.Context(), v.Account, v.Session, f.By); err != nil {
		return s.wrongConfirm(w, r, f, err)
	}
	return web.Write(w, r, http.StatusOK, confirmPage(f))
}

func (s *Service) confirm(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	f, err := s.confirmOf(r, r.PostFormValue("by"), r.PostFormValue("next"))
	if err != nil {
		return err
	}
	codeID := r.PostFormValue("id")
	if f.By.sent() && codeID != "" {
		if f.Sent, err = s.CodeState(r.Context(), v.Account, codeID); err != nil && !errors.Is(err, ErrCodeOver) {
			return err
		}
	}
	if !web.Read(r, &f.Field) {
		return web.Write(w, r, http.StatusUnprocessableEntity, confirmPage(f))
	}
	c := s.clientOf(w, r)
	switch f.By {
	case FactorPassword:
		err = s.Reprove(r.Context(), c, v.Account, v.Session, f.Field.Value)
	case FactorApp:
		err = s.ReproveByApp(r.Context(), c, v.Account, v.Session, f.Field.Value)
	case FactorSMS, FactorEmail:
		err = s.ReproveByCode(r.Context(), v.Account, v.Session, f.By, codeID, f.Field.Value)
	default:
		err = ErrFactor
	}
	if err != nil {
		return s.wrongConfirm(w, r, f, err)
	}
	return web.SeeOther(w, r, f.Next)
}

func (s *Service) confirmByPasskey(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	token, answer := answered(r)
	err := s.ReproveByPasskey(r.Context(), s.clientOf(w, r), v.Account, v.Session, token, answer)
	if err == nil {
		return web.SeeOther(w, r, web.Local(r.PostFormValue("next"), "/settings/security"))
	}
	f, failed := s.confirmOf(r, string(FactorPasskey), r.PostFormValue("next"))
	if failed != nil {
		return failed
	}
	return s.wrongConfirm(w, r, f, err)
}

// wrongConfirm draws the page again with what was wrong.
func (s *Service) wrongConfirm(w http.ResponseWriter, r *http.Request, f confirmForm, cause error) error {
	text, status, ok := told(cause)
	switch {
	case errors.Is(cause, ErrPasskeyCopied):
		f.Notice, status = danger(i18n.K("account.passkey_copied")), http.StatusForbidden
	case !ok:
		return cause
	case errors.Is(cause, ErrWrong):
		f.Field.Error = i18n.K("account.password_wrong")
	case errors.Is(cause, ErrCode), errors.Is(cause, ErrCodeOver):
		f.Field.Error = text
	default:
		f.Notice = notice{ui.Danger, text}
	}
	return web.Write(w, r, status, confirmPage(f))
}
