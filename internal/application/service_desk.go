package application

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// Clerk is who works the cases of an agency.
type Clerk struct {
	Account, Session string
	Agency           string // code
	Name             string // as the citizen reads it: «Ефимова О. В.»
}

func (c Clerk) actor() audit.Actor {
	return audit.Actor{Kind: audit.Staff, ID: c.Account, Session: c.Session}
}

// serves returns ErrNone for an application that is not in the clerk's queue.
func (c Clerk) serves(a Application) error {
	if a.Agency != c.Agency || !a.Desk {
		return ErrNone
	}
	return nil
}

// own reports whether the clerk is who applied: nobody decides on themselves.
func (c Clerk) own(account string) bool { return account == c.Account }

// has returns ErrMoved for a case that is closed and ErrNotYours for one that
// is not in the clerk's hands.
func (c Clerk) has(a Application) error {
	switch {
	case c.serves(a) != nil:
		return ErrNone
	case !a.Status.Undecided():
		return ErrMoved
	case a.Assignee != c.Account:
		return ErrNotYours
	}
	return nil
}

// byClerk is a change that a clerk makes to a case of the agency. It returns
// ErrNone for a case of another one.
func (s *Service) byClerk(ctx context.Context, clerk Clerk, app string, to Status, what string) (change, error) {
	c, err := s.store.caseByID(ctx, s.DB, clerk.Agency, app)
	if err != nil {
		return change{}, err
	}
	return change{account: c.Account, id: app, to: to, what: what, by: ByClerk, actor: clerk.actor(), who: clerk.Name,
		apply: func(a *Application) error { return clerk.has(*a) }}, nil
}

// Take gives a case to a clerk; taking a case that one has changes nothing. It
// returns ErrTaken when another has it, ErrMoved when it is closed, and ErrOwn
// when it is the clerk's own application.
func (s *Service) Take(ctx context.Context, clerk Clerk, app string) (Application, error) {
	c, err := s.byClerk(ctx, clerk, app, Working, "application.event_taken")
	if err != nil {
		return Application{}, err
	}
	var mine Application
	c.apply = func(a *Application) error {
		switch {
		case clerk.serves(*a) != nil:
			return ErrNone
		case a.Assignee == clerk.Account && a.Status.Undecided():
			mine = *a
			return errMine
		case !a.Status.Undecided():
			return ErrMoved
		case clerk.own(a.Account):
			return ErrOwn
		case a.Assignee != "":
			return ErrTaken
		}
		if a.Status != Working {
			c.notice = takenNotice()
		}
		a.Assignee = clerk.Account
		return nil
	}
	a, err := s.step(ctx, &c)
	if errors.Is(err, errMine) {
		return mine, nil
	}
	return a, err
}

var errMine = errors.New("the clerk has this case already")

// TakeNext gives the clerk the most pressing case that nobody has. It returns
// ErrNone when there is none.
func (s *Service) TakeNext(ctx context.Context, clerk Clerk) (Application, error) {
	// The queue is a copy: its first case may have been taken a moment ago.
	open, err := s.store.openCases(ctx, s.DB, clerk.Agency, 20)
	if err != nil {
		return Application{}, fmt.Errorf("looking for the next case: %w", err)
	}
	for _, c := range open {
		a, err := s.Take(ctx, clerk, c.ID)
		if errors.Is(err, ErrTaken) || errors.Is(err, ErrMoved) || errors.Is(err, ErrOwn) {
			continue
		}
		return a, err
	}
	return Application{}, ErrNone
}

// Release puts a case back into the common queue.
func (s *Service) Release(ctx context.Context, clerk Clerk, app string) (Application, error) {
	c, err := s.byClerk(ctx, clerk, app, Working, "application.event_released")
	if err != nil {
		return Application{}, err
	}
	c.apply = func(a *Application) error {
		if err := clerk.has(*a); err != nil {
			return err
		}
		if a.Status != Working {
			return ErrMoved // the citizen is asked: the answer comes to who asked
		}
		a.Assignee = ""
		return nil
	}
	return s.step(ctx, &c)
}

// AskFor asks the citizen for something until a day. Where the definition
// allows it, the term stands still until the answer. It returns ErrNoReason for
// an empty question and ErrUntil for a day that is not to come.
func (s *Service) AskFor(ctx context.Context, clerk Clerk, app string, ask Ask) (Application, error) {
	if ask.What == "" {
		return Application{}, ErrNoReason
	}
	if ask.Until.Compare(s.today()) <= 0 {
		return Application{}, ErrUntil
	}
	c, err := s.byClerk(ctx, clerk, app, Clarify, "application.event_asked")
	if err != nil {
		return Application{}, err
	}
	c.comment, c.notice = ask.What, askedNotice(ask, s.Location)
	var same Application
	c.apply = func(a *Application) error {
		if err := clerk.has(*a); err != nil {
			return err
		}
		if a.Ask != nil && *a.Ask == ask {
			same = *a
			return errMine
		}
		a.Ask = &ask
		return nil
	}
	a, err := s.step(ctx, &c)
	if errors.Is(err, errMine) {
		return same, nil
	}
	return a, err
}

// Refuse decides against the citizen, for a reason that the citizen reads. It
// returns ErrNoReason when there is none.
func (s *Service) Refuse(ctx context.Context, clerk Clerk, app, reason string) (Application, error) {
	if reason == "" {
		return Application{}, ErrNoReason
	}
	c, err := s.byClerk(ctx, clerk, app, Refused, "application.event_refused")
	if err != nil {
		return Application{}, err
	}
	c.comment, c.notice = reason, refusedNotice()
	c.apply = func(a *Application) error {
		if err := clerk.has(*a); err != nil {
			return err
		}
		a.Reason, a.Ask = reason, nil
		return nil
	}
	return s.step(ctx, &c)
}

