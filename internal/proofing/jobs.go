package proofing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"
	"unicode"

	"golang.org/x/sync/errgroup"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/register"
)

// askJob asks the registers about a request.
type askJob struct{ Account, ID string }

// Kind implements jobs.Args.
func (askJob) Kind() string { return "proofing.ask" }

// askWait is how long registers that do not answer are left alone: a second at
// first, doubling up to ten minutes.
func askWait(n int) time.Duration { return min(time.Second<<min(n-1, 10), 10*time.Minute) }

const (
	// askTries outlast the deadline.
	askTries = 800
	// refusedTries is how often a register is asked that refuses the question.
	refusedTries = 3
)

// Jobs names what does the background work of this feature.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: askTries, Timeout: time.Minute, Backoff: askWait}, s.ask)
	jobs.Handle(r, jobs.Policy{Attempts: 50, Timeout: 10 * time.Second}, s.drop)
	jobs.Handle(r, jobs.Policy{Attempts: 50, Timeout: 10 * time.Second}, s.approveLater)
	jobs.Handle(r, jobs.Policy{Attempts: 100, Timeout: time.Minute, Backoff: askWait}, s.sendLetter)
}

// ask puts the request to the registers that have not answered yet. Nothing is
// changed there, so asking twice is harmless.
func (s *Service) ask(ctx context.Context, j jobs.Job[askJob]) error {
	r, err := s.store.request(ctx, s.DB, j.Args.Account, j.Args.ID, "")
	if errors.Is(err, ErrNone) {
		return nil // removed with its account
	}
	if err != nil {
		return fmt.Errorf("asking about %s: %w", j.Args.ID, err)
	}
	if r.State != Checking && !(r.Kind == Change && r.State == Review) {
		return nil // given up, or decided
	}
	answers, silent, failure := s.askAll(ctx, r)
	over := j.Last || s.Now().Sub(r.Created) >= deadline || j.Attempt >= refusedTries && failure != nil && fault.Of(failure).Kind != fault.Unavailable
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, r.Account, r.ID, tx.ForUpdate())
		if err != nil {
			return err
		}
		r.Answers, r.Silent = answers, silent
		return s.answered(ctx, tx, j, r, over)
	})
	switch {
	case errors.Is(err, ErrTaken):
		return s.taken(ctx, j, answers)
	case err != nil:
		return fmt.Errorf("settling %s: %w", r.ID, err)
	case failure != nil && !over:
		return fmt.Errorf("asking about %s: %w", r.ID, failure)
	}
	return nil
}

// askAll asks at once all registers that have not answered yet. It returns all
// answers so far, who is silent, and one of the failures that matter.
func (s *Service) askAll(ctx context.Context, r Request) (answers map[string]register.Check, silent []string, failure error) {
	answers = maps.Clone(r.Answers)
	if answers == nil {
		answers = map[string]register.Check{}
	}
	questions := map[string]func(context.Context, string, register.Subject) (register.Check, error){}
	if s.Passport != nil {
		questions[Passport] = s.Passport.Check
	}
	if s.Pension != nil {
		questions[Pension] = s.Pension.Check
	}
	if s.Tax != nil {
		questions[Tax] = s.Tax.Number
	}
	var mu sync.Mutex
	failures := map[string]error{}
	var group errgroup.Group
	for name, question := range questions {
		if _, ok := answers[name]; ok {
			continue
		}
		group.Go(func() error {
			c, err := question(ctx, r.ID, subject(r.Person))
			mu.Lock()
			defer mu.Unlock()
			if failures[name] = err; err == nil {
				answers[name] = c
			}
			return nil
		})
	}
	_ = group.Wait() // the failures are told by name
	for _, name := range Registers {
		if failures[name] == nil || name == Tax && r.Person.INN == "" { // nobody waits for a number that was not given
			continue
		}
		silent, failure = append(silent, name), failures[name]
	}
	return answers, silent, failure
}

