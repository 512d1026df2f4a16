package videocall

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
	"kabinet/internal/staff"
)

const (
	// Path is where the way begins.
	Path     = "/profile/identity/video"
	deskPath = "/desk/video"
	// camera lets the page of a meeting use what all others may not.
	camera = "camera=(self), microphone=(self), geolocation=(), payment=(), usb=()"
)

// Routes adds the pages of this feature.
func (s *Service) Routes(rt *web.Router) {
	rt.Handle("GET "+Path, s.start, web.SignedIn)
	rt.Handle("POST "+Path, s.join, web.SignedIn)
	rt.Handle("GET "+Path+"/{meeting}", s.meeting, web.SignedIn)
	rt.Handle("POST "+Path+"/{meeting}/leave", s.leave, web.SignedIn)
	rt.Handle("GET "+Path+"/{meeting}/signal", s.heard, web.SignedIn)
	rt.Handle("POST "+Path+"/{meeting}/signal", s.tell, web.SignedIn)

	verifier := s.Staff.Require(staff.Verifier)
	rt.Handle("GET "+deskPath, s.queue, verifier)
	rt.Handle("POST "+deskPath+"/{account}/{meeting}/take", s.take, verifier)
	rt.Handle("GET "+deskPath+"/{account}/{meeting}", s.room, verifier)
	rt.Handle("POST "+deskPath+"/{account}/{meeting}", s.decide, verifier)
	rt.Handle("POST "+deskPath+"/{account}/{meeting}/end", s.end, verifier)
	rt.Handle("GET "+deskPath+"/{account}/{meeting}/signal", s.heardByOperator, verifier)
	rt.Handle("POST "+deskPath+"/{account}/{meeting}/signal", s.tellByOperator, verifier)
}

func (s *Service) start(w http.ResponseWriter, r *http.Request) error {
	if m, ok, err := s.Current(r.Context(), web.Account(r)); err != nil {
		return err
	} else if ok {
		return web.SeeOther(w, r, Path+"/"+m.ID)
	}
	return s.writeStart(w, r, http.StatusOK, s.mayJoin(r.Context(), web.Account(r)))
}

// writeStart explains the way; cause is what stands in it, nil for nothing.
func (s *Service) writeStart(w http.ResponseWriter, r *http.Request, status int, cause error) error {
	if cause != nil && fault.Of(cause).Kind == fault.Internal {
		return cause
	}
	open, err := s.IsOpen()
	if err != nil {
		return err
	}
	p := startPage{Open: open, Hours: s.Hours}
	if cause != nil {
		p.Wrong, p.Low = i18n.K(fault.Of(cause).Text), errors.Is(cause, ErrLevel)
	} else if !open {
		p.Wrong = i18n.K(ErrClosed.Text)
	}
	return web.Write(w, r, status, drawStart(p))
}

func (s *Service) join(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	m, err := s.Join(r.Context(), v.Account, v.Session)
	if err != nil {
		return s.writeStart(w, r, web.Status(err), err)
	}
	return web.SeeOther(w, r, Path+"/"+m.ID)
}

func (s *Service) meeting(w http.ResponseWriter, r *http.Request) error {
	m, before, err := s.Wait(r.Context(), web.Account(r), r.PathValue("meeting"))
	if err != nil {
		return err
	}
	p := meetingPage{Meeting: m, Before: before, Lost: m.State == Waiting && !m.Here(s.Now())}
	if p.Video, err = s.video(m, Citizen, Path+"/"+m.ID+"/signal"); err != nil {
		return err
	}
	w.Header().Set("Permissions-Policy", camera)
	return web.Write(w, r, http.StatusOK, drawMeeting(p))
}

// video is what the script of a meeting needs.
func (s *Service) video(m Meeting, side Side, signal string) (v video, err error) {
	v = video{Side: side, Signal: signal, RelayOnly: s.RelayOnly && s.Relay != ""}
	servers, err := s.Relays(m.ID, side)
	if err != nil {
		return v, err
	}
	data, err := json.Marshal(servers)
	v.Servers = string(data)
	return v, err
}

func (s *Service) leave(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	if err := s.Leave(r.Context(), v.Account, v.Session, r.PathValue("meeting")); err != nil {
		return err
	}
	return web.SeeOther(w, r, Path+"/"+r.PathValue("meeting"))
}

// news is what a page in a meeting asks for again and again.
type news struct {
	State   State    `json:"state"`
	Before  int      `json:"before"` // how many wait longer
	Text    string   `json:"text"`   // to be said while waiting
	Signals []Signal `json:"signals"`
}

