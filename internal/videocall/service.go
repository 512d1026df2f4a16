package videocall

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/relay"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
	"kabinet/internal/staff"
)

// Options is what a Service needs.
type Options struct {
	DB       *sqldb.DB
	Keys     *secret.Keyring
	Now      func() time.Time
	Location *time.Location
	Calendar *workcal.Calendar
	Limits   *limit.Limiter
	Accounts *account.Service
	People   *person.Service
	Staff    *staff.Service
	Notices  *notify.Service
	Hours    Hours

	// Confirm raises the account to Confirmed in tx on the word of an operator.
	Confirm func(ctx context.Context, tx *sqldb.DB, account string, by audit.Actor) error
	// Relay is the address of the relay, "turn:host:port?transport=udp", whose
	// credentials RelaySecret makes; "" when browsers must reach each other.
	Relay       string
	RelaySecret string
	// RelayOnly hides the addresses of the two from each other: every stream goes
	// through the relay.
	RelayOnly bool
}

// Service is the meetings of the portal.
type Service struct {
	Options
	store store
}

// New returns a Service.
func New(o Options) *Service { return &Service{o, store{o.Keys}} }

// limitMeetings bounds how often somebody may take a place in the queue.
var limitMeetings = limit.Rule{Name: "videocall.meetings_per_account", Burst: 6, Per: 24 * time.Hour}

// Limits lists the limits of this feature.
func Limits() []limit.Rule { return []limit.Rule{limitMeetings} }

// IsOpen reports whether operators answer now.
func (s *Service) IsOpen() (bool, error) {
	now := s.Now().In(s.Location)
	worked, err := s.Calendar.Working(workcal.DateOf(now))
	if err != nil {
		return false, fmt.Errorf("looking up the day: %w", err)
	}
	return s.Hours.Open(now, worked), nil
}

// Join puts a person into the queue, or returns the meeting they wait for. It
// returns ErrLevel, ErrDone, ErrClosed and limit.ErrTooMany.
func (s *Service) Join(ctx context.Context, acc, session string) (Meeting, error) {
	m, ok, err := s.Current(ctx, acc)
	if err != nil || ok {
		return m, err
	}
	if open, err := s.IsOpen(); err != nil {
		return m, err
	} else if !open {
		return m, ErrClosed
	}
	if err := s.mayJoin(ctx, acc); err != nil {
		return m, err
	}
	if err := s.Limits.Take(ctx, limitMeetings, acc); err != nil {
		return m, err
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "videocall "+acc); err != nil {
			return err
		}
		list, err := s.store.listOf(ctx, tx, acc, 1)
		if err != nil {
			return err
		}
		if len(list) == 1 && list[0].State.Open() {
			m = list[0] // another tab was quicker
			return nil
		}
		m = Meeting{Account: acc, ID: id.New(), State: Waiting, AskedAt: s.Now(), SeenAt: s.Now()}
		if err := s.store.insert(ctx, tx, m); err != nil {
			return err
		}
		return s.record(ctx, tx, m, audit.Actor{Kind: audit.Person, ID: acc, Session: session}, "videocall.audit_asked")
	})
	return m, told("joining the queue", err)
}

func (s *Service) mayJoin(ctx context.Context, acc string) error {
	a, err := s.Accounts.Account(ctx, acc)
	switch {
	case err != nil:
		return err
	case a.Level == account.Confirmed:
		return ErrDone
	case !a.Level.AtLeast(account.Standard):
		return ErrLevel
	}
	return nil
}

// Current returns the open meeting of a person, if there is one.
func (s *Service) Current(ctx context.Context, acc string) (m Meeting, ok bool, err error) {
	list, err := s.store.listOf(ctx, s.DB, acc, 1)
	if err != nil {
		return m, false, fmt.Errorf("reading meetings: %w", err)
	}
	if len(list) == 1 && list[0].State.Open() {
		return list[0], true, nil
	}
	return m, false, nil
}

// Wait returns a meeting to the person who waits for it, and how many are before
// them, and notes that they are there. It returns ErrNone.
func (s *Service) Wait(ctx context.Context, acc, meeting string) (m Meeting, before int, err error) {
	if m, err = s.store.byID(ctx, s.DB, acc, meeting, ""); err != nil {
		return m, 0, err
	}
	if !m.State.Open() {
		return m, 0, nil
	}
	now := s.Now()
	if now.Sub(m.SeenAt) > goneAfter/4 {
		if err := saw(ctx, s.DB, acc, meeting, now); err != nil {
			return m, 0, fmt.Errorf("noting who waits: %w", err)
		}
		m.SeenAt = now
	}
	if m.State == Waiting {
		before, err = ahead(ctx, s.DB, m.AskedAt, now.Add(-goneAfter))
	}
	return m, before, told("counting who waits", err)
}

