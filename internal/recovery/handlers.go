package recovery

import (
	"errors"
	"io"
	"net/http"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// uploadBody is how much of an upload is read, in bytes: over what a file may
// have, so that its size is told in words and not by a broken connection.
const uploadBody = 16 << 20

// uploadTime is how long an upload may take.
const uploadTime = 2 * time.Minute

// Routes puts the pages of this feature on rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /recovery", s.startForm)
	rt.Handle("POST /recovery", s.start)
	rt.Handle("GET /recovery/case/{id}/code", s.codeForm)
	rt.Handle("POST /recovery/case/{id}/code", s.code)
	rt.Handle("POST /recovery/case/{id}/again", s.again)
	rt.Handle("GET /recovery/case/{id}/data", s.dataForm)
	rt.Handle("POST /recovery/case/{id}/data", s.data)
	rt.Handle("GET /recovery/case/{id}/files", s.filesForm)
	rt.Handle("POST /recovery/case/{id}/files", s.attach, web.MaxBody(uploadBody))
	rt.Handle("POST /recovery/case/{id}/send", s.send)
	rt.Handle("GET /recovery/status", s.statusForm)
	rt.Handle("POST /recovery/status", s.statusAsked)
	rt.Handle("GET /recovery/new/{account}/{case}/{secret}", s.newPasswordForm)
	rt.Handle("POST /recovery/new/{account}/{case}/{secret}", s.newPassword)
	s.deskRoutes(rt)
}

// told splits an error into what is said on the form, and what is for the
// router to answer.
func told(err error) (text i18n.Text, status int, ok bool) {
	f := fault.Of(err)
	switch f.Kind {
	case fault.Invalid, fault.TooMany, fault.Unavailable, fault.Conflict:
		return i18n.K(f.Text), web.Status(err), true
	}
	return i18n.Text{}, 0, false
}

func danger(text i18n.Text) notice { return notice{ui.Danger, text} }

func (s *Service) client(w http.ResponseWriter, r *http.Request) account.Client {
	return s.opt.Accounts.Client(w, r)
}

func casePath(id, page string) string { return "/recovery/case/" + id + "/" + page }

func (s *Service) startForm(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, startPage(newStartForm()))
}

func (s *Service) start(w http.ResponseWriter, r *http.Request) error {
	f := newStartForm()
	if !web.Read(r, &f.Contact) {
		return web.Write(w, r, http.StatusUnprocessableEntity, startPage(f))
	}
	to, _ := account.ParseContact(f.Contact.Value) // the field's check let it pass
	id, err := s.Start(r.Context(), s.client(w, r), to, i18n.LangOf(r.Context()))
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, startPage(f))
	}
	return web.SeeOther(w, r, casePath(id, "code"))
}

func (s *Service) codeForm(w http.ResponseWriter, r *http.Request) error {
	k, err := s.Draft(r.Context(), s.client(w, r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if k.Proved() {
		return web.SeeOther(w, r, casePath(k.ID, "data"))
	}
	f := newCodeForm(k, s.now())
	if r.URL.Query().Has("sent") {
		f.Notice = notice{ui.Success, i18n.K("recovery.code_resent")}
	}
	return web.Write(w, r, http.StatusOK, codePage(f))
}

func (s *Service) code(w http.ResponseWriter, r *http.Request) error {
	k, err := s.Draft(r.Context(), s.client(w, r), r.PathValue("id"))
	if err != nil {
		return err
	}
	f := newCodeForm(k, s.now())
	if !web.Read(r, &f.Code) {
		return web.Write(w, r, http.StatusUnprocessableEntity, codePage(f))
	}
	if err := s.Prove(r.Context(), s.client(w, r), k.ID, f.Code.Value); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Code.Error = text
		return web.Write(w, r, status, codePage(f))
	}
	return web.SeeOther(w, r, casePath(k.ID, "data"))
}

func (s *Service) again(w http.ResponseWriter, r *http.Request) error {
	k, err := s.Draft(r.Context(), s.client(w, r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.Resend(r.Context(), s.client(w, r), k.ID); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f := newCodeForm(k, s.now())
		f.Notice = danger(text)
		return web.Write(w, r, status, codePage(f))
	}
	return web.SeeOther(w, r, casePath(k.ID, "code")+"?sent=1")
}

// proved returns a draft whose contact was confirmed; else it sends the browser
// to the page of the code and returns false.
func (s *Service) proved(w http.ResponseWriter, r *http.Request) (k Case, ok bool, err error) {
	k, err = s.Draft(r.Context(), s.client(w, r), r.PathValue("id"))
	if err == nil && !k.Proved() {
		return k, false, web.SeeOther(w, r, casePath(k.ID, "code"))
	}
	return k, err == nil, err
}

func (s *Service) dataForm(w http.ResponseWriter, r *http.Request) error {
	k, ok, err := s.proved(w, r)
	if !ok {
		return err
	}
	return web.Write(w, r, http.StatusOK, dataPage(newDataForm(k, s.now)))
}

func (s *Service) data(w http.ResponseWriter, r *http.Request) error {
	k, ok, err := s.proved(w, r)
	if !ok {
		return err
	}
	f := newDataForm(k, s.now)
	if !web.Read(r, f.all()...) {
		return web.Write(w, r, http.StatusUnprocessableEntity, dataPage(f))
	}
	if err := s.Fill(r.Context(), s.client(w, r), k.ID, f.claim()); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, dataPage(f))
	}
	return web.SeeOther(w, r, casePath(k.ID, "files"))
}

