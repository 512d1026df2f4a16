package proofing

import (
	"errors"
	"net/http"
	"net/url"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/web"
)

// Path is the page of «Подтверждение личности».
const Path = "/profile/identity"

const (
	onlinePath = Path + "/online"
	postPath   = Path + "/post"
)

func requestPath(request string) string { return Path + "/requests/" + request }

// Routes puts the person's pages on rt.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET "+Path, s.overview, web.SignedIn)
	rt.Handle("GET "+onlinePath, s.onlineForm, web.SignedIn)
	rt.Handle("POST "+onlinePath, s.online, web.SignedIn)
	rt.Handle("GET "+Path+"/requests/{id}", s.requestPage, web.SignedIn)
	rt.Handle("POST "+Path+"/requests/{id}/papers", s.papers, web.SignedIn, web.MaxBody(document.ReceiveBody))
	rt.Handle("POST "+Path+"/requests/{id}/cancel", s.cancel, web.SignedIn)
	rt.Handle("GET "+changePath+"{part}", s.changeForm, web.SignedIn)
	rt.Handle("POST "+changePath+"{part}", s.askChange, web.SignedIn, web.MaxBody(document.ReceiveBody))
	rt.Handle("GET "+postPath, s.postForm, web.SignedIn)
	rt.Handle("POST "+postPath, s.order, web.SignedIn)
	rt.Handle("POST "+postPath+"/code", s.enter, web.SignedIn)
}

// backOf is the page to return to once the level is reached: ?back= or the
// hidden field.
func backOf(r *http.Request) string { return web.Local(r.FormValue("back"), "") }

// withBack adds the page to return to to a path.
func withBack(path, back string) string {
	if back == "" {
		return path
	}
	return path + "?back=" + url.QueryEscape(back)
}

func (s *Service) overview(w http.ResponseWriter, r *http.Request) error {
	ctx, acc := r.Context(), web.Account(r)
	a, err := s.Accounts.Account(ctx, acc)
	if err != nil {
		return err
	}
	p := overviewPage{Account: a, Back: backOf(r), NoPhone: s.reachable(ctx, acc) != nil, Ways: s.ways(a.Level)}
	if p.Current, p.HasCurrent, err = s.Current(ctx, acc); err != nil {
		return err
	}
	if p.Proofs, err = s.Proofs(ctx, acc); err != nil {
		return err
	}
	if p.Requests, err = s.Requests(ctx, acc, "", requestsShown); err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, overviewView(p))
}

// requestsShown is how many requests the overview lists.
const requestsShown = 20

func (s *Service) onlineForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newOnline(r)
	if err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, onlineView(p))
}

// newOnline makes the form, or leads elsewhere by an error when there is nothing
// to ask.
func (s *Service) newOnline(r *http.Request) (p onlinePage, err error) {
	ctx, acc := r.Context(), web.Account(r)
	a, err := s.Accounts.Account(ctx, acc)
	if err != nil {
		return p, err
	}
	if a.Level.AtLeast(account.Standard) {
		return p, ErrDone
	}
	if p.Known, err = s.People.Person(ctx, acc); err != nil {
		return p, err
	}
	p.Back, p.NoPhone = backOf(r), s.reachable(ctx, acc) != nil
	p.setForm(s.Now)
	p.Wait, err = s.Tries(ctx, acc)
	return p, err
}

func (s *Service) online(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newOnline(r)
	if err != nil {
		return err
	}
	if !p.Form.Read(r) {
		return web.Write(w, r, http.StatusUnprocessableEntity, onlineView(p))
	}
	v := web.VisitOf(r.Context())
	made, err := s.Submit(r.Context(), Submission{Account: v.Account, Session: v.Session, Person: p.Form.Person(p.Known), Back: p.Back})
	switch {
	case errors.Is(err, limit.ErrTooMany):
		p.Wait = limit.After(err)
		return web.Write(w, r, http.StatusTooManyRequests, onlineView(p))
	case errors.Is(err, ErrOpen), errors.Is(err, account.ErrNoPhone), errors.Is(err, ErrIncomplete):
		p.Said = i18n.K(fault.Of(err).Text)
		return web.Write(w, r, http.StatusConflict, onlineView(p))
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, requestPath(made.ID))
}

func (s *Service) requestPage(w http.ResponseWriter, r *http.Request) error {
	return s.writeRequest(w, r, http.StatusOK, newPapersForm())
}

func (s *Service) writeRequest(w http.ResponseWriter, r *http.Request, status int, form papersForm) error {
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	ctx, acc := r.Context(), web.Account(r)
	one, err := s.Request(ctx, acc, r.PathValue("id"))
	if err != nil {
		return err
	}
	p := requestView{Request: one, Form: form, Now: s.Now(), Ways: s.Ways}
	if p.Files, err = s.files(r, one); err != nil {
		return err
	}
	if one.State == Failed || one.State == Refused {
		if p.Wait, err = s.Tries(ctx, acc); err != nil {
			return err
		}
	}
	return web.Write(w, r, status, requestPageView(p))
}

