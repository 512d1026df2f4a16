package document

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strconv"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/web"
)

// uploadBody is how much of an upload is read, in bytes. It is far over
// MaxSize: a browser shows our answer only when it could send all it wanted.
const uploadBody = 32 << 20

// Rules lists the limits of this feature.
func Rules() []limit.Rule { return []limit.Rule{uploadRule(), verifyRule(), checkRule()} }

// uploadRule is by account: a person with a box of papers stays below it.
func uploadRule() limit.Rule {
	return limit.Rule{Name: "document.upload_per_account", Burst: 300, Per: time.Hour}
}

// verifyRule is by address: an office checks a paper now and then, a program
// that looks for codes is stopped.
func verifyRule() limit.Rule {
	return limit.Rule{Name: "document.verify_per_address", Burst: 60, Per: 10 * time.Minute}
}

// checkRule is by address too; a file costs more to check than a code.
func checkRule() limit.Rule {
	return limit.Rule{Name: "document.check_per_address", Burst: 20, Per: 10 * time.Minute}
}

// Routes puts the pages of this feature on rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET /documents", s.list, web.SignedIn)
	rt.Handle("POST /documents", s.upload, web.SignedIn, web.MaxBody(uploadBody))
	rt.Handle("GET /documents/{file}", s.show, web.SignedIn)
	rt.Handle("GET /documents/{file}/edit", s.edit, web.SignedIn)
	rt.Handle("POST /documents/{file}/edit", s.change, web.SignedIn)
	rt.Handle("GET /documents/{file}/delete", s.confirmDelete, web.SignedIn)
	rt.Handle("POST /documents/{file}/delete", s.delete, web.SignedIn)
	rt.Handle("GET /verify", s.verifyForm)
	rt.Handle("GET /verify/{code}", s.verifyCode)
	rt.Handle("POST /verify", s.verifyFile, web.MaxBody(uploadBody))
}

func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	return s.writeList(w, r, http.StatusOK, newUploadForm())
}

// writeList draws the list that the address asks for, with the form as it is.
func (s *Service) writeList(w http.ResponseWriter, r *http.Request, status int, form uploadForm) error {
	filter := readFilter(r.URL.Query())
	page, err := s.List(r.Context(), web.Account(r), filter.query(s.now()))
	if err != nil {
		return err
	}
	p := listPage{Filter: filter, Form: form, Page: page, Now: s.now().In(s.cfg.Location)}
	for param, notice := range map[string]**File{"added": &p.Added, "changed": &p.Changed} {
		if file := r.URL.Query().Get(param); id.Valid(file) && status == http.StatusOK {
			if f, err := s.File(r.Context(), web.Account(r), file); err == nil {
				*notice = &f
			}
		}
	}
	p.Deleted = r.URL.Query().Has("deleted")
	return web.Write(w, r, status, documentsPage(p))
}

// upload takes one file. A script gets the file's row, or the sentence of what
// is wrong, instead of a page.
func (s *Service) upload(w http.ResponseWriter, r *http.Request) error {
	row := web.WantsJSON(r)
	if err := s.cfg.Limiter.TakeFast(uploadRule(), web.Account(r)); err != nil {
		return err
	}
	parts, err := web.Parts(r)
	if err != nil {
		return err
	}
	form := newUploadForm()
	f, err := s.takeUpload(r, parts, &form)
	if err == nil && row {
		return web.WriteFragment(w, r, http.StatusOK, fileRow(f))
	}
	if err == nil {
		return web.SeeOther(w, r, "/documents?added="+f.ID)
	}
	wrong := toldOf(err)
	if wrong == nil {
		return err
	}
	_, _ = io.Copy(io.Discard, r.Body) // so that the browser comes to read the answer
	form.File.Error = i18n.K(wrong.Text)
	if row {
		return web.WriteFragment(w, r, http.StatusUnprocessableEntity, sentence(form.File.Error))
	}
	return s.writeList(w, r, http.StatusUnprocessableEntity, form)
}