func (s *Service) filesForm(w http.ResponseWriter, r *http.Request) error {
	k, ok, err := s.proved(w, r)
	if !ok {
		return err
	}
	f := newFilesForm(k)
	if r.URL.Query().Has("added") {
		f.Notice = notice{ui.Success, i18n.K("recovery.attached")}
	}
	return web.Write(w, r, http.StatusOK, filesPage(f))
}

// attach takes one picture.
func (s *Service) attach(w http.ResponseWriter, r *http.Request) error {
	web.ReadWithin(w, uploadTime)
	k, ok, err := s.proved(w, r)
	if !ok {
		return err
	}
	f := newFilesForm(k)
	kind, err := s.take(w, r, k.ID)
	if err == nil {
		return web.SeeOther(w, r, casePath(k.ID, "files")+"?added=1")
	}
	text, status, ok := told(err)
	if !ok {
		return err
	}
	_, _ = io.Copy(io.Discard, r.Body) // so that the browser comes to read the answer
	f.field(kind).Error = text
	return web.Write(w, r, status, filesPage(f))
}

// take stores the first file of a form and returns which it was.
func (s *Service) take(w http.ResponseWriter, r *http.Request, caseID string) (kind string, err error) {
	parts, err := web.Parts(r)
	if err != nil {
		return "", err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return kind, document.ErrMissing
		}
		if err != nil {
			return kind, document.ErrCutOff
		}
		if kind = part.FormName(); kind != "passport" && kind != "selfie" {
			continue
		}
		if part.FileName() == "" {
			return kind, document.ErrMissing
		}
		return kind, s.Attach(r.Context(), s.client(w, r), caseID, kind, part.FileName(), part)
	}
}

func (s *Service) send(w http.ResponseWriter, r *http.Request) error {
	k, ok, err := s.proved(w, r)
	if !ok {
		return err
	}
	receipt, err := s.Send(r.Context(), s.client(w, r), k.ID)
	if err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f := newFilesForm(k)
		f.Passport.Error = text
		return web.Write(w, r, status, filesPage(f))
	}
	return web.Write(w, r, http.StatusOK, receiptPage(receipt))
}

func (s *Service) statusForm(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, statusPage(newStatusForm()))
}

func (s *Service) statusAsked(w http.ResponseWriter, r *http.Request) error {
	f := newStatusForm()
	if !web.Read(r, &f.Number, &f.Code) {
		return web.Write(w, r, http.StatusUnprocessableEntity, statusPage(f))
	}
	c := s.client(w, r)
	fail := func(err error) error {
		text, status, ok := told(err)
		if errors.Is(err, ErrLink) {
			text, status, ok = i18n.K(ErrLink.Text), http.StatusConflict, true
		}
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, statusPage(f))
	}
	if r.PostFormValue("link") != "" {
		if err := s.AskLink(r.Context(), c, f.Number.Value, f.Code.Value); err != nil {
			return fail(err)
		}
		f.Sent = true
	}
	st, err := s.StatusOf(r.Context(), c, f.Number.Value, f.Code.Value)
	if err != nil {
		return fail(err)
	}
	f.Status = &st
	return web.Write(w, r, http.StatusOK, statusPage(f))
}

func (s *Service) newPasswordForm(w http.ResponseWriter, r *http.Request) error {
	if err := s.CheckLink(r.Context(), r.PathValue("account"), r.PathValue("case"), r.PathValue("secret")); err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, newPasswordPage(newNewPasswordForm(s.opt.Accounts.Rules())))
}

func (s *Service) newPassword(w http.ResponseWriter, r *http.Request) error {
	f := newNewPasswordForm(s.opt.Accounts.Rules())
	ok := web.Read(r, &f.Password, &f.Repeat)
	if f.Password.Error.IsZero() {
		if broken := s.opt.Accounts.Rules().Broken(f.Password.Value); len(broken) > 0 {
			f.Password.Error, ok = i18n.K("account.password_broken", "rule", broken[0].Text), false
		}
	}
	if f.Repeat.Error.IsZero() && f.Password.Value != f.Repeat.Value {
		f.Repeat.Error, ok = i18n.K("account.password_differs"), false
	}
	if !ok {
		return web.Write(w, r, http.StatusUnprocessableEntity, newPasswordPage(f))
	}
	if err := s.Finish(r.Context(), r.PathValue("account"), r.PathValue("case"), r.PathValue("secret"), f.Password.Value); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = danger(text)
		return web.Write(w, r, status, newPasswordPage(f))
	}
	return web.SeeOther(w, r, "/login?recovered=1")
}
