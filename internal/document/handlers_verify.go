package document

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// verifyForm shows where to type a code or give a file, and leads on from a
// typed code to its page.
func (s *Service) verifyForm(w http.ResponseWriter, r *http.Request) error {
	form := newVerifyForm()
	if !r.URL.Query().Has(form.Code.Name) {
		return web.Write(w, r, http.StatusOK, verifyPage(checkPage{Form: form}))
	}
	if !web.ReadFrom(r.URL.Query().Get, form.Code) {
		return web.Write(w, r, http.StatusUnprocessableEntity, verifyPage(checkPage{Form: form}))
	}
	return web.SeeOther(w, r, "/verify/"+url.PathEscape(form.Code.Value))
}

// verifyCode tells what the document with a code says.
func (s *Service) verifyCode(w http.ResponseWriter, r *http.Request) error {
	if err := s.cfg.Limiter.TakeFast(verifyRule(), s.cfg.Source(r)); err != nil {
		return err
	}
	form := newVerifyForm()
	form.Code.Value = clip(web.Clean(r.PathValue("code")), form.Code.Max)
	facts, err := s.Verify(r.Context(), form.Code.Value)
	if errors.Is(err, ErrNoCode) {
		form.Code.Error = i18n.K(ErrNoCode.Text)
		return web.Write(w, r, http.StatusNotFound, verifyPage(checkPage{Form: form}))
	}
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, verifyPage(checkPage{Form: form, Facts: &facts, Now: s.now().In(s.cfg.Location)}))
}

// verifyFile checks a file that somebody has in hand.
func (s *Service) verifyFile(w http.ResponseWriter, r *http.Request) error {
	if err := s.cfg.Limiter.TakeFast(checkRule(), s.cfg.Source(r)); err != nil {
		return err
	}
	parts, err := web.Parts(r)
	if err != nil {
		return err
	}
	form := newVerifyForm()
	verdict, err := s.takeCheck(w, r, parts, &form)
	p := checkPage{Form: form, Now: s.now().In(s.cfg.Location)}
	if wrong := toldOf(err); err != nil && (wrong != nil || errors.Is(err, ErrNoCode)) {
		_, _ = io.Copy(io.Discard, r.Body)
		if wrong == nil {
			p.Form.Code.Error = i18n.K(ErrNoCode.Text)
		} else {
			p.Form.File.Error = i18n.K(wrong.Text)
		}
		return web.Write(w, r, http.StatusUnprocessableEntity, verifyPage(p))
	} else if err != nil {
		return err
	}
	p.Verdict = &verdict
	if verdict.State == Genuine || verdict.State == OtherPaper {
		p.Facts = &verdict.Facts
	}
	return web.Write(w, r, http.StatusOK, verifyPage(p))
}

// takeCheck reads the parts after the first: a code, which may be missing, and
// the file.
func (s *Service) takeCheck(w http.ResponseWriter, r *http.Request, parts *multipart.Reader, form *verifyForm) (Verdict, error) {
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return Verdict{}, ErrMissing
		}
		if err != nil {
			return Verdict{}, received(err)
		}
		switch part.FormName() {
		case form.Code.Name:
			value, err := io.ReadAll(io.LimitReader(part, 256))
			if err != nil {
				return Verdict{}, received(err)
			}
			form.Code.Value = clip(web.Clean(string(value)), form.Code.Max)
		case form.File.Name:
			if part.FileName() == "" {
				return Verdict{}, ErrMissing
			}
			return s.Check(r.Context(), form.Code.Value, func(limit int64) ([]byte, error) {
				web.ReadWithin(w, checkRead)
				file, err := io.ReadAll(io.LimitReader(part, limit+1))
				if err != nil {
					return nil, received(err)
				}
				if int64(len(file)) > limit {
					return nil, ErrCheckSize
				}
				return file, nil
			})
		}
	}
}

// clip shortens s to n characters.
func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}
