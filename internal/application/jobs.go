package application

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/catalogue"
	"kabinet/internal/eform"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/workcal"
)

// decideJob asks the register that decides the service. Again: a clerk wants it
// asked once more.
type decideJob struct {
	Account, ID string
	Again       bool `json:",omitempty"`
}

// Kind implements jobs.Args.
func (decideJob) Kind() string { return "application.decide" }

// caseJob brings the agency's copy of an application up to its state.
type caseJob struct{ Account, ID string }

// Kind implements jobs.Args.
func (caseJob) Kind() string { return "application.case" }

// resultJob makes the document that an approved application gives.
type resultJob struct{ Account, ID string }

// Kind implements jobs.Args.
func (resultJob) Kind() string { return "application.result" }

// decideWait is how long a register that does not answer is left alone: a
// second at first, doubling up to ten minutes. Thirty tries take about four
// hours; then a clerk gets the application.
func decideWait(n int) time.Duration { return min(time.Second<<min(n-1, 10), 10*time.Minute) }

const (
	decideTries = 30
	// fewTries is how often a register is asked that refuses the question, or
	// while a clerk waits.
	fewTries = 3
)

// Jobs names what does the background work of this package.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: decideTries, Timeout: time.Minute, Backoff: decideWait}, s.decide)
	jobs.Handle(r, jobs.Policy{Attempts: 50, Timeout: 10 * time.Second}, s.copyCase)
	jobs.Handle(r, jobs.Policy{Attempts: 50, Timeout: time.Minute}, s.makeResult)
}

// decide asks the register and writes down its answer. The register knows a
// repeated request by the application's ID, so asking twice is asking once.
func (s *Service) decide(ctx context.Context, j jobs.Job[decideJob]) error {
	a, err := s.store.byID(ctx, s.DB, j.Args.Account, j.Args.ID)
	if errors.Is(err, ErrNone) {
		return nil // removed with its account
	}
	if err != nil {
		return fmt.Errorf("deciding %s: %w", j.Args.ID, err)
	}
	if !a.Status.Undecided() || a.Desk && !j.Args.Again {
		return nil // withdrawn, or handed over already
	}
	def, err := s.Catalogue.Definition(ctx, a.Service, a.Version)
	if err != nil {
		return fmt.Errorf("deciding %s: %w", a.ID, err)
	}
	connector := s.Connectors[def.Routing.Connector]
	if connector == nil {
		return s.handOver(ctx, j, a, "application.event_no_register")
	}
	answers, err := s.store.answers(ctx, s.DB, a.Account, a.ID)
	if err != nil {
		return fmt.Errorf("deciding %s: %w", a.ID, err)
	}
	if a.Status == Accepted {
		c := byPortal(a.Account, a.ID, Review, "application.event_review")
		c.notice = reviewNotice()
		if _, err := s.step(ctx, &c); err != nil {
			return settled(err)
		}
	}
	outcome, err := connector(ctx, Request{ID: a.ID, Service: a.Service, Answers: answers})
	if err != nil && (j.Last || j.Attempt >= fewTries && (j.Args.Again || fault.Of(err).Kind != fault.Unavailable)) {
		return s.handOver(ctx, j, a, "application.event_register_silent")
	}
	if err != nil {
		return fmt.Errorf("asking the register about %s: %w", a.ID, err)
	}
	return s.settle(ctx, j, a, outcome)
}

// settle writes down the register's answer together with the end of the job.
func (s *Service) settle(ctx context.Context, j jobs.Job[decideJob], a Application, outcome Outcome) error {
	c := byPortal(a.Account, a.ID, Approved, "application.event_confirmed")
	c.notice = approvedNotice()
	if !outcome.Approved {
		c.to, c.what, c.notice = Refused, "application.event_mismatch", refusedNotice()
		c.comment = s.reasonText(ctx, outcome)
	}
	c.apply = func(a *Application) error {
		a.Reason, a.Ask = c.comment, nil
		return nil
	}
	c.also = func(tx *sqldb.DB, a Application) error {
		if err := s.store.setOutcome(ctx, tx, a.Account, a.ID, outcome); err != nil {
			return fmt.Errorf("storing the answer about %s: %w", a.ID, err)
		}
		if outcome.Approved {
			if err := jobs.Add(ctx, tx, resultJob{a.Account, a.ID}); err != nil {
				return err
			}
		}
		return j.Finish(ctx, tx)
	}
	_, err := s.step(ctx, &c)
	return settled(err) // withdrawn or decided while the register was asked
}