// answered stores what the registers said, and ends the job when it is enough
// to decide or over says that nobody waits any more. It returns ErrTaken.
func (s *Service) answered(ctx context.Context, tx *sqldb.DB, j jobs.Job[askJob], r Request, over bool) error {
	if r.State != Checking { // for the verifier to read
		if err := s.store.update(ctx, tx, r); err != nil || len(r.Silent) > 0 && !over {
			return err
		}
		return j.Finish(ctx, tx)
	}
	if s.Tax == nil && r.Person.INN != "" { // as typed
		r.Answers[Tax] = register.Check{Verdict: register.Match, INN: r.Person.INN}
	}
	outcome := r.outcome()
	var err error
	switch {
	case outcome == Checking && !over:
		return s.store.update(ctx, tx, r)
	case outcome == Checking:
		if err = s.review(ctx, tx, r, audit.Portal()); err == nil {
			err = s.tell(ctx, tx, r, "late", notify.Warning)
		}
	case outcome == Approved:
		err = s.approve(ctx, tx, r, audit.Portal())
	case outcome == Papers:
		if err = s.move(ctx, tx, r, Papers, audit.Portal(), "proofing.audit_papers"); err == nil {
			err = s.tell(ctx, tx, r, "papers", notify.Warning)
		}
	default:
		if err = s.move(ctx, tx, r, Failed, audit.Portal(), "proofing.audit_failed"); err == nil {
			err = s.tell(ctx, tx, r, "failed", notify.Danger)
		}
	}
	if err != nil {
		return err
	}
	return j.Finish(ctx, tx)
}

// taken asks a verifier who is who: a number belongs to another account. The
// person is told what they are told when registers cannot tell.
func (s *Service) taken(ctx context.Context, j jobs.Job[askJob], answers map[string]register.Check) error {
	r, err := s.store.request(ctx, s.DB, j.Args.Account, j.Args.ID, "")
	if err != nil {
		return fmt.Errorf("asking who is who: %w", err)
	}
	r.Answers = answers
	other, err := s.holder(ctx, r.Account, r.checked(), r.Parts)
	if err != nil {
		return fmt.Errorf("asking who is who: %w", err)
	}
	if other == "" {
		return fmt.Errorf("asking who is who about %s: the number is free again", r.ID) // the next attempt takes it
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, j.Args.Account, j.Args.ID, tx.ForUpdate())
		if err != nil || r.State != Checking {
			return err
		}
		r.Answers, r.Silent, r.Other = answers, nil, other
		if err := s.review(ctx, tx, r, audit.Portal()); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, r, "unconfirmed", notify.Warning); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
	return told("asking who is who", err)
}

// checked is the person as the registers know them: what was typed, and the ИНН
// that the tax register told.
func (r Request) checked() person.Person {
	p := r.Person
	if c := r.Answers[Tax]; p.INN == "" && c.Verdict == register.Match {
		p.INN = c.INN
	}
	return p
}

// takeHome marks the address as verified when the passport register has the
// same, and takes over the register's when there is none. Source: B-22, B-23.
func (s *Service) takeHome(ctx context.Context, tx *sqldb.DB, r Request, by audit.Actor) error {
	address := r.Answers[Passport].Address
	if r.Kind != Online || address == "" {
		return nil
	}
	known, err := s.People.PersonIn(ctx, tx, r.Account)
	if err != nil {
		return err
	}
	if known.Is(person.Home) || known.Address != "" && !sameAddress(known.Address, address) {
		return nil
	}
	if known.Address == "" {
		known.Address = address
	}
	_, err = s.People.Verify(ctx, tx, r.Account, known, []person.Part{person.Home}, by)
	return err
}

// sameAddress compares letters and digits only.
func sameAddress(a, b string) bool {
	bare := func(s string) string {
		return strings.Map(func(c rune) rune {
			switch c = unicode.ToLower(c); {
			case c == 'ё':
				return 'е'
			case unicode.IsLetter(c), unicode.IsDigit(c):
				return c
			}
			return -1
		}, s)
	}
	return bare(a) == bare(b)
}

// approve takes over what was checked. It returns ErrTaken.
func (s *Service) approve(ctx context.Context, tx *sqldb.DB, r Request, by audit.Actor) error {
	checked := r.checked()
	if err := s.settlePerson(ctx, tx, r.Account, checked, r.Parts, by); err != nil {
		return err
	}
	if err := s.takeHome(ctx, tx, r, by); err != nil {
		return err
	}
	if err := s.move(ctx, tx, r, Approved, by, "proofing.audit_approved"); err != nil {
		return err
	}
	if r.Kind == Change {
		return s.tell(ctx, tx, r, "changed", notify.Success)
	}
	method := "proofing.by_registers"
	if by.Kind == audit.Staff {
		method = "proofing.by_papers"
	}
	return s.prove(ctx, tx, r.Account, method, account.Standard)
}

// tell sends a notice about a request; what names its texts.
func (s *Service) tell(ctx context.Context, tx *sqldb.DB, r Request, what string, level notify.Level) error {
	return s.Notices.Send(ctx, tx, notify.Notice{Owner: r.Account, Key: object(r.ID) + "/" + what, Title: "proofing.notice_" + what,
		Text: "proofing.notice_" + what + "_text", Link: requestPath(r.ID), Topic: notify.TopicPerson, Level: level, SMS: what == "papers" || what == "refused" || what == "changed"})
}
