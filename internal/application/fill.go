package application

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/catalogue"
	"kabinet/internal/eform"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// Made is an application that nobody sent: for load tests.
type Made struct {
	Account   string
	Applicant string // full name, as the desk shows it
	Service   *catalogue.Definition
	Answers   eform.Answers
	SentAt    time.Time
	Status    Status // Accepted, Working, Clarify, Refused or Withdrawn
	Clerk     Clerk  // who has it, but for Accepted and Withdrawn
	Words     string // of the clerk: the question or the reason
}

// Fill stores a made-up application as the changes that lead to its status
// would have left it: journal, log of acts, the agency's copy and notices in
// the feed. Nothing is sent to anybody, and limits are not looked at. tx may
// hold applications of many accounts.
func (s *Service) Fill(ctx context.Context, tx *sqldb.DB, m Made) error {
	a, err := s.newApplication(Submission{Account: m.Account, Key: id.New(), Service: m.Service}, m.SentAt)
	if err != nil {
		return err
	}
	a.ID = id.At(m.SentAt) // lists are in the order of IDs
	if err := s.number(ctx, tx, &a); err != nil {
		return err
	}
	answers, err := s.store.sealAnswers(a.Account, m.Answers)
	if err != nil {
		return fmt.Errorf("storing application %s: %w", a.ID, err)
	}
	if _, err := s.store.insert(ctx, tx, a, answers); err != nil {
		return fmt.Errorf("storing application %s: %w", a.ID, err)
	}
	for i, c := range s.madeChanges(m) {
		a.Seq, a.Status, a.ChangeAt = i+1, c.to, m.SentAt.Add(time.Duration(i)*time.Hour)
		if c.apply != nil {
			if err := c.apply(&a); err != nil {
				return err
			}
		}
		e := Event{Seq: a.Seq, At: a.ChangeAt, Status: a.Status, By: c.by, Who: c.who, What: c.what, Comment: c.comment}
		if err := s.note(ctx, tx, a, e, c.actor, ""); err != nil {
			return err
		}
		c.notice.quiet = true
		if err := s.tell(ctx, tx, a, m.Service, c.notice); err != nil {
			return err
		}
	}
	if a.Seq > 1 {
		if _, err := s.store.update(ctx, tx, a, 1); err != nil {
			return fmt.Errorf("storing application %s: %w", a.ID, err)
		}
	}
	if err := s.store.putCase(ctx, tx, caseOf(a, m.Applicant)); err != nil {
		return fmt.Errorf("storing the case of %s: %w", a.ID, err)
	}
	return nil
}

// madeChanges lists what happened to a made-up application.
func (s *Service) madeChanges(m Made) []change {
	sent := byCitizen(m.Account, "", "", Accepted, "application.event_sent")
	sent.notice = sentNotice()
	clerk := func(to Status, what string, n notice, comment string, apply func(*Application) error) change {
		return change{to: to, what: what, by: ByClerk, actor: m.Clerk.actor(), who: m.Clerk.Name, notice: n, comment: comment, apply: apply}
	}
	taken := clerk(Working, "application.event_taken", takenNotice(), "", func(a *Application) error { a.Assignee = m.Clerk.Account; return nil })
	switch m.Status {
	case Working:
		return []change{sent, taken}
	case Clarify:
		ask := Ask{What: m.Words, Until: workcal.DateOf(m.SentAt.In(s.Location).AddDate(0, 1, 0))}
		return []change{sent, taken, clerk(Clarify, "application.event_asked", askedNotice(ask, s.Location), m.Words,
			func(a *Application) error { a.Ask = &ask; return nil })}
	case Refused:
		return []change{sent, taken, clerk(Refused, "application.event_refused", refusedNotice(), m.Words,
			func(a *Application) error { a.Reason = m.Words; return nil })}
	case Withdrawn:
		return []change{sent, s.withdrawal(m.Account, "", "")}
	}
	return []change{sent}
}