// queueShown is how many waiting people operators see.
const queueShown = 50

// Queue returns who waits, first come first.
func (s *Service) Queue(ctx context.Context) ([]Queued, error) {
	list, err := queue(ctx, s.DB, s.Now().Add(-goneAfter), queueShown)
	return list, told("listing who waits", err)
}

// Leave ends a meeting by its person. It returns ErrNone.
func (s *Service) Leave(ctx context.Context, acc, session, meeting string) error {
	return s.change(ctx, acc, meeting, func(_ *sqldb.DB, m *Meeting) (string, audit.Actor, error) {
		by := audit.Actor{Kind: audit.Person, ID: acc, Session: session}
		if !m.State.Open() {
			return "", by, nil
		}
		if m.State = Ended; m.TakenAt.IsZero() {
			m.State = Left
		}
		return "videocall.audit_left", by, nil
	})
}

// change changes a meeting in a transaction with its audit line; act "" changes
// nothing. A meeting that is over loses its signals.
func (s *Service) change(ctx context.Context, acc, meeting string, f func(tx *sqldb.DB, m *Meeting) (act string, by audit.Actor, err error)) error {
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		m, err := s.store.byID(ctx, tx, acc, meeting, tx.ForUpdate())
		if err != nil {
			return err
		}
		act, by, err := f(tx, &m)
		if err != nil || act == "" {
			return err
		}
		if !m.State.Open() {
			m.EndedAt = s.Now()
			if err := dropSignals(ctx, tx, acc, meeting); err != nil {
				return err
			}
		}
		if err := s.store.update(ctx, tx, m); err != nil {
			return err
		}
		return s.record(ctx, tx, m, by, act)
	})
	return told("changing a meeting", err)
}

func (s *Service) record(ctx context.Context, tx *sqldb.DB, m Meeting, by audit.Actor, act string) error {
	e := audit.Entry{Owner: m.Account, Actor: by, Act: act, Object: "videocall/" + m.ID}
	if by.Kind == audit.Staff {
		e.Agency = staff.Portal
	}
	return audit.Record(ctx, tx, s.Now(), e)
}

func byOperator(account, session string) audit.Actor {
	return audit.Actor{Kind: audit.Staff, ID: account, Session: session}
}

// Take gives a meeting to an operator. Taking it again changes nothing. It
// returns ErrNone, ErrTaken and ErrOwn.
func (s *Service) Take(ctx context.Context, operator, session, acc, meeting string) error {
	if operator == acc {
		return ErrOwn
	}
	return s.change(ctx, acc, meeting, func(_ *sqldb.DB, m *Meeting) (string, audit.Actor, error) {
		by := byOperator(operator, session)
		switch {
		case m.State == Live && m.Operator == operator:
			return "", by, nil
		case !m.Here(s.Now()):
			return "", by, ErrTaken
		}
		m.State, m.Operator, m.TakenAt = Live, operator, s.Now()
		return "videocall.audit_taken", by, nil
	})
}

// Room returns a meeting to its operator. It returns ErrNone to any other.
func (s *Service) Room(ctx context.Context, operator, acc, meeting string) (r Room, err error) {
	if r.Meeting, err = s.store.byID(ctx, s.DB, acc, meeting, ""); err != nil {
		return r, err
	}
	if r.Operator != operator {
		return r, ErrNone
	}
	if r.Person, err = s.People.Person(ctx, acc); err != nil {
		return r, err
	}
	a, err := s.Accounts.Account(ctx, acc)
	r.Number = a.Number
	return r, err
}

// Decision is what an operator made of a meeting.
type Decision struct {
	Confirmed bool
	Reason    string // code, when it is a refusal
	Note      string // to the person; may be ""
}

// Decide ends a live meeting with a decision and tells the person. It returns
// ErrNone, ErrTaken, ErrReason and what Options.Confirm returns.
func (s *Service) Decide(ctx context.Context, operator, session, acc, meeting string, d Decision) error {
	if !d.Confirmed && !knownReason(d.Reason) {
		return ErrReason
	}
	return s.change(ctx, acc, meeting, func(tx *sqldb.DB, m *Meeting) (string, audit.Actor, error) {
		by := byOperator(operator, session)
		switch {
		case m.Operator != operator:
			return "", by, ErrNone
		case m.State != Live:
			return "", by, ErrTaken
		case d.Confirmed:
			m.State = Confirmed
			return "videocall.audit_confirmed", by, s.Confirm(ctx, tx, acc, by)
		}
		m.State, m.Reason, m.Note = Refused, d.Reason, strings.TrimSpace(d.Note)
		err := s.Notices.Send(ctx, tx, notify.Notice{Owner: acc, Key: "videocall/" + m.ID, Topic: notify.TopicPerson, Level: notify.Warning,
			Title: "videocall.notice_refused", Text: "videocall.notice_refused_text", Args: []any{"reason", reasonText(d.Reason)}, Link: Path + "/" + m.ID})
		return "videocall.audit_refused", by, err
	})
}

