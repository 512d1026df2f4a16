package takeout

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"kabinet/internal/account"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
)

const (
	copyPath   = "/settings/data"
	deletePath = "/settings/delete"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	fresh := s.opt.Accounts.RequireFresh
	rt.Handle("GET "+copyPath, s.copies, web.SignedIn)
	rt.Handle("POST "+copyPath, s.ask, web.SignedIn)
	rt.Handle("GET "+copyPath+"/confirm", s.confirmForm, web.SignedIn)
	rt.Handle("POST "+copyPath+"/confirm", s.confirm, web.SignedIn)
	rt.Handle("GET "+copyPath+"/{copy}", s.download, web.SignedIn, fresh)
	rt.Handle("GET "+deletePath, s.deletion, web.SignedIn)
	rt.Handle("POST "+deletePath, s.remove, web.SignedIn, fresh)
	rt.Handle("POST "+deletePath+"/cancel", s.cancel, web.SignedIn)
}

func (s *Service) copies(w http.ResponseWriter, r *http.Request) error {
	return s.writeCopies(w, r, http.StatusOK, i18n.Text{})
}

func (s *Service) writeCopies(w http.ResponseWriter, r *http.Request, status int, wrong i18n.Text) error {
	all, err := s.Copies(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	p := copiesPage{Copies: all, Now: s.now(), Format: newFormatField(r.PostFormValue("format")), Wrong: wrong, Asked: r.URL.Query().Has("asked"), Life: s.opt.Life}
	return web.Write(w, r, status, drawCopies(p))
}

func (s *Service) ask(w http.ResponseWriter, r *http.Request) error {
	format := Format(r.PostFormValue("format"))
	code, err := s.StartCopy(r.Context(), web.Account(r), format)
	if err != nil {
		return s.notCopied(w, r, err)
	}
	return web.SeeOther(w, r, copyPath+"/confirm?"+url.Values{"format": {string(format)}, "code": {code.ID}}.Encode())
}

// notCopied draws the page again with what stood in the way.
func (s *Service) notCopied(w http.ResponseWriter, r *http.Request, err error) error {
	if f := fault.Of(err); f.Kind != fault.Internal {
		return s.writeCopies(w, r, web.Status(err), i18n.K(f.Text))
	}
	return err
}

func (s *Service) confirmForm(w http.ResponseWriter, r *http.Request) error {
	return s.writeConfirm(w, r, http.StatusOK, newConfirmForm(r.URL.Query().Get("format"), r.URL.Query().Get("code")))
}

func (s *Service) writeConfirm(w http.ResponseWriter, r *http.Request, status int, f confirmForm) (err error) {
	if f.Sent, err = s.opt.Accounts.CodeState(r.Context(), web.Account(r), f.CodeID); err != nil {
		return web.SeeOther(w, r, copyPath)
	}
	return web.Write(w, r, status, drawConfirm(f))
}

func (s *Service) confirm(w http.ResponseWriter, r *http.Request) error {
	f := newConfirmForm(r.PostFormValue("format"), r.PostFormValue("code_id"))
	if r.PostFormValue("again") != "" {
		return s.ask(w, r)
	}
	if !web.Read(r, &f.Code) {
		return s.writeConfirm(w, r, http.StatusUnprocessableEntity, f)
	}
	v := web.VisitOf(r.Context())
	err := s.Copy(r.Context(), v.Account, v.Session, f.Format, f.CodeID, f.Code.Value)
	var wrong *account.WrongCode
	switch {
	case errors.As(err, &wrong):
		f.Code.Error = i18n.K("account.code_left", "n", wrong.Left)
	case errors.Is(err, account.ErrCodeOver):
		f.Code.Error = i18n.K("account.code_over")
	case err != nil:
		return s.notCopied(w, r, err)
	default:
		return web.SeeOther(w, r, copyPath+"?asked=1")
	}
	return s.writeConfirm(w, r, http.StatusUnprocessableEntity, f)
}

func (s *Service) download(w http.ResponseWriter, r *http.Request) error {
	if !id.Valid(r.PathValue("copy")) {
		return ErrNoCopy
	}
	v := web.VisitOf(r.Context())
	c, content, err := s.Open(r.Context(), v.Account, v.Session, r.PathValue("copy"))
	if err != nil {
		return err
	}
	defer content.Close()
	h := w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Length", strconv.FormatInt(c.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": i18n.T(r.Context(), "takeout.file") + " " + c.ReadyAt.In(s.opt.Location).Format("2006-01-02") + ".zip"}))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = io.Copy(w, content) // compared while it is read; a visitor who went away is no failure
	return nil
}

func (s *Service) deletion(w http.ResponseWriter, r *http.Request) error {
	return s.writeDeletion(w, r, http.StatusOK, newSureField())
}

func (s *Service) writeDeletion(w http.ResponseWriter, r *http.Request, status int, sure web.Field) error {
	acc := web.Account(r)
	d, err := s.Deletion(r.Context(), acc)
	if err != nil {
		return err
	}
	a, err := s.opt.Accounts.Account(r.Context(), acc)
	if err != nil {
		return err
	}
	p := deletionPage{Deletion: d, Staff: a.Staff, Kept: s.Kept(), Sure: sure, Wait: s.opt.Wait, KeepFor: s.opt.KeepFor, Back: r.URL.Query().Has("cancelled")}
	return web.Write(w, r, status, drawDeletion(p))
}

func (s *Service) remove(w http.ResponseWriter, r *http.Request) error {
	sure := newSureField()
	if !web.Read(r, &sure) {
		return s.writeDeletion(w, r, http.StatusUnprocessableEntity, sure)
	}
	v := web.VisitOf(r.Context())
	if err := s.Delete(r.Context(), v.Account, v.Session); err != nil {
		return err
	}
	return web.SeeOther(w, r, deletePath)
}

func (s *Service) cancel(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.Cancel(r.Context(), v.Account, v.Session); err != nil && !errors.Is(err, ErrNoDeletion) {
		return err
	}
	return web.SeeOther(w, r, deletePath+"?cancelled=1")
}