// Approve decides for the citizen; a job makes the result. comment, if any,
// stands in the result.
func (s *Service) Approve(ctx context.Context, clerk Clerk, app, comment string) (Application, error) {
	c, err := s.byClerk(ctx, clerk, app, Approved, "application.event_approved")
	if err != nil {
		return Application{}, err
	}
	c.comment, c.notice = comment, approvedNotice()
	c.also = func(tx *sqldb.DB, a Application) error {
		if err := s.store.setOutcome(ctx, tx, a.Account, a.ID, Outcome{Approved: true, Comment: comment}); err != nil {
			return fmt.Errorf("storing the decision on %s: %w", a.ID, err)
		}
		return jobs.Add(ctx, tx, resultJob{a.Account, a.ID})
	}
	return s.step(ctx, &c)
}

// Retry asks the register once more about a case that was handed over because
// it did not answer. The case stays with the clerk meanwhile. It returns
// ErrMoved for a case that no register decides.
func (s *Service) Retry(ctx context.Context, clerk Clerk, app string) (Application, error) {
	c, err := s.byClerk(ctx, clerk, app, Working, "application.event_retried")
	if err != nil {
		return Application{}, err
	}
	a, err := s.store.byID(ctx, s.DB, c.account, app)
	if err != nil {
		return Application{}, err
	}
	def, err := s.Catalogue.Definition(ctx, a.Service, a.Version)
	if err != nil {
		return Application{}, fmt.Errorf("asking the register again about %s: %w", app, err)
	}
	if s.Connectors[def.Routing.Connector] == nil {
		return Application{}, ErrMoved
	}
	c.apply = func(a *Application) error {
		if err := clerk.has(*a); err != nil {
			return err
		}
		if a.Status != Working {
			return ErrMoved
		}
		return nil
	}
	c.also = func(tx *sqldb.DB, a Application) error {
		return jobs.Add(ctx, tx, decideJob{Account: a.Account, ID: a.ID, Again: true}, jobs.Unique("again/"+a.ID))
	}
	return s.step(ctx, &c)
}

// Queue returns a page of the agency's cases, the most pressing first.
func (s *Service) Queue(ctx context.Context, clerk Clerk, f Filter) ([]Case, error) {
	f.Clerk, f.Today = clerk.Account, s.today()
	all, err := s.store.cases(ctx, s.DB, clerk.Agency, f)
	if err != nil {
		return nil, fmt.Errorf("reading the queue of %s: %w", clerk.Agency, err)
	}
	return all, nil
}

// Counts returns how many cases each view holds; 1000 stands for as many and
// more.
func (s *Service) Counts(ctx context.Context, clerk Clerk) (map[View]int, error) {
	counts, err := s.store.caseCounts(ctx, s.DB, clerk.Agency, clerk.Account, s.today(), 1000)
	if err != nil {
		return nil, fmt.Errorf("counting the queue of %s: %w", clerk.Agency, err)
	}
	return counts, nil
}

// Left returns how many working days remain until the end of a case's term,
// negative when it is over, and false when there is no term.
func (s *Service) Left(c Case) (int, bool) {
	if c.Due.IsZero() {
		return 0, false
	}
	today := s.today()
	if c.Due.Compare(today) < 0 {
		n, err := s.Calendar.Between(c.Due, today)
		return -max(n, 1), err == nil
	}
	n, err := s.Calendar.Between(today, c.Due)
	return n, err == nil
}

// pressing is how many working days before the end of the term a queue marks a
// case.
const pressing = 2

// Look returns a case with everything in it, and notes who looked. It returns
// ErrNone for a case of another agency.
func (s *Service) Look(ctx context.Context, clerk Clerk, app string) (Card, error) {
	c, err := s.store.caseByID(ctx, s.DB, clerk.Agency, app)
	if err != nil {
		return Card{}, err
	}
	card, err := s.Card(ctx, c.Account, app)
	if err != nil {
		return Card{}, err
	}
	if err := clerk.serves(card.Application); err != nil {
		return Card{}, err
	}
	return card, s.looked(ctx, clerk, c, "application.event_looked")
}

// OpenFile returns the content of a file of a case, or of its result, and notes
// who looked. The reader must be closed. It returns ErrNone.
func (s *Service) OpenFile(ctx context.Context, clerk Clerk, app, file string) (document.File, io.ReadCloser, error) {
	c, err := s.store.caseByID(ctx, s.DB, clerk.Agency, app)
	if err != nil {
		return document.File{}, nil, err
	}
	a, err := s.store.byID(ctx, s.DB, c.Account, app)
	if err != nil {
		return document.File{}, nil, err
	}
	files, err := filesOf(ctx, s.DB, c.Account, app)
	if err != nil {
		return document.File{}, nil, fmt.Errorf("reading the files of %s: %w", app, err)
	}
	if file != a.Result && !slices.ContainsFunc(files, func(f attached) bool { return f.file == file }) {
		return document.File{}, nil, ErrNone
	}
	if err := s.looked(ctx, clerk, c, "application.event_file_opened"); err != nil {
		return document.File{}, nil, err
	}
	return s.Documents.Open(ctx, c.Account, file)
}

func (s *Service) looked(ctx context.Context, clerk Clerk, c Case, act string) error {
	return s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		return audit.Record(ctx, tx, s.Now(), audit.Entry{Owner: c.Account, Actor: clerk.actor(), Act: act, Object: object(c.ID), Agency: c.Agency})
	})
}

// Pressing reports whether a case has to be done soon: its term ends within two
// working days or is over.
func (s *Service) Pressing(c Case) bool {
	left, ok := s.Left(c)
	return ok && c.Status.Undecided() && left <= pressing
}
