package centre

import (
	"errors"
	"net/http"
	"strconv"

	"kabinet/internal/account"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
	"kabinet/internal/proofing"
	"kabinet/internal/staff"
)

const deskPath = "/desk/centre"

func intakePath(intake string) string { return deskPath + "/" + intake }

func enterPath(owner, link, key string) string { return "/enter/" + owner + "/" + link + "/" + key }

// Routes puts the pages of this feature on rt.
func (s *Service) Routes(rt *web.Router) {
	operator := s.Staff.Require(staff.Operator)
	rt.Handle("GET "+deskPath, s.desk, operator)
	rt.Handle("POST "+deskPath, s.receive, operator)
	rt.Handle("GET "+deskPath+"/{id}", s.intakePage, operator)
	rt.Handle("POST "+deskPath+"/{id}", s.enter, operator)
	rt.Handle("GET "+deskPath+"/{id}/paper.pdf", s.paper, operator)
	rt.Handle("GET /enter/{account}/{link}/{key}", s.chooseForm)
	rt.Handle("POST /enter/{account}/{link}/{key}", s.choose)
}

func operatorOf(r *http.Request) Operator {
	m := staff.MemberOf(r)
	return Operator{Account: m.Account, Session: web.VisitOf(r.Context()).Session, Agency: m.Agency, Name: m.Name}
}

// latestShown is how many intakes the page lists.
const latestShown = 10

func (s *Service) desk(w http.ResponseWriter, r *http.Request) error {
	return s.writeDesk(w, r, http.StatusOK, s.newDesk(r))
}

func (s *Service) newDesk(r *http.Request) deskPage {
	return deskPage{Nav: staff.MemberOf(r).Nav(), Form: newIntakeForm(s.Now)}
}

func (s *Service) writeDesk(w http.ResponseWriter, r *http.Request, status int, p deskPage) (err error) {
	if p.Latest, err = s.Latest(r.Context(), operatorOf(r), latestShown); err != nil {
		return err
	}
	return web.Write(w, r, status, deskView(p))
}

func (s *Service) receive(w http.ResponseWriter, r *http.Request) error {
	p := s.newDesk(r)
	papers, ok := p.Form.read(r)
	if !ok {
		return s.writeDesk(w, r, http.StatusUnprocessableEntity, p)
	}
	i, err := s.Begin(r.Context(), operatorOf(r), s.Accounts.Client(w, r), papers)
	if differs := (*Differs)(nil); errors.As(err, &differs) {
		p.Said = differs.Why
		return s.writeDesk(w, r, http.StatusUnprocessableEntity, p)
	}
	for _, known := range []error{ErrSilent, ErrNobody, ErrSelf, ErrPhone, account.ErrNoPhone} {
		if errors.Is(err, known) {
			p.Said = []i18n.Text{i18n.K(fault.Of(err).Text)}
			return s.writeDesk(w, r, http.StatusConflict, p)
		}
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, intakePath(i.ID))
}

func (s *Service) intakePage(w http.ResponseWriter, r *http.Request) error {
	return s.writeIntake(w, r, http.StatusOK, newCodeField())
}

func (s *Service) writeIntake(w http.ResponseWriter, r *http.Request, status int, code web.Field) error {
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	i, err := s.Intake(r.Context(), operatorOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	p := intakeView{Nav: staff.MemberOf(r).Nav(), Intake: i, Code: code, Over: !i.Done && !s.Now().Before(i.Created.Add(intakeLife))}
	return web.Write(w, r, status, intakePageView(p))
}

func (s *Service) enter(w http.ResponseWriter, r *http.Request) error {
	code := newCodeField()
	if !web.Read(r, &code) {
		return s.writeIntake(w, r, http.StatusUnprocessableEntity, code)
	}
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	err := s.Enter(r.Context(), operatorOf(r), s.Accounts.Client(w, r), r.PathValue("id"), code.Value)
	wrong := (*account.WrongCode)(nil)
	switch {
	case errors.As(err, &wrong):
		code.Error = i18n.K("account.code_left", "n", wrong.Left)
	case errors.Is(err, account.ErrCodeOver), errors.Is(err, account.ErrFlow), errors.Is(err, proofing.ErrTaken), errors.Is(err, account.ErrTaken):
		code.Error = i18n.K(fault.Of(err).Text)
	case err != nil:
		return err
	default:
		return web.SeeOther(w, r, intakePath(r.PathValue("id")))
	}
	return s.writeIntake(w, r, http.StatusUnprocessableEntity, code)
}

// paper sends the paper with the link.
func (s *Service) paper(w http.ResponseWriter, r *http.Request) error {
	if !id.Valid(r.PathValue("id")) {
		return ErrNone
	}
	file, err := s.Paper(r.Context(), operatorOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	w.Header().Set("Content-Disposition", `attachment; filename="link.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(file) // an operator who went away is no failure
	return nil
}

// linkOf checks the link of the address and returns the form of a password.
func (s *Service) linkOf(r *http.Request) (*account.Choice, error) {
	if !id.Valid(r.PathValue("account")) || !id.Valid(r.PathValue("link")) {
		return nil, ErrLink
	}
	if err := s.Valid(r.Context(), r.PathValue("account"), r.PathValue("link"), r.PathValue("key")); err != nil {
		return nil, err
	}
	return s.Accounts.NewChoice(r.Context(), r.PathValue("account"))
}

func (s *Service) chooseForm(w http.ResponseWriter, r *http.Request) error {
	f, err := s.linkOf(r)
	if err != nil {
		return err
	}
	w.Header().Set("Referrer-Policy", "no-referrer") // the address is a secret
	return web.Write(w, r, http.StatusOK, chooseView(f))
}

// choose gives the account its password and lets its holder in: who has the
// paper was seen with their passport.
func (s *Service) choose(w http.ResponseWriter, r *http.Request) error {
	f, err := s.linkOf(r)
	if err != nil {
		return err
	}
	if !f.Read(r) {
		return web.Write(w, r, http.StatusUnprocessableEntity, chooseView(f))
	}
	owner := r.PathValue("account")
	if err := s.Choose(r.Context(), owner, r.PathValue("link"), r.PathValue("key"), f.Password.Value); err != nil {
		return err
	}
	return s.Accounts.Admit(w, r, owner, account.Proof{Method: "centre.method", Strong: true}, account.SignIn{Next: "/"})
}
