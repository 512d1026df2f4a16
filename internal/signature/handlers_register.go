package signature

import (
	"errors"
	"net/http"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

func (s *Service) newcomerForm(w http.ResponseWriter, r *http.Request) error {
	n, err := s.newcomerFor(r.Context(), s.db, s.accounts.Client(w, r), r.PathValue("id"), "")
	if err != nil {
		return err
	}
	f := newNewcomerForm(n)
	if n.data.Phone != "" {
		f.Phone.Value = i18n.Phone(n.data.Phone)
	}
	return web.Write(w, r, http.StatusOK, newcomerPage(f))
}

func (s *Service) newcomerPhone(w http.ResponseWriter, r *http.Request) error {
	c := s.accounts.Client(w, r)
	n, err := s.newcomerFor(r.Context(), s.db, c, r.PathValue("id"), "")
	if err != nil {
		return err
	}
	f := newNewcomerForm(n)
	if !web.Read(r, f.all()...) {
		return web.Write(w, r, http.StatusUnprocessableEntity, newcomerPage(f))
	}
	phone, _ := account.ParsePhone(f.Phone.Value) // the field's check let it pass
	if err := s.askPhone(r.Context(), c, n.id, phone, f.consents(), i18n.LangOf(r.Context())); err != nil {
		text, status, ok := told(err)
		if !ok {
			return err
		}
		f.Notice = text
		return web.Write(w, r, status, newcomerPage(f))
	}
	return web.SeeOther(w, r, newcomerPath+"/"+n.id+"/code")
}

// told splits an error into what is said on the form, and what is for the
// router to answer.
func told(err error) (i18n.Text, int, bool) {
	wrong := &account.WrongCode{}
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

// codePageOf returns the page that asks a newcomer for the code.
func (s *Service) codePageOf(w http.ResponseWriter, r *http.Request) (f codeForm, c account.Client, err error) {
	c = s.accounts.Client(w, r)
	n, err := s.newcomerFor(r.Context(), s.db, c, r.PathValue("id"), "")
	if err != nil {
		return f, c, err
	}
	step, err := s.accounts.PhoneStep(r.Context(), c, n.data.Flow)
	if errors.Is(err, account.ErrFlow) {
		err = ErrNewcomer
	}
	if err != nil {
		return f, c, err
	}
	f = newCodeForm(n, step)
	f.Wait = int(min(max(step.ResendAt.Sub(s.now()), 0), account.CodeResend) / time.Second)
	return f, c, nil
}

func (s *Service) codeForm(w http.ResponseWriter, r *http.Request) error {
	f, _, err := s.codePageOf(w, r)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("sent") {
		f.Sent = true
	}
	return web.Write(w, r, http.StatusOK, codePage(f))
}

func (s *Service) takeCode(w http.ResponseWriter, r *http.Request) error {
	f, c, err := s.codePageOf(w, r)
	if err != nil {
		return err
	}
	if !f.Step.Proved {
		if !web.Read(r, &f.Code) {
			return web.Write(w, r, http.StatusUnprocessableEntity, codePage(f))
		}
		if err := s.accounts.Prove(r.Context(), c, f.Step.ID, f.Code.Value); err != nil {
			return s.wrongCode(w, r, f, err)
		}
	}
	in, err := s.join(r.Context(), c, r.PathValue("id"), i18n.LangOf(r.Context()))
	if err != nil {
		return s.wrongCode(w, r, f, err)
	}
	return s.admit(w, r, in)
}

// wrongCode draws the page of the code again with what was wrong.
func (s *Service) wrongCode(w http.ResponseWriter, r *http.Request, f codeForm, cause error) error {
	text, status, ok := told(cause)
	if !ok {
		return cause
	}
	if errors.Is(cause, account.ErrCode) || errors.Is(cause, account.ErrCodeOver) {
		f.Code.Error = text
	} else {
		f.Notice = text
	}
	return web.Write(w, r, status, codePage(f))
}

func (s *Service) resendCode(w http.ResponseWriter, r *http.Request) error {
	f, c, err := s.codePageOf(w, r)
	if err != nil {
		return err
	}
	if err := s.accounts.ResendPhone(r.Context(), c, f.Step.ID); err != nil {
		return s.wrongCode(w, r, f, err)
	}
	return web.SeeOther(w, r, f.Path+"?sent=1")
}