// takeUpload reads the parts after the first: the type of the document, which
// may be missing, and the file.
func (s *Service) takeUpload(r *http.Request, parts *multipart.Reader, form *uploadForm) (File, error) {
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return File{}, ErrMissing
		}
		if err != nil {
			return File{}, received(err)
		}
		switch part.FormName() {
		case form.Type.Name:
			value, err := io.ReadAll(io.LimitReader(part, 64))
			if err != nil {
				return File{}, received(err)
			}
			form.Type.Value = string(parseType(string(value)))
		case form.File.Name:
			if part.FileName() == "" {
				return File{}, ErrMissing
			}
			f, err := s.UploadAs(r.Context(), web.Account(r), parseType(form.Type.Value), part.FileName(), part)
			return f, received(err)
		}
	}
}

// received turns the failures of a request's body into what the person is told.
func received(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, web.ErrTooLarge):
		return ErrTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded):
		return ErrCutOff
	}
	return err
}

// toldOf returns the failure that is said at the field, nil when it is none of
// the person's.
func toldOf(err error) *fault.Error {
	switch f := fault.Of(err); f.Kind {
	case fault.Invalid, fault.Conflict, fault.Unavailable:
		return f
	}
	return nil
}

// fileOf reads the file that the address names, of the account that asks.
func (s *Service) fileOf(r *http.Request) (File, error) {
	if !id.Valid(r.PathValue("file")) {
		return File{}, ErrNone
	}
	return s.File(r.Context(), web.Account(r), r.PathValue("file"))
}

// show sends the content, to be looked at or, with ?download, to be saved.
func (s *Service) show(w http.ResponseWriter, r *http.Request) error {
	if !id.Valid(r.PathValue("file")) {
		return ErrNone
	}
	f, content, err := s.Open(r.Context(), web.Account(r), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer content.Close()
	return Send(w, r, f, content)
}

// Send answers a request with a file's content, to be looked at or, with
// ?download, to be saved. Whether who asks may see it is for the caller to know.
func Send(w http.ResponseWriter, r *http.Request, f File, content io.Reader) error {
	how := "inline"
	if r.URL.Query().Has("download") {
		how = "attachment"
	}
	h := w.Header()
	h.Set("Content-Type", f.Format.Media())
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": f.Name}))
	h.Set("Content-Security-Policy", contentPolicy(f.Format, how))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, content) // compared already; a visitor who went away is no failure
	}
	return nil
}

// contentPolicy keeps a file from being a page of ours. A sandbox would do so
// best, but Chromium's viewer refuses to show a PDF in one.
func contentPolicy(f Format, how string) string {
	p := "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
	if f == PDF && how == "inline" {
		return p + "; object-src 'self'"
	}
	return p + "; sandbox"
}

func (s *Service) edit(w http.ResponseWriter, r *http.Request) error {
	f, err := s.fileOf(r)
	if err != nil {
		return err
	}
	return s.writeEdit(w, r, http.StatusOK, f, newEditForm(f))
}

func (s *Service) writeEdit(w http.ResponseWriter, r *http.Request, status int, f File, form editForm) error {
	p := editPage{File: f, Form: form}
	if f.Kind == Issued {
		var err error
		if p.Facts, p.Code, err = s.Said(r.Context(), web.Account(r), f.ID); err != nil {
			return err
		}
	}
	return web.Write(w, r, status, detailsPage(p))
}

func (s *Service) change(w http.ResponseWriter, r *http.Request) error {
	f, err := s.fileOf(r)
	if err != nil {
		return err
	}
	form := newEditForm(f)
	if !web.Read(r, form.fields()...) {
		return s.writeEdit(w, r, http.StatusUnprocessableEntity, f, form)
	}
	if err := s.Change(r.Context(), web.Account(r), f.ID, form.Name.Value, parseType(form.Type.Value)); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/documents?changed="+f.ID)
}

func (s *Service) confirmDelete(w http.ResponseWriter, r *http.Request) error {
	f, err := s.fileOf(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, deletePage(f))
}

func (s *Service) delete(w http.ResponseWriter, r *http.Request) error {
	if !id.Valid(r.PathValue("file")) {
		return ErrNone
	}
	if err := s.Delete(r.Context(), web.Account(r), r.PathValue("file")); err != nil {
		return err
	}
	return web.SeeOther(w, r, "/documents?deleted=1")
}
