package application

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/eform"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
)

// Routes puts the citizen's pages on rt.
func (s *Service) Routes(rt *web.Router) {
	body := web.MaxBody(eform.MaxPost)
	rt.Handle("GET /services/{code}/apply", s.applyPage, web.SignedIn)
	rt.Handle("POST /services/{code}/apply", s.apply, web.SignedIn, body)
	rt.Handle("POST /services/{code}/draft", s.saveFirst, web.SignedIn, body)
	rt.Handle("POST /services/{code}/fields", s.recheckFirst, web.SignedIn, body)
	rt.Handle("GET /applications/new/{draft}/{step}", s.onForm(s.stepPage), web.SignedIn)
	rt.Handle("POST /applications/new/{draft}/{step}", s.onForm(s.takeStep), web.SignedIn, body)
	rt.Handle("POST /applications/new/{draft}/{step}/draft", s.onForm(s.saveStep), web.SignedIn, body)
	rt.Handle("POST /applications/new/{draft}/{step}/fields", s.onForm(s.recheckStep), web.SignedIn, body)
	rt.Handle("POST /applications/new/{draft}/{step}/files", s.onForm(s.uploadFile), web.SignedIn, body)
	rt.Handle("GET /applications/new/{draft}/check", s.onForm(s.checkPage), web.SignedIn)
	rt.Handle("POST /applications/new/{draft}/check", s.onForm(s.check), web.SignedIn)
	rt.Handle("GET /applications/new/{draft}/confirm", s.onForm(s.confirmPage), web.SignedIn)
	rt.Handle("POST /applications/new/{draft}/confirm", s.onForm(s.confirm), web.SignedIn)
	rt.Handle("GET /applications/new/{draft}/delete", s.onForm(s.deletePage), web.SignedIn)
	rt.Handle("POST /applications/new/{draft}/delete", s.onForm(s.deleteDraft), web.SignedIn)

	rt.Handle("GET /applications", s.listPage, web.SignedIn)
	rt.Handle("GET /applications/{id}", s.cardPage, web.SignedIn)
	rt.Handle("POST /applications/{id}/answer", s.answer, web.SignedIn, web.MaxBody(answerBody))
	rt.Handle("GET /applications/{id}/withdraw", s.withdrawPage, web.SignedIn)
	rt.Handle("POST /applications/{id}/withdraw", s.withdraw, web.SignedIn)
	rt.Handle("GET /applications/{id}/correct", s.correctPage, web.SignedIn)
	rt.Handle("POST /applications/{id}/correct", s.correct, web.SignedIn)
	rt.Handle("POST /applications/{id}/again", s.again, web.SignedIn)
	rt.Handle("GET /applications/{id}/receipt.pdf", s.receipt, web.SignedIn)
	rt.Handle("GET /applications/{id}/journal.pdf", s.journalFile, web.SignedIn)
}

// draftsShown is how many drafts the list shows.
const draftsShown = 20

func (s *Service) listPage(w http.ResponseWriter, r *http.Request) error {
	v := listView{Before: r.FormValue("before")}
	var err error
	if v.Sent, v.Next, err = s.List(r.Context(), web.Account(r), v.Before); err != nil {
		return err
	}
	if v.Before == "" {
		if v.Drafts, err = s.drafts(r.Context(), web.Account(r), draftsShown); err != nil {
			return err
		}
	}
	return web.Write(w, r, http.StatusOK, listPage(v))
}

func (s *Service) cardPage(w http.ResponseWriter, r *http.Request) error {
	return s.writeCard(w, r, http.StatusOK, newAnswerForm())
}

func (s *Service) writeCard(w http.ResponseWriter, r *http.Request, status int, form answerForm) error {
	c, err := s.Card(r.Context(), web.Account(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	form.wants(c.Ask)
	late := c.Status.Undecided() && !c.Term.Paused && c.Due.Compare(s.today()) < 0
	return web.Write(w, r, status, cardPage(cardView{Card: c, Form: form, Sent: r.URL.Query().Get("sent") != "", Late: late, Quick: quick(c.Def)}))
}

// answerBody is how much of an answer is read, in bytes.
const answerBody = 32 << 20

func (s *Service) answer(w http.ResponseWriter, r *http.Request) error {
	form := newAnswerForm()
	files, err := s.readAnswer(r, &form)
	if err == nil && len(form.errors()) == 0 {
		_, err = s.Answer(r.Context(), Answer{Account: web.Account(r), Session: session(r), Application: r.PathValue("id"), Text: form.Text.Value, Files: files})
		if err == nil {
			return web.SeeOther(w, r, "/applications/"+r.PathValue("id"))
		}
	}
	for _, f := range files {
		err = errors.Join(err, s.Documents.Delete(r.Context(), web.Account(r), f))
	}
	switch {
	case err == nil: // what is wrong stands at its field already
	case errors.Is(err, ErrNoAnswer):
		form.Text.Error = i18n.K(fault.Of(err).Text)
	case ofFile(err):
		form.File.Error = i18n.K(fault.Of(err).Text)
	default:
		return err
	}
	return s.writeCard(w, r, http.StatusUnprocessableEntity, form)
}

// ofFile reports whether err says what is wrong with a file of an answer.
func ofFile(err error) bool {
	for _, other := range []error{document.ErrFull, document.ErrFlawed, document.ErrScanner} {
		if errors.Is(err, other) {
			return true
		}
	}
	return fault.Of(err).Kind == fault.Invalid && !errors.Is(err, web.ErrTooLarge)
}

// maxAnswerFiles is how many files one answer takes.
const maxAnswerFiles = 5

// readAnswer reads the form of an answer part by part and stores its files. What
// is wrong with the words, or too many files, is told in the form.
func (s *Service) readAnswer(r *http.Request, form *answerForm) (files []string, err error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "multipart/form-data" {
		web.Read(r, &form.Text)
		return nil, nil
	}
	parts, err := web.Parts(r)
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return files, web.ErrTooLarge
		}
		switch {
		case part.FormName() == form.Text.Name:
			text, err := io.ReadAll(io.LimitReader(part, maxAnswerText))
			if err != nil {
				return files, web.ErrTooLarge
			}
			web.ReadFrom(func(string) string { return string(text) }, &form.Text)
		case part.FileName() == "": // a file input that was left empty
		case len(files) == maxAnswerFiles:
			form.File.Error = i18n.K("application.answer_files", "n", maxAnswerFiles)
		default:
			f, err := s.keep(r, part)
			if err != nil {
				return files, err
			}
			files = append(files, f)
		}
	}
}

