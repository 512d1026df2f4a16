package desk

import (
	"errors"
	"net/http"

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
	"kabinet/internal/staff"
)

const operationsPath = "/desk/operations"

// Routes puts the pages of this feature on rt.
func (s *Service) Routes(rt *web.Router) {
	administrator := s.Staff.Require(staff.Administrator)
	rt.Handle("GET /desk", s.enter, web.SignedIn)
	rt.Handle("GET "+operationsPath, s.operations, administrator)
	rt.Handle("POST "+operationsPath, s.revive, administrator)
}

// enter leads a member to where their work is.
func (s *Service) enter(w http.ResponseWriter, r *http.Request) error {
	m, err := s.Staff.Member(r.Context(), web.Account(r))
	if errors.Is(err, staff.ErrNoMember) {
		return web.ErrNotFound
	}
	if err != nil {
		return err
	}
	if nav := m.Nav(); len(nav) > 0 {
		return web.SeeOther(w, r, nav[0].Href)
	}
	return web.SeeOther(w, r, "/")
}

func (s *Service) operations(w http.ResponseWriter, r *http.Request) error {
	p := page{}
	if r.URL.Query().Has("started") {
		p.Done = i18n.K("desk.job_started")
	}
	return s.write(w, r, http.StatusOK, p)
}

func (s *Service) write(w http.ResponseWriter, r *http.Request, status int, p page) (err error) {
	p.Nav = staff.MemberOf(r).Nav()
	if p.Operations, err = s.Operations(r.Context()); err != nil {
		return err
	}
	return web.Write(w, r, status, operationsPage(p))
}

// revive starts the failed job again whose button was pressed.
func (s *Service) revive(w http.ResponseWriter, r *http.Request) error {
	by := audit.Actor{Kind: audit.Staff, ID: web.Account(r), Session: web.VisitOf(r.Context()).Session}
	err := s.Revive(r.Context(), by, r.PostFormValue("job"))
	if errors.Is(err, ErrGone) {
		return s.write(w, r, http.StatusConflict, page{Said: i18n.K(fault.Of(err).Text)})
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, operationsPath+"?started=1")
}
