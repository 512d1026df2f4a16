package application

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/catalogue"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// change is one step in the life of an application.
type change struct {
	account string
	id      string
	to      Status
	what    string // message key for the journal
	comment string
	by      ActorKind
	actor   audit.Actor
	who     string // name of the clerk
	notice  notice // zero: the citizen is not told

	// apply checks the application as it was and makes the rest of the change.
	apply func(*Application) error
	// also writes what belongs to the change, in its transaction.
	also func(tx *sqldb.DB, a Application) error
}

// byPortal is a change that the portal makes by itself.
func byPortal(acc, app string, to Status, what string) change {
	return change{account: acc, id: app, to: to, what: what, by: BySystem, actor: audit.Portal()}
}

func byCitizen(acc, session, app string, to Status, what string) change {
	return change{account: acc, id: app, to: to, what: what, by: ByCitizen, actor: audit.Actor{Kind: audit.Person, ID: acc, Session: session}}
}

// step makes a change and writes down everything that belongs to it, in one
// transaction. It returns ErrNone, ErrMoved when the status does not allow the
// change, and what c.apply and c.also return.
func (s *Service) step(ctx context.Context, c *change) (a Application, err error) {
	if a, err = s.store.byID(ctx, s.DB, c.account, c.id); err != nil {
		return a, err
	}
	// Read before the transaction, which must not wait for it. An application
	// keeps its version of the service.
	def, err := s.Catalogue.Definition(ctx, a.Service, a.Version)
	if err != nil {
		return a, fmt.Errorf("reading service %s: %w", a.Service, err)
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) (err error) {
		if a, err = s.store.forChange(ctx, tx, c.account, c.id); err != nil {
			return err
		}
		was := a
		if c.apply != nil {
			if err := c.apply(&a); err != nil {
				return err
			}
		}
		if !was.Status.May(c.to) {
			return ErrMoved
		}
		a.Seq++
		a.Status, a.ChangeAt = c.to, s.Now()
		e := Event{Seq: a.Seq, At: a.ChangeAt, Status: a.Status, By: c.by, Who: c.who, What: c.what, Comment: c.comment}
		if was.Status == Clarify && c.to == Working {
			if err := s.moveDue(ctx, tx, &a, def, e); err != nil {
				return err
			}
		}
		if ok, err := s.store.update(ctx, tx, a, was.Seq); err != nil {
			return fmt.Errorf("changing application %s: %w", a.ID, err)
		} else if !ok {
			return ErrMoved
		}
		if err := s.note(ctx, tx, a, e, c.actor, ""); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, a, def, c.notice); err != nil {
			return err
		}
		if a.Desk {
			if err := jobs.Add(ctx, tx, caseJob{a.Account, a.ID}); err != nil {
				return err
			}
		}
		if c.also != nil {
			return c.also(tx, a)
		}
		return nil
	})
	return a, err
}

// moveDue counts the term anew after the application waited for the citizen; e
// is the event that ends the waiting.
func (s *Service) moveDue(ctx context.Context, tx *sqldb.DB, a *Application, def *catalogue.Definition, e Event) error {
	events, err := s.store.events(ctx, tx, a.Account, a.ID)
	if err != nil {
		return fmt.Errorf("moving the term of %s: %w", a.ID, err)
	}
	due, err := s.dueOf(def, a.SentAt, pauses(append(events, e)))
	if err != nil {
		return fmt.Errorf("moving the term of %s: %w", a.ID, err)
	}
	a.Due, a.Calendar = due.Day, due.Version
	return nil
}

// Withdraw takes an application back for the citizen. It returns ErrMoved when
// it is decided already.
func (s *Service) Withdraw(ctx context.Context, acc, session, app string) (Application, error) {
	c := s.withdrawal(acc, session, app)
	return s.step(ctx, &c)
}

func (s *Service) withdrawal(acc, session, app string) change {
	c := byCitizen(acc, session, app, Withdrawn, "application.event_withdrawn")
	c.notice = withdrawnNotice()
	c.apply = func(a *Application) error { a.Ask = nil; return nil }
	return c
}

// Answer is what a citizen says to a clerk's question.
type Answer struct {
	Account, Session, Application string
	Text                          string
	Files                         []string // IDs of documents
}

// Answer gives the clerk what was asked for: the application goes back to work
// and its term runs on. It returns ErrMoved when nothing is asked any more,
// ErrNoFile when a document is asked for and none was given, and ErrNoAnswer
// for an empty answer.
func (s *Service) Answer(ctx context.Context, in Answer) (Application, error) {
	c := byCitizen(in.Account, in.Session, in.Application, Working, "application.event_answered")
	c.comment, c.notice = in.Text, answeredNotice()
	c.apply = func(a *Application) error {
		switch {
		case a.Ask == nil:
			return ErrMoved
		case a.Ask.Files && len(in.Files) == 0:
			return ErrNoFile
		case in.Text == "" && len(in.Files) == 0:
			return ErrNoAnswer
		}
		a.Ask = nil
		return nil
	}
	c.also = func(tx *sqldb.DB, a Application) error {
		files := make([]attached, len(in.Files))
		for i, f := range in.Files {
			files[i].file = f
		}
		return s.attach(ctx, tx, a, files...)
	}
	return s.step(ctx, &c)
}

// Correct takes back an application that nobody has looked at yet, so that its
// answers can be sent anew. It returns ErrMoved once the application was taken
// up.
func (s *Service) Correct(ctx context.Context, acc, session, app string) (Application, error) {
	c := s.withdrawal(acc, session, app)
	c.what = "application.event_corrected"
	c.notice = correctedNotice()
	c.apply = func(a *Application) error {
		if !a.Correctable() {
			return ErrMoved
		}
		return nil
	}
	return s.step(ctx, &c)
}

// settled returns nil for an error that only says that another was quicker.
func settled(err error) error {
	if errors.Is(err, ErrMoved) {
		return nil
	}
	return err
}