func writeNews(w http.ResponseWriter, n news) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(n)
}

func after(r *http.Request) int {
	n, err := strconv.Atoi(r.URL.Query().Get("after"))
	if err != nil {
		return 0
	}
	return n
}

func (s *Service) heard(w http.ResponseWriter, r *http.Request) error {
	acc, meeting := web.Account(r), r.PathValue("meeting")
	_, before, err := s.Wait(r.Context(), acc, meeting)
	if err != nil {
		return err
	}
	m, list, err := s.Heard(r.Context(), acc, acc, meeting, Citizen, after(r))
	if err != nil {
		return err
	}
	n := news{State: m.State, Before: before, Signals: list}
	if m.State == Waiting {
		n.Text = i18n.T(r.Context(), "videocall.before", "n", before)
	}
	return writeNews(w, n)
}

func (s *Service) tell(w http.ResponseWriter, r *http.Request) error {
	acc := web.Account(r)
	if err := s.Tell(r.Context(), acc, acc, r.PathValue("meeting"), Citizen, r.PostFormValue("data")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Service) queue(w http.ResponseWriter, r *http.Request) error {
	return s.writeQueue(w, r, http.StatusOK, i18n.Text{})
}

func (s *Service) writeQueue(w http.ResponseWriter, r *http.Request, status int, wrong i18n.Text) error {
	list, err := s.Queue(r.Context())
	if err != nil {
		return err
	}
	mine, err := s.Busy(r.Context(), web.Account(r))
	if err != nil {
		return err
	}
	return web.Write(w, r, status, drawQueue(queuePage{Nav: staff.MemberOf(r).Nav(), Queue: list, Mine: mine, Wrong: wrong}))
}

func room(r *http.Request) (account, meeting string) {
	return r.PathValue("account"), r.PathValue("meeting")
}

func (s *Service) take(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	acc, meeting := room(r)
	err := s.Take(r.Context(), v.Account, v.Session, acc, meeting)
	if errors.Is(err, ErrTaken) || errors.Is(err, ErrOwn) {
		return s.writeQueue(w, r, web.Status(err), i18n.K(fault.Of(err).Text))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(w, r, deskPath+"/"+acc+"/"+meeting)
}

func (s *Service) room(w http.ResponseWriter, r *http.Request) error {
	return s.writeRoom(w, r, http.StatusOK, newDecisionForm())
}

func (s *Service) writeRoom(w http.ResponseWriter, r *http.Request, status int, f decisionForm) error {
	acc, meeting := room(r)
	found, err := s.Room(r.Context(), web.Account(r), acc, meeting)
	if err != nil {
		return err
	}
	p := roomPage{Nav: staff.MemberOf(r).Nav(), Room: found, Form: f}
	if p.Video, err = s.video(found.Meeting, Operator, deskPath+"/"+acc+"/"+meeting+"/signal"); err != nil {
		return err
	}
	w.Header().Set("Permissions-Policy", camera)
	return web.Write(w, r, status, drawRoom(p))
}

func (s *Service) decide(w http.ResponseWriter, r *http.Request) error {
	f := newDecisionForm()
	if !web.Read(r, f.fields()...) || !f.complete() {
		return s.writeRoom(w, r, http.StatusUnprocessableEntity, f)
	}
	v := web.VisitOf(r.Context())
	acc, meeting := room(r)
	err := s.Decide(r.Context(), v.Account, v.Session, acc, meeting, f.decision())
	if err != nil {
		if fault.Of(err).Kind == fault.Internal || errors.Is(err, ErrNone) {
			return err
		}
		f.Wrong = i18n.K(fault.Of(err).Text)
		return s.writeRoom(w, r, web.Status(err), f)
	}
	return web.SeeOther(w, r, deskPath)
}

func (s *Service) end(w http.ResponseWriter, r *http.Request) error {
	v := web.VisitOf(r.Context())
	acc, meeting := room(r)
	if err := s.End(r.Context(), v.Account, v.Session, acc, meeting); err != nil {
		return err
	}
	return web.SeeOther(w, r, deskPath)
}

func (s *Service) heardByOperator(w http.ResponseWriter, r *http.Request) error {
	acc, meeting := room(r)
	m, list, err := s.Heard(r.Context(), web.Account(r), acc, meeting, Operator, after(r))
	if err != nil {
		return err
	}
	return writeNews(w, news{State: m.State, Signals: list})
}

func (s *Service) tellByOperator(w http.ResponseWriter, r *http.Request) error {
	acc, meeting := room(r)
	if err := s.Tell(r.Context(), web.Account(r), acc, meeting, Operator, r.PostFormValue("data")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
