package recovery

import (
	"context"
	"errors"
	"net/http"

	"kabinet/internal/document"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
	"kabinet/internal/staff"
)

const deskPath = "/desk/recovery"

func (s *Service) deskRoutes(rt *web.Router) {
	verifier := s.opt.Staff.Require(staff.Verifier)
	rt.Handle("GET "+deskPath, s.queue, verifier)
	rt.Handle("GET "+deskPath+"/{id}", s.look, verifier)
	rt.Handle("POST "+deskPath+"/{id}", s.decided, verifier)
	rt.Handle("GET "+deskPath+"/{id}/files/{file}", s.picture, verifier)
}

func operatorOf(r *http.Request) Operator {
	return Operator{staff.MemberOf(r).Account, web.VisitOf(r.Context()).Session}
}

// names tells what the operators are called, by account.
func (s *Service) names(ctx context.Context, agency string) (map[string]string, error) {
	members, err := s.opt.Staff.Members(ctx, agency)
	names := map[string]string{}
	for _, m := range members {
		names[m.Account] = m.Name
	}
	return names, err
}

func (s *Service) queue(w http.ResponseWriter, r *http.Request) (err error) {
	m := staff.MemberOf(r)
	p := queuePage{Nav: m.Nav(), Closed: r.URL.Query().Get("view") == "closed"}
	after := r.URL.Query().Get("after")
	if !id.Valid(after) {
		after = ""
	}
	if p.Queue, err = s.Queue(r.Context(), p.Closed, after); err != nil {
		return err
	}
	if p.Names, err = s.names(r.Context(), m.Agency); err != nil {
		return err
	}
	for _, done := range []string{"agreed", "refused"} {
		if r.URL.Query().Get("done") == done {
			p.Done = i18n.K("recovery.desk_done_" + done)
		}
	}
	return web.Write(w, r, http.StatusOK, deskQueuePage(p))
}

func (s *Service) look(w http.ResponseWriter, r *http.Request) error {
	return s.writeCase(w, r, http.StatusOK, func(*casePage) {})
}

// writeCase draws a case after set changed the page.
func (s *Service) writeCase(w http.ResponseWriter, r *http.Request, status int, set func(p *casePage)) error {
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	l, err := s.Look(r.Context(), operatorOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	m, p := staff.MemberOf(r), newCasePage(l)
	p.Nav, p.Me = m.Nav(), m.Account
	if p.Names, err = s.names(r.Context(), m.Agency); err != nil {
		return err
	}
	set(&p)
	return web.Write(w, r, status, deskCasePage(p))
}

func (s *Service) decided(w http.ResponseWriter, r *http.Request) error {
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	var err error
	done := "agreed"
	if r.PostFormValue("do") == "refuse" {
		done = "refused"
		err = s.Refuse(r.Context(), operatorOf(r), r.PathValue("id"), Why(r.PostFormValue("why")))
	} else if r.PostFormValue("sure") == "" {
		return s.writeCase(w, r, http.StatusUnprocessableEntity, func(p *casePage) { p.Sure.Error = p.Sure.Missing })
	} else {
		err = s.Agree(r.Context(), operatorOf(r), r.PathValue("id"))
	}
	if err == nil {
		return web.SeeOther(w, r, deskPath+"?done="+done)
	}
	text, status, ok := told(err)
	if !ok {
		return err
	}
	return s.writeCase(w, r, status, func(p *casePage) {
		if errors.Is(err, ErrWhy) {
			p.Why.Error = text
			return
		}
		p.Notice = notice{ui.Danger, text}
	})
}

// picture sends a file of a case, and notes who looked.
func (s *Service) picture(w http.ResponseWriter, r *http.Request) error {
	if !id.Valid(r.PathValue("id")) || !id.Valid(r.PathValue("file")) {
		return ErrNone
	}
	f, content, err := s.Picture(r.Context(), operatorOf(r), r.PathValue("id"), r.PathValue("file"))
	if err != nil {
		return err
	}
	defer content.Close()
	return document.Send(w, r, f, content)
}
