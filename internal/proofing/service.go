package proofing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/register"
	"kabinet/internal/register/passport"
	"kabinet/internal/register/pension"
	"kabinet/internal/register/post"
	"kabinet/internal/register/tax"
	"kabinet/internal/staff"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Location  *time.Location // of the region
	Limits    *limit.Limiter
	Texts     *i18n.Catalogue
	Accounts  *account.Service
	People    *person.Service
	Documents *document.Service
	Notices   *notify.Service
	Staff     *staff.Service

	// Passport and Pension are asked about everybody; without one of them
	// verifiers decide. Tax tells the ИНН; nil: it is taken as typed.
	Passport *passport.Client
	Pension  *pension.Client
	Tax      *tax.Client
	// Post carries codes on paper; nil: there is no such way.
	Post *post.Client
	// Ways are those of other features, in the order of the page.
	Ways []Way
	// PublicURL of the portal stands in letters on paper.
	PublicURL string
}

// Service finds out who people are.
type Service struct {
	Options
	store store
}

// New returns a Service.
func New(o Options) *Service { return &Service{o, store{o.Keys}} }

// The limits of this feature.
var (
	// Three tries an hour, counted exactly. Source.
	limitTries   = limit.Rule{Name: "proofing.tries_per_account", Burst: 3, Per: time.Hour}
	limitLetters = limit.Rule{Name: "proofing.letters_per_account", Burst: 2, Per: 30 * 24 * time.Hour}
	limitChanges = limit.Rule{Name: "proofing.changes_per_account", Burst: 10, Per: 24 * time.Hour}
	// A verifier who looks for people all day does something else than the work.
	limitSearch = limit.Rule{Name: "proofing.search_per_verifier", Burst: 60, Per: time.Hour}
)

// Limits lists the limits of this feature.
func Limits() []limit.Rule { return []limit.Rule{limitTries, limitLetters, limitChanges, limitSearch} }

func byPerson(account, session string) audit.Actor {
	return audit.Actor{Kind: audit.Person, ID: account, Session: session}
}

// object is how the log and notices name a request.
func object(request string) string { return "proofing/" + request }

func (s *Service) record(ctx context.Context, tx *sqldb.DB, account string, by audit.Actor, act, request, reason string) error {
	e := audit.Entry{Owner: account, Actor: by, Act: act, Object: object(request), Reason: reason}
	if by.Kind == audit.Staff {
		e.Agency = staff.Portal
	}
	return audit.Record(ctx, tx, s.Now(), e)
}

// Submission is what a person sends to be checked online.
type Submission struct {
	Account, Session string
	Person           person.Person
	Back             string // path to return to afterwards, "" for none
}

// Submit has the registers asked about the person. What they typed becomes part
// of their data at once, unverified. It returns ErrDone, ErrOpen, ErrIncomplete,
// account.ErrNoPhone and limit.ErrTooMany.
func (s *Service) Submit(ctx context.Context, m Submission) (Request, error) {
	if err := s.reachable(ctx, m.Account); err != nil {
		return Request{}, err
	}
	now := s.Now()
	r := Request{Account: m.Account, ID: id.New(), Kind: Online, State: Checking, Created: now, Updated: now, Data: Data{Parts: proved, Back: m.Back}}
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "proofing/"+m.Account); err != nil {
			return err
		}
		a, err := s.Accounts.AccountIn(ctx, tx, m.Account)
		if err != nil {
			return err
		}
		if a.Level.AtLeast(account.Standard) {
			return ErrDone
		}
		if err := s.mayTry(ctx, tx, m.Account, m.Session); err != nil {
			return err
		}
		by := byPerson(m.Account, m.Session)
		if r.Person, err = s.People.Fill(ctx, tx, m.Account, m.Person, person.Parts, by); err != nil {
			return err
		}
		if !r.Person.Complete() {
			return ErrIncomplete
		}
		return s.begin(ctx, tx, &r, by)
	})
	return r, told("submitting a proof of identity", err)
}

// begin stores a new request and has the registers asked, or, where there are
// none, papers.
func (s *Service) begin(ctx context.Context, tx *sqldb.DB, r *Request, by audit.Actor) error {
	r.Answers, r.Silent = nil, nil
	if s.Passport == nil || s.Pension == nil {
		r.State = Papers
	}
	if err := s.store.insert(ctx, tx, *r); err != nil {
		return err
	}
	if err := s.record(ctx, tx, r.Account, by, "proofing.audit_submitted", r.ID, ""); err != nil || r.State == Papers {
		return err
	}
	return jobs.Add(ctx, tx, askJob{r.Account, r.ID})
}