// keep stores a file of an answer among the person's documents.
func (s *Service) keep(r *http.Request, part *multipart.Part) (string, error) {
	f, err := s.Documents.Upload(r.Context(), web.Account(r), part.FileName(), part)
	if err != nil {
		return "", err
	}
	if err := f.Usable(); err != nil {
		return "", errors.Join(err, s.Documents.Delete(r.Context(), web.Account(r), f.ID))
	}
	return f.ID, nil
}

func session(r *http.Request) string { return web.VisitOf(r.Context()).Session }

func (s *Service) withdrawPage(w http.ResponseWriter, r *http.Request) error {
	return s.ask(w, r, Application.undecided, withdrawPage)
}

func (a Application) undecided() bool { return a.Status.Undecided() }

func (s *Service) withdraw(w http.ResponseWriter, r *http.Request) error {
	a, err := s.Withdraw(r.Context(), web.Account(r), session(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, "/applications/"+a.ID)
}

func (s *Service) correctPage(w http.ResponseWriter, r *http.Request) error {
	return s.ask(w, r, Application.Correctable, correctPage)
}

// ask draws the page that stands before something that cannot be undone.
func (s *Service) ask(w http.ResponseWriter, r *http.Request, may func(Application) bool, page pageOf) error {
	a, err := s.store.byID(r.Context(), s.DB, web.Account(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	if !may(a) {
		return ErrMoved
	}
	l, err := s.listed(r.Context(), a)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, page(l))
}

func (s *Service) correct(w http.ResponseWriter, r *http.Request) error {
	acc := web.Account(r)
	a, err := s.store.byID(r.Context(), s.DB, acc, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !a.Correctable() {
		return ErrMoved
	}
	// The draft comes first: if it cannot be made, the application stands.
	d, err := s.copyToDraft(r.Context(), acc, session(r), a)
	if err != nil {
		return err
	}
	if _, err := s.Correct(r.Context(), acc, session(r), a.ID); err != nil {
		return errors.Join(err, s.Forms.Discard(r.Context(), person(acc, session(r)), acc, d.ID))
	}
	return web.SeeOther(w, r, draftPath(d.ID, "check"))
}

func (s *Service) again(w http.ResponseWriter, r *http.Request) error {
	acc := web.Account(r)
	a, err := s.store.byID(r.Context(), s.DB, acc, r.PathValue("id"))
	if err != nil {
		return err
	}
	d, err := s.copyToDraft(r.Context(), acc, session(r), a)
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, draftPath(d.ID, "check"))
}

func person(acc, session string) audit.Actor {
	return audit.Actor{Kind: audit.Person, ID: acc, Session: session}
}

func (s *Service) receipt(w http.ResponseWriter, r *http.Request) error {
	f, rc, err := s.Receipt(r.Context(), web.Account(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	data, err := io.ReadAll(rc)
	if err = errors.Join(err, rc.Close()); err != nil {
		return err
	}
	serve(w, r, f.Name, f.At, data)
	return nil
}

func (s *Service) journalFile(w http.ResponseWriter, r *http.Request) error {
	data, name, err := s.JournalPDF(r.Context(), web.Account(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	serve(w, r, name, s.Now(), data)
	return nil
}

// serve sends a PDF to be kept, never to be shown as a page of ours.
func serve(w http.ResponseWriter, r *http.Request, name string, at time.Time, data []byte) {
	w.Header().Set("Content-Type", document.PDF.Media())
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "private, no-store")
	http.ServeContent(w, r, "", at, bytes.NewReader(data))
}

// newKey is the key of a form that nobody has sent yet.
func newKey() string { return id.New() }
