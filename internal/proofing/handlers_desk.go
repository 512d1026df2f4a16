package proofing

import (
	"errors"
	"net/http"

	"kabinet/internal/account"
	"kabinet/internal/document"
	"kabinet/internal/person/ident"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/staff"
)

const (
	deskPath   = "/desk/proofing"
	searchPath = "/desk/people"
)

func casePath(request string) string { return deskPath + "/" + request }

// DeskRoutes puts the verifiers' pages on rt.
func (s *Service) DeskRoutes(rt *web.Router) {
	verifier := s.Staff.Require(staff.Verifier)
	rt.Handle("GET "+deskPath, s.queuePage, verifier)
	rt.Handle("GET "+deskPath+"/{id}", s.casePage, verifier)
	rt.Handle("POST "+deskPath+"/{id}", s.decide, verifier)
	rt.Handle("GET "+deskPath+"/{id}/files/{file}", s.openFile, verifier)
	rt.Handle("GET "+searchPath, s.searchPage, verifier)
	rt.Handle("POST "+searchPath, s.search, verifier)
}

func verifierOf(r *http.Request) Verifier {
	m := staff.MemberOf(r)
	return Verifier{Account: m.Account, Session: web.VisitOf(r.Context()).Session, Name: m.Name}
}

// nav are the sections of the desk, with the number that waits.
func nav(r *http.Request) []ui.Link { return staff.MemberOf(r).Nav() }

// queueSize is how many requests a page of the queue has.
const queueSize = 20

func (s *Service) queuePage(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := Filter{Closed: r.FormValue("view") == "closed", After: r.FormValue("after"), Limit: queueSize + 1}
	if k := Kind(r.FormValue("kind")); k == Online || k == Change || k == Duplicate {
		f.Kind = k
	}
	p := deskQueue{Nav: nav(r), Filter: f, Done: doneText(r.FormValue("done"))}
	var err error
	if p.Rows, err = s.Queue(ctx, f); err != nil {
		return err
	}
	if len(p.Rows) > queueSize {
		p.Rows = p.Rows[:queueSize]
		p.More = p.Rows[queueSize-1].Cursor()
	}
	if p.Waiting, err = s.WaitingCount(ctx); err != nil {
		return err
	}
	return web.Write(w, r, http.StatusOK, queueView(p))
}

func (s *Service) casePage(w http.ResponseWriter, r *http.Request) error {
	return s.writeCase(w, r, http.StatusOK, deskCase{Form: newDecisionForm()})
}

// writeCase draws a request for a verifier and notes the look; p holds what was
// typed and said.
func (s *Service) writeCase(w http.ResponseWriter, r *http.Request, status int, p deskCase) error {
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	c, err := s.Look(r.Context(), verifierOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	p.Nav, p.Case, p.Own = nav(r), c, c.Request.Account == web.Account(r)
	return web.Write(w, r, status, caseView(p))
}

func (s *Service) decide(w http.ResponseWriter, r *http.Request) error {
	p := deskCase{Form: newDecisionForm()}
	if !p.Form.read(r) {
		return s.writeCase(w, r, http.StatusUnprocessableEntity, p)
	}
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	d := Decision{Approve: p.Form.Do.Value == doApprove, Reason: p.Form.Reason.Value, Words: p.Form.Words.Value}
	err := s.Decide(r.Context(), verifierOf(r), r.PathValue("id"), d)
	switch {
	case errors.Is(err, ErrTaken):
		p.Said = i18n.K("proofing.desk_taken")
		return s.writeCase(w, r, http.StatusConflict, p)
	case errors.Is(err, ErrState):
		p.Said = i18n.K("proofing.desk_decided")
		return s.writeCase(w, r, http.StatusConflict, p)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, deskPath+"?done="+p.Form.Do.Value)
}

func (s *Service) openFile(w http.ResponseWriter, r *http.Request) error {
	request, file := r.PathValue("id"), r.PathValue("file")
	if !id.Valid(request) || !id.Valid(file) {
		return ErrNone
	}
	f, content, err := s.OpenFile(r.Context(), verifierOf(r), request, file)
	if err != nil {
		return err
	}
	defer content.Close()
	return document.Send(w, r, f, content)
}

func (s *Service) searchPage(w http.ResponseWriter, r *http.Request) error {
	return web.Write(w, r, http.StatusOK, searchView(deskSearch{Nav: nav(r), Form: newSearchForm()}))
}

func (s *Service) search(w http.ResponseWriter, r *http.Request) error {
	p := deskSearch{Nav: nav(r), Form: newSearchForm()}
	login, ok := p.Form.read(r)
	if !ok {
		return web.Write(w, r, http.StatusUnprocessableEntity, searchView(p))
	}
	found, err := s.Find(r.Context(), verifierOf(r), login, p.Form.Cause.Value)
	if errors.Is(err, ErrNobody) {
		p.Said = i18n.K(fault.Of(err).Text)
		return web.Write(w, r, http.StatusOK, searchView(p))
	}
	if err != nil {
		return err
	}
	p.Found = &found
	return web.Write(w, r, http.StatusOK, searchView(p))
}

// ParseIdentifier reads an identifier of a kind as it is typed; false when it is
// none.
func ParseIdentifier(kind account.Kind, typed string) (account.Login, bool) {
	var value string
	var err error
	ok := true
	switch kind {
	case account.Phone:
		value, ok = account.ParsePhone(typed)
	case account.Email:
		value, ok = account.ParseEmail(typed)
	case account.SNILS:
		value, err = ident.ParseSNILS(typed)
	case account.INN:
		value, err = ident.ParsePersonINN(typed)
	case account.Number:
		value = cleanLetterCode(typed)
		ok = len(value) == 10
	default:
		ok = false
	}
	return account.Login{Kind: kind, Value: value}, ok && err == nil
}