// mayTry returns ErrOpen while registers or a verifier are at work, and
// limit.ErrTooMany. A request that only waits for papers gives way.
func (s *Service) mayTry(ctx context.Context, tx *sqldb.DB, account, session string) error {
	all, err := s.store.since(ctx, tx, account, Online, s.Now().Add(-400*24*time.Hour))
	if err != nil {
		return err
	}
	tries := make([]time.Time, 0, len(all))
	for _, r := range all {
		tries = append(tries, r.Created)
		switch r.State {
		case Checking, Review:
			return ErrOpen
		case Papers:
			if err := s.move(ctx, tx, r, Cancelled, byPerson(account, session), "proofing.audit_cancelled"); err != nil {
				return err
			}
		}
	}
	return s.Limits.Counted(limitTries, tries...)
}

// Tries returns how many tries are left in this hour, and when the next one
// comes back if there is none.
func (s *Service) Tries(ctx context.Context, account string) (wait time.Duration, err error) {
	all, err := s.store.since(ctx, s.DB, account, Online, s.Now().Add(-24*time.Hour))
	if err != nil {
		return 0, fmt.Errorf("counting tries: %w", err)
	}
	tries := make([]time.Time, len(all))
	for i, r := range all {
		tries[i] = r.Created
	}
	return limit.After(s.Limits.Counted(limitTries, tries...)), nil
}

// reachable returns account.ErrNoPhone. Source: A-57.
func (s *Service) reachable(ctx context.Context, id string) error {
	c, err := s.Accounts.Contacts(ctx, id)
	if err != nil {
		return fmt.Errorf("reading contacts: %w", err)
	}
	if c.Phone == "" {
		return account.ErrNoPhone
	}
	return nil
}

// move stores a request in another state, with its line in the log.
func (s *Service) move(ctx context.Context, tx *sqldb.DB, r Request, to State, by audit.Actor, act string) error {
	was := r.State
	r.State, r.Updated = to, s.Now()
	if err := s.store.update(ctx, tx, r); err != nil {
		return err
	}
	if was == Review && to != Review {
		verifier := ""
		if by.Kind == audit.Staff {
			verifier = by.ID
		}
		if err := dequeue(ctx, tx, r.ID, verifier, r.Updated); err != nil {
			return err
		}
	}
	return s.record(ctx, tx, r.Account, by, act, r.ID, r.Reason)
}

// review puts a request into the verifiers' queue.
func (s *Service) review(ctx context.Context, tx *sqldb.DB, r Request, by audit.Actor) error {
	kind := r.Kind
	if r.Other != "" {
		kind = Duplicate
	}
	if err := s.move(ctx, tx, r, Review, by, "proofing.audit_review"); err != nil {
		return err
	}
	return enqueue(ctx, tx, waiting{id: r.ID, account: r.Account, kind: kind, at: s.Now()})
}

// AddPapers gives a request that waits for papers the files it needs, and
// passes it on to the verifiers. It returns ErrNone, ErrState, ErrPapers,
// document.ErrNone and document.ErrFlawed.
func (s *Service) AddPapers(ctx context.Context, account, session, request, comment string, files ...string) error {
	if len(files) == 0 {
		return ErrPapers
	}
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, account, request, tx.ForUpdate())
		if err != nil {
			return err
		}
		if r.State != Papers {
			return ErrState
		}
		if err := s.Documents.Attach(ctx, tx, account, object(r.ID), files...); err != nil {
			return err
		}
		r.Files, r.Comment = append(r.Files, files...), comment
		return s.review(ctx, tx, r, byPerson(account, session))
	})
	return told("adding papers", err)
}

// Cancel gives a request up. It returns ErrNone and ErrState.
func (s *Service) Cancel(ctx context.Context, account, session, request string) error {
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, account, request, tx.ForUpdate())
		if err != nil {
			return err
		}
		if !r.State.Open() || r.Words == moving {
			return ErrState
		}
		return s.move(ctx, tx, r, Cancelled, byPerson(account, session), "proofing.audit_cancelled")
	})
	return told("giving a request up", err)
}

// DataChange is a change of verified data that a person asks for.
type DataChange struct {
	Account, Session string
	Parts            []person.Part
	Person           person.Person // with the new values of these parts
	Comment          string        // why: "смена фамилии"
	Files            []string      // documents of the account, at least one
}