// handOver puts an application that no register decides into the agency's
// queue. One that a clerk has already stays where it is.
func (s *Service) handOver(ctx context.Context, j jobs.Job[decideJob], a Application, what string) error {
	c := byPortal(a.Account, a.ID, Review, what)
	c.apply = func(a *Application) error {
		if c.to = Review; a.Desk {
			c.to = a.Status // as it is now: the clerk may have asked something while the register was
		}
		a.Desk = true
		return nil
	}
	c.also = func(tx *sqldb.DB, _ Application) error { return j.Finish(ctx, tx) }
	if a.Status == Accepted {
		c.notice = reviewNotice()
	}
	_, err := s.step(ctx, &c)
	return settled(err)
}

// copyCase writes the agency's copy. It reads the newest state, so a job that
// comes late writes nothing older.
func (s *Service) copyCase(ctx context.Context, j jobs.Job[caseJob]) error {
	a, err := s.store.byID(ctx, s.DB, j.Args.Account, j.Args.ID)
	if errors.Is(err, ErrNone) {
		return nil // removed with its account
	}
	if err != nil {
		return fmt.Errorf("copying %s for the desk: %w", j.Args.ID, err)
	}
	def, err := s.Catalogue.Definition(ctx, a.Service, a.Version)
	if err != nil {
		return fmt.Errorf("copying %s for the desk: %w", a.ID, err)
	}
	name, err := s.applicant(ctx, a, def)
	if err != nil {
		return fmt.Errorf("copying %s for the desk: %w", a.ID, err)
	}
	if a.Status == Clarify && def.Term.Pauses {
		a.Due = workcal.Date{} // the term stands still: the case is not late, whatever the day
	}
	return s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.store.putCase(ctx, tx, caseOf(a, name)); err != nil {
			return fmt.Errorf("copying %s for the desk: %w", a.ID, err)
		}
		return j.Finish(ctx, tx)
	})
}

// caseOf is what the agency keeps of an application.
func caseOf(a Application, applicant string) Case {
	return Case{Agency: a.Agency, ID: a.ID, Account: a.Account, Number: a.Number, Service: a.Service, Status: a.Status,
		Seq: a.Seq, SentAt: a.SentAt, ChangeAt: a.ChangeAt, Due: a.Due, Assignee: a.Assignee, Applicant: applicant}
}

// applicant is the full name of who applied: as it is known, or else as it was
// answered.
func (s *Service) applicant(ctx context.Context, a Application, def *catalogue.Definition) (string, error) {
	facts, err := s.Facts(ctx, a.Account)
	if err != nil && !errors.Is(err, account.ErrNone) { // whose account is gone is called as they answered
		return "", err
	}
	if name := fullName(facts, "person.fio"); name != "" {
		return name, nil
	}
	answers, err := s.store.answers(ctx, s.DB, a.Account, a.ID)
	if err != nil {
		return "", err
	}
	return answeredName(def, answers), nil
}

// answeredName is the applicant's full name as it was answered: in the field
// that the profile knows, "" when the form has none.
func answeredName(def *catalogue.Definition, answers eform.Answers) string {
	for _, step := range def.Form.Steps {
		for _, f := range step.Fields {
			if f.Kind == eform.Fio && f.Prefill == "person.fio" {
				return fullName(answers, f.ID.Value)
			}
		}
	}
	return ""
}

func fullName(values map[string]string, path string) string {
	return strings.Join(strings.Fields(values[path+".last"]+" "+values[path+".first"]+" "+values[path+".middle"]), " ")
}

// makeResult makes the document of an approved application, seals it, and ends
// the application with it: one document, one notice, however often it runs.
func (s *Service) makeResult(ctx context.Context, j jobs.Job[resultJob]) error {
	a, err := s.store.byID(ctx, s.DB, j.Args.Account, j.Args.ID)
	if errors.Is(err, ErrNone) || err == nil && a.Status != Approved {
		return nil
	}
	if err != nil {
		return fmt.Errorf("making the result of %s: %w", j.Args.ID, err)
	}
	paper, err := s.resultPaper(ctx, a)
	if err != nil {
		return fmt.Errorf("making the result of %s: %w", a.ID, err)
	}
	ready, err := s.Documents.Prepare(ctx, a.Account, paper)
	if err != nil {
		return fmt.Errorf("making the result of %s: %w", a.ID, err)
	}
	c := byPortal(a.Account, a.ID, Done, "application.event_done")
	c.notice = doneNotice()
	c.also = func(tx *sqldb.DB, a Application) error {
		file, err := s.Documents.Issue(ctx, tx, a.Account, ready)
		if err != nil {
			return fmt.Errorf("issuing the result of %s: %w", a.ID, err)
		}
		if err := setResult(ctx, tx, a.Account, a.ID, file); err != nil {
			return fmt.Errorf("issuing the result of %s: %w", a.ID, err)
		}
		return j.Finish(ctx, tx)
	}
	if _, err = s.step(ctx, &c); err != nil {
		// Another run was quicker, or this one is tried again: its file is not needed.
		return errors.Join(settled(err), s.Documents.Discard(ready))
	}
	return nil
}