func (s *Service) files(r *http.Request, one Request) (files []document.File, err error) {
	for _, file := range one.Files {
		f, err := s.Documents.File(r.Context(), one.Account, file)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// maxFiles is how many files one request takes.
const maxFiles = 5

func (s *Service) papers(w http.ResponseWriter, r *http.Request) error {
	form := newPapersForm()
	files, texts, err := s.Documents.Receive(r, document.Passport, maxFiles)
	if err == nil && len(files) == 0 {
		err = ErrPapers
	}
	ok := web.ReadFrom(texts.Get, &form.Comment)
	if err == nil && ok {
		v := web.VisitOf(r.Context())
		err = s.AddPapers(r.Context(), v.Account, v.Session, r.PathValue("id"), form.Comment.Value, files...)
	}
	if err == nil && ok {
		return web.SeeOther(w, r, requestPath(r.PathValue("id")))
	}
	if gone := s.Documents.GiveBack(r.Context(), web.Account(r), files...); gone != nil {
		return errors.Join(err, gone)
	}
	if told := document.Told(err); told != nil && !errors.Is(err, ErrState) {
		form.File.Error = i18n.K(told.Text)
	} else if err != nil {
		return err
	}
	return s.writeRequest(w, r, http.StatusUnprocessableEntity, form)
}

func (s *Service) cancel(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.Cancel(r.Context(), v.Account, v.Session, r.PathValue("id")); err != nil {
		return err
	}
	return web.SeeOther(w, r, requestPath(r.PathValue("id")))
}

// writePost draws the page of the code on paper; p holds what was typed.
func (s *Service) writePost(w http.ResponseWriter, r *http.Request, status int, p postPage) error {
	ctx, acc := r.Context(), web.Account(r)
	if s.Post == nil {
		return web.ErrNotFound
	}
	a, err := s.Accounts.Account(ctx, acc)
	if err != nil {
		return err
	}
	l, err := s.Letter(ctx, acc)
	if err != nil && !errors.Is(err, ErrNoLetter) {
		return err
	}
	p.Level, p.Letter, p.Now = a.Level, l, s.Now()
	p.HasLetter = err == nil && !l.Used
	return web.Write(w, r, status, postView(p))
}

func (s *Service) newPost(r *http.Request) (postPage, error) {
	known, err := s.People.Person(r.Context(), web.Account(r))
	if err != nil {
		return postPage{}, err
	}
	home := known.ActualAddress
	if home == "" {
		home = known.Address
	}
	return postPage{Form: newPostForm(home), Code: newLetterForm()}, nil
}

func (s *Service) postForm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPost(r)
	if err != nil {
		return err
	}
	return s.writePost(w, r, http.StatusOK, p)
}

func (s *Service) order(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPost(r)
	if err != nil {
		return err
	}
	if !web.Read(r, &p.Form) {
		return s.writePost(w, r, http.StatusUnprocessableEntity, p)
	}
	v := web.VisitOf(r.Context())
	err = s.OrderLetter(r.Context(), v.Account, v.Session, p.Form.Value)
	switch {
	case errors.Is(err, ErrOpen), errors.Is(err, ErrLevel), errors.Is(err, ErrDone):
		p.Said = i18n.K(fault.Of(err).Text)
		return s.writePost(w, r, http.StatusConflict, p)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, postPath)
}

func (s *Service) enter(w http.ResponseWriter, r *http.Request) error {
	p, err := s.newPost(r)
	if err != nil {
		return err
	}
	if !web.Read(r, &p.Code) {
		return s.writePost(w, r, http.StatusUnprocessableEntity, p)
	}
	v := web.VisitOf(r.Context())
	err = s.EnterLetter(r.Context(), v.Account, v.Session, p.Code.Value)
	if wrong := (*WrongLetter)(nil); errors.As(err, &wrong) {
		p.Code.Error = i18n.K("proofing.letter_wrong", "n", wrong.Left)
		return s.writePost(w, r, http.StatusUnprocessableEntity, p)
	}
	switch {
	case errors.Is(err, ErrLetterOver), errors.Is(err, ErrNoLetter):
		p.Said = i18n.K(fault.Of(err).Text)
		return s.writePost(w, r, http.StatusConflict, p)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, Path)
}

// ways are those that lead an account of a level further.
func (s *Service) ways(level account.Level) (all []Way) {
	own := []Way{{Code: "online", Icon: "id-card", Href: onlinePath, Gives: account.Standard, Needs: account.Simplified, Title: i18n.K("proofing.way_online"),
		Text: i18n.K("proofing.way_online_text"), Takes: i18n.K("proofing.way_online_takes")}}
	if s.Post != nil {
		own = append(own, Way{Code: "post", Icon: "mail", Href: postPath, Gives: account.Confirmed, Needs: account.Standard, Title: i18n.K("proofing.way_post"),
			Text: i18n.K("proofing.way_post_text"), Takes: i18n.K("proofing.way_post_takes")})
	}
	for _, way := range append(own[:1:1], append(s.Ways, own[1:]...)...) {
		if !level.AtLeast(way.Gives) {
			all = append(all, way)
		}
	}
	return all
}