// RequestChange asks in tx that a verifier look at the papers and change the
// data: «Ожидает проверки». Files must be uploaded before. It returns ErrPapers,
// ErrSame, ErrOpen while a change of one of the parts is open, document.ErrNone
// and document.ErrFlawed. Uses of limitChanges are the caller's to take: see
// TakeChange.
func (s *Service) RequestChange(ctx context.Context, tx *sqldb.DB, c DataChange) (Request, error) {
	now := s.Now()
	r := Request{Account: c.Account, ID: id.New(), Kind: Change, State: Review, Created: now, Updated: now,
		Data: Data{Parts: c.Parts, Files: c.Files, Comment: c.Comment}}
	if len(c.Files) == 0 {
		return r, ErrPapers
	}
	known, err := s.People.PersonIn(ctx, tx, c.Account)
	if err != nil {
		return r, err
	}
	r.Person = known.With(c.Person, c.Parts...)
	if !slices.ContainsFunc(c.Parts, func(p person.Part) bool { return !person.Same(p, known, r.Person) }) {
		return r, ErrSame
	}
	all, err := s.store.since(ctx, tx, c.Account, Change, now.Add(-400*24*time.Hour))
	if err != nil {
		return r, fmt.Errorf("requesting a change: %w", err)
	}
	for _, other := range all {
		if other.State.Open() && slices.ContainsFunc(other.Parts, func(p person.Part) bool { return slices.Contains(c.Parts, p) }) {
			return r, ErrOpen
		}
	}
	if err := s.Documents.Attach(ctx, tx, c.Account, object(r.ID), c.Files...); err != nil {
		return r, err
	}
	if err := s.store.insert(ctx, tx, r); err != nil {
		return r, fmt.Errorf("requesting a change: %w", err)
	}
	if err := enqueue(ctx, tx, waiting{id: r.ID, account: r.Account, kind: r.Kind, at: now}); err != nil {
		return r, fmt.Errorf("requesting a change: %w", err)
	}
	// What the registers say helps the verifier; it decides nothing.
	if err := jobs.Add(ctx, tx, askJob{r.Account, r.ID}); err != nil {
		return r, err
	}
	return r, s.record(ctx, tx, c.Account, byPerson(c.Account, c.Session), "proofing.audit_change_asked", r.ID, "")
}

// TakeChange counts a request for a change, before its transaction. It returns
// limit.ErrTooMany.
func (s *Service) TakeChange(ctx context.Context, account string) error {
	return s.Limits.Take(ctx, limitChanges, account)
}

// Request returns a request of the account. It returns ErrNone.
func (s *Service) Request(ctx context.Context, account, request string) (Request, error) {
	r, err := s.store.request(ctx, s.DB, account, request, "")
	return r, told("reading a request", err)
}

// Requests returns the newest requests of the account, of all kinds, older than
// the one with ID before ("" is from the newest).
func (s *Service) Requests(ctx context.Context, account, before string, limit int) ([]Request, error) {
	list, err := s.store.requests(ctx, s.DB, account, before, limit)
	return list, told("listing requests", err)
}

// Current returns the newest online request of an account that a page should
// show: an open one, or one that ended badly within a day. ok is false for none.
func (s *Service) Current(ctx context.Context, account string) (r Request, ok bool, err error) {
	list, err := s.store.since(ctx, s.DB, account, Online, s.Now().Add(-400*24*time.Hour))
	if err != nil || len(list) == 0 {
		return r, false, told("reading a request", err)
	}
	r = list[len(list)-1]
	recent := r.Updated.After(s.Now().Add(-24 * time.Hour))
	return r, r.State.Open() || recent && (r.State == Failed || r.State == Refused), nil
}

// Proofs returns how the holder proved who they are, newest first.
func (s *Service) Proofs(ctx context.Context, account string) ([]Proof, error) {
	list, err := proofs(ctx, s.DB, account, 20)
	return list, told("reading proofs", err)
}

// told wraps what is ours and lets through what a person is told.
func told(doing string, err error) error {
	if err == nil {
		return nil
	}
	for _, known := range []error{ErrNone, ErrOpen, ErrState, ErrDone, ErrIncomplete, ErrPapers, ErrSame, ErrLevel, ErrTaken, ErrReason, ErrNobody,
		ErrNoLetter, ErrLetterOver, ErrOwn, limit.ErrTooMany, account.ErrNoPhone, document.ErrNone, document.ErrFlawed} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// AskNow asks the registers about somebody who sits opposite an operator with
// their papers, and waits for the answer. Nothing is kept. State is Approved,
// Failed, Papers, or Checking when a register did not answer; the person comes
// back with the ИНН that the tax register told.
func (s *Service) AskNow(ctx context.Context, request string, p person.Person) Request {
	r := Request{ID: request, Kind: Online, Data: Data{Person: p, Parts: proved}}
	r.Answers, r.Silent, _ = s.askAll(ctx, r)
	if _, asked := r.Answers[Tax]; !asked && s.Tax == nil && p.INN != "" { // as typed
		r.Answers[Tax] = register.Check{Verdict: register.Match, INN: p.INN}
	}
	r.State = r.outcome()
	r.Person = r.checked()
	return r
}

// Proved are the parts of a person that the Standard level stands on.
func Proved() []person.Part { return slices.Clone(proved) }

// Holder returns the account that has one of a person's verified numbers, ""
// when none has.
func (s *Service) Holder(ctx context.Context, p person.Person) (string, error) {
	other, err := s.holder(ctx, "", p, proved)
	return other, told("looking for a person", err)
}