// End ends a live meeting without a decision, by its operator.
func (s *Service) End(ctx context.Context, operator, session, acc, meeting string) error {
	return s.change(ctx, acc, meeting, func(_ *sqldb.DB, m *Meeting) (string, audit.Actor, error) {
		by := byOperator(operator, session)
		switch {
		case m.Operator != operator:
			return "", by, ErrNone
		case !m.State.Open():
			return "", by, nil
		}
		m.State = Ended
		return "videocall.audit_ended", by, nil
	})
}

// Tell keeps a signal of one side of a live meeting for the other. It returns
// ErrNone, ErrTaken when the meeting is not live, and ErrSignal.
func (s *Service) Tell(ctx context.Context, who, acc, meeting string, side Side, data string) error {
	if data == "" || len(data) > signalMax {
		return ErrSignal
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		m, err := s.store.byID(ctx, tx, acc, meeting, tx.ForUpdate())
		switch {
		case err != nil:
			return err
		case !m.has(who, side):
			return ErrNone
		case m.State != Live:
			return ErrTaken
		}
		room, err := s.store.addSignal(ctx, tx, m, side, data)
		if err == nil && !room {
			return ErrSignal
		}
		return err
	})
	return told("keeping a signal", err)
}

// Heard returns the meeting and what the other side has told after a number. It
// returns ErrNone.
func (s *Service) Heard(ctx context.Context, who, acc, meeting string, side Side, after int) (Meeting, []Signal, error) {
	m, err := s.store.byID(ctx, s.DB, acc, meeting, "")
	if err != nil {
		return m, nil, err
	}
	if !m.has(who, side) {
		return m, nil, ErrNone
	}
	if m.State != Live {
		return m, nil, nil
	}
	list, err := s.store.signals(ctx, s.DB, m, side.other(), after)
	return m, list, told("reading signals", err)
}

// has reports whether who is that side of the meeting.
func (m Meeting) has(who string, side Side) bool {
	if side == Operator {
		return who == m.Operator
	}
	return who == m.Account
}

// Servers are the addresses and credentials a browser needs to connect.
type Servers struct {
	URL        string `json:"urls"`
	Username   string `json:"username"`
	Credential string `json:"credential"`
}

// Relays returns how who reaches the relay, nil when there is none.
func (s *Service) Relays(meeting string, side Side) ([]Servers, error) {
	if s.Relay == "" {
		return nil, nil
	}
	name, password, err := relay.Credentials(s.RelaySecret, meeting+"-"+string(side), relayLife)
	return []Servers{{s.Relay, name, password}}, err
}

// sweepJob ends meetings whose person went away without a word.
type sweepJob struct{}

// Kind implements jobs.Args.
func (sweepJob) Kind() string { return "videocall.sweep" }

// Jobs tells the runner of this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: 5 * time.Minute, Timeout: time.Minute}, func(ctx context.Context, _ jobs.Job[sweepJob]) error { return s.Sweep(ctx) })
}

// Sweep ends open meetings whose person was not heard of for staleAfter.
func (s *Service) Sweep(ctx context.Context) error {
	list, err := stale(ctx, s.DB, s.Now().Add(-staleAfter))
	if err != nil {
		return fmt.Errorf("listing silent meetings: %w", err)
	}
	for _, p := range list {
		err := s.change(ctx, p.account, p.id, func(_ *sqldb.DB, m *Meeting) (string, audit.Actor, error) {
			if !m.State.Open() || s.Now().Sub(m.SeenAt) < staleAfter {
				return "", audit.Portal(), nil
			}
			if m.State = Ended; m.TakenAt.IsZero() {
				m.State = Left
			}
			return "videocall.audit_silent", audit.Portal(), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// told says what was being done, unless a person can be told of err.
func told(doing string, err error) error {
	if err == nil || fault.Of(err).Kind != fault.Internal {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// Busy are the meetings an operator has open.
func (s *Service) Busy(ctx context.Context, operator string) ([]Meeting, error) {
	list, err := s.store.liveOf(ctx, s.DB, operator)
	return list, told("listing open meetings", err)
}
