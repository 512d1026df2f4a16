package proofing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/staff"
)

// Verifier is the member of staff who acts.
type Verifier struct {
	Account string
	Session string
	Name    string
}

func (v Verifier) actor() audit.Actor {
	return audit.Actor{Kind: audit.Staff, ID: v.Account, Session: v.Session}
}

// Filter chooses rows of the queue.
type Filter struct {
	Closed bool // decided ones instead of waiting ones
	Kind   Kind // "" is all
	After  string
	Limit  int

	after cursor
}

// cursor is a place in the queue.
type cursor struct {
	at time.Time
	id string
}

func parseCursor(s string) (c cursor) {
	at, row, _ := strings.Cut(s, "-")
	micro, err := strconv.ParseInt(at, 36, 64)
	if err != nil || !id.Valid(row) {
		return c
	}
	return cursor{time.UnixMicro(micro), row}
}

// Waiting is a row of the queue.
type Waiting struct {
	ID       string
	Account  string
	Kind     Kind
	At       time.Time // since when it waits, or when it was decided
	Verifier string    // account of who decided; "" for nobody
	Who      string    // «Соколова М. А.»
}

// Cursor is where the next page begins.
func (w Waiting) Cursor() string { return strconv.FormatInt(w.At.UnixMicro(), 36) + "-" + w.ID }

// Queue returns a page of the queue.
func (s *Service) Queue(ctx context.Context, f Filter) ([]Waiting, error) {
	f.after = parseCursor(f.After)
	rows, err := queue(ctx, s.DB, f)
	if err != nil {
		return nil, fmt.Errorf("reading the queue: %w", err)
	}
	list := make([]Waiting, 0, len(rows))
	for _, w := range rows {
		p, err := s.People.Person(ctx, w.account)
		if err != nil {
			return nil, err
		}
		list = append(list, Waiting{w.id, w.account, w.kind, w.at, w.verifier, p.ShortName()})
	}
	return list, nil
}

// WaitingCount counts what waits, up to 1000.
func (s *Service) WaitingCount(ctx context.Context) (int, error) {
	n, err := countOpen(ctx, s.DB, 1000)
	return n, told("counting the queue", err)
}

// Card is a person as a verifier sees them.
type Card struct {
	Account  account.Account
	Known    person.Person // as the portal knows them
	Phone    string        // masked
	Email    string        // masked
	Proofs   []Proof
	Requests []Request // newest first
}

// Case is a request as a verifier sees it.
type Case struct {
	Request
	Card  Card
	Files []document.File
	Other *Card // the account that has one of the numbers, for a duplicate
}

// Look returns a request for a verifier, and notes in the log of everybody whose
// data it shows that they looked. It returns ErrNone.
func (s *Service) Look(ctx context.Context, v Verifier, request string) (Case, error) {
	w, err := waitingByID(ctx, s.DB, request)
	if err != nil {
		return Case{}, told("looking at a request", err)
	}
	var c Case
	if c.Request, err = s.store.request(ctx, s.DB, w.account, request, ""); err != nil {
		return c, told("looking at a request", err)
	}
	if err := s.noteLook(ctx, v, w.account, request, ""); err != nil {
		return c, err
	}
	if c.Card, err = s.card(ctx, w.account); err != nil {
		return c, err
	}
	for _, file := range c.Request.Files {
		f, err := s.Documents.File(ctx, w.account, file)
		if err != nil {
			return c, fmt.Errorf("looking at a request: %w", err)
		}
		c.Files = append(c.Files, f)
	}
	if c.Request.Other == "" {
		return c, nil
	}
	if err := s.noteLook(ctx, v, c.Request.Other, request, "proofing.cause_duplicate"); err != nil {
		return c, err
	}
	other, err := s.card(ctx, c.Request.Other)
	c.Other = &other
	return c, err
}

// noteLook writes down that a verifier looked, also when it is the same one
// again: each look is one.
func (s *Service) noteLook(ctx context.Context, v Verifier, owner, request, cause string) error {
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		return audit.Record(ctx, tx, s.Now(), audit.Entry{Owner: owner, Actor: v.actor(), Act: "proofing.audit_looked", Object: object(request),
			Agency: staff.Portal, Reason: cause})
	})
	return told("noting a look", err)
}

func (s *Service) card(ctx context.Context, owner string) (c Card, err error) {
	if c.Account, err = s.Accounts.Account(ctx, owner); err != nil {
		return c, err
	}
	if c.Known, err = s.People.Person(ctx, owner); err != nil {
		return c, err
	}
	contacts, err := s.Accounts.Contacts(ctx, owner)
	if err != nil {
		return c, err
	}
	c.Phone, c.Email = contacts.Phone, contacts.Email
	if c.Proofs, err = s.Proofs(ctx, owner); err != nil {
		return c, err
	}
	c.Requests, err = s.Requests(ctx, owner, "", 10)
	return c, err
}

// OpenFile returns a file of a request to a verifier, with the log's line. It
// returns ErrNone for a file that the request does not hold.
func (s *Service) OpenFile(ctx context.Context, v Verifier, request, file string) (document.File, io.ReadCloser, error) {
	w, err := waitingByID(ctx, s.DB, request)
	if err != nil {
		return document.File{}, nil, told("opening a file", err)
	}
	r, err := s.store.request(ctx, s.DB, w.account, request, "")
	if err != nil {
		return document.File{}, nil, told("opening a file", err)
	}
	if !slices.Contains(r.Files, file) {
		return document.File{}, nil, ErrNone
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		return audit.Record(ctx, tx, s.Now(), audit.Entry{Owner: w.account, Actor: v.actor(), Act: "proofing.audit_file", Object: "document/" + file, Agency: staff.Portal})
	})
	if err != nil {
		return document.File{}, nil, fmt.Errorf("opening a file: %w", err)
	}
	return s.Documents.Open(ctx, w.account, file)
}

// Decision is what a verifier decided.
type Decision struct {
	Approve bool
	Reason  string // code of a refusal, one of reasons
	Words   string // to the person; "" for none
}

// Decide ends a request that waits for a verifier. For a duplicate, to approve
// is to say that the account that asks is its person's: the numbers move to it
// and the other account drops to Simplified. It returns ErrNone, ErrState when
// somebody was quicker, ErrReason, ErrOwn, and ErrTaken when a number belongs to
// an account that the verifier has not seen.
func (s *Service) Decide(ctx context.Context, v Verifier, request string, d Decision) error {
	if !d.Approve && !slices.Contains(reasons, d.Reason) {
		return ErrReason
	}
	w, err := waitingByID(ctx, s.DB, request)
	if err != nil {
		return told("deciding", err)
	}
	if w.account == v.Account {
		return ErrOwn
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, w.account, request, tx.ForUpdate())
		if err != nil {
			return err
		}
		if r.State != Review || r.Words == moving {
			return ErrState
		}
		r.Words = d.Words
		switch {
		case !d.Approve:
			r.Reason = reasonText(d.Reason)
			if err := s.move(ctx, tx, r, Refused, v.actor(), "proofing.audit_refused"); err != nil {
				return err
			}
			return s.tell(ctx, tx, r, "refused", notify.Danger)
		case r.Other != "":
			return s.moveNumbers(ctx, tx, v, r)
		}
		return s.approve(ctx, tx, r, v.actor())
	})
	if errors.Is(err, ErrTaken) {
		return s.foundOther(ctx, w)
	}
	return told("deciding", err)
}

// foundOther shows the verifier the account that has one of the numbers: the
// request is a duplicate from now on. It returns ErrTaken.
func (s *Service) foundOther(ctx context.Context, w waiting) error {
	r, err := s.store.request(ctx, s.DB, w.account, w.id, "")
	if err != nil {
		return told("deciding", err)
	}
	other, err := s.holder(ctx, w.account, r.checked(), r.Parts)
	if err != nil || other == "" {
		return told("deciding", errors.Join(ErrState, err))
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, w.account, w.id, tx.ForUpdate())
		if err != nil || r.State != Review {
			return errors.Join(err, ErrState)
		}
		r.Other = other
		return s.review(ctx, tx, r, audit.Portal())
	})
	return errors.Join(told("deciding", err), ErrTaken)
}

// moving stands for the verifier's words while numbers move between accounts, so
// that nobody decides again meanwhile. It is shown to nobody.
const moving = "\x00moving"

// dropJob takes an identity away from the account that had it wrongly.
type dropJob struct{ Account, ID, Other, Verifier string }

// Kind implements jobs.Args.
func (dropJob) Kind() string { return "proofing.drop" }

// approveJob ends a duplicate once the numbers are free.
type approveJob struct{ Account, ID, Verifier string }

// Kind implements jobs.Args.
func (approveJob) Kind() string { return "proofing.approve" }

// moveNumbers begins to move the numbers from r.Other to r.Account: rows of two
// owners, so two jobs.
func (s *Service) moveNumbers(ctx context.Context, tx *sqldb.DB, v Verifier, r Request) error {
	r.Words, r.Updated = moving, s.Now()
	if err := s.store.update(ctx, tx, r); err != nil {
		return err
	}
	if err := dequeue(ctx, tx, r.ID, v.Account, s.Now()); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, dropJob{r.Account, r.ID, r.Other, v.Account})
}

// drop lets the numbers of the other account go, takes its marks of
// verification away and tells its holder.
func (s *Service) drop(ctx context.Context, j jobs.Job[dropJob]) error {
	by := audit.Actor{Kind: audit.Staff, ID: j.Args.Verifier}
	r, err := s.store.request(ctx, s.DB, j.Args.Account, j.Args.ID, "")
	if errors.Is(err, ErrNone) {
		return nil // removed with its account: the other one keeps what it has
	}
	if err != nil {
		return fmt.Errorf("moving numbers of %s: %w", j.Args.ID, err)
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		known, err := s.People.PersonIn(ctx, tx, j.Args.Other)
		if err != nil {
			return err
		}
		for _, l := range append(Logins(known), loginsOf(r.checked(), r.Parts)...) {
			if err := s.Accounts.Release(ctx, tx, j.Args.Other, l); err != nil {
				return err
			}
		}
		if err := s.People.Doubt(ctx, tx, j.Args.Other, person.Parts, by); err != nil {
			return err
		}
		if err := s.Accounts.SetLevel(ctx, tx, j.Args.Other, account.Simplified, by); err != nil {
			return err
		}
		if err := s.record(ctx, tx, j.Args.Other, by, "proofing.audit_dropped", j.Args.ID, "proofing.cause_duplicate"); err != nil {
			return err
		}
		if err := s.Notices.Send(ctx, tx, notify.Notice{Owner: j.Args.Other, Key: object(j.Args.ID) + "/dropped", Title: "proofing.notice_dropped",
			Text: "proofing.notice_dropped_text", Link: Path, Topic: notify.TopicSecurity, Level: notify.Danger, SMS: true}); err != nil {
			return err
		}
		if err := jobs.Add(ctx, tx, approveJob{j.Args.Account, j.Args.ID, j.Args.Verifier}); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
	return told("moving numbers", err)
}

// approveLater ends the request whose numbers are free now.
func (s *Service) approveLater(ctx context.Context, j jobs.Job[approveJob]) error {
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		r, err := s.store.request(ctx, tx, j.Args.Account, j.Args.ID, tx.ForUpdate())
		if err != nil || r.State != Review {
			return err
		}
		r.Words, r.Other = "", ""
		if err := s.approve(ctx, tx, r, audit.Actor{Kind: audit.Staff, ID: j.Args.Verifier}); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
	if errors.Is(err, ErrNone) {
		return nil
	}
	return told("approving", err)
}

// Find returns the person who has exactly this identifier, to a verifier who
// says why they look. The look is in the log of the person, or, when nobody has
// it, in the portal's. It returns ErrReason, ErrNobody and limit.ErrTooMany.
func (s *Service) Find(ctx context.Context, v Verifier, l account.Login, cause string) (Card, error) {
	if !slices.Contains(causes, cause) {
		return Card{}, ErrReason
	}
	if err := s.Limits.Take(ctx, limitSearch, v.Account); err != nil {
		return Card{}, err
	}
	owner, err := s.Accounts.Find(ctx, l)
	nobody := errors.Is(err, account.ErrNone)
	if err != nil && !nobody {
		return Card{}, fmt.Errorf("finding a person: %w", err)
	}
	if nobody {
		owner = staff.Portal
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		return audit.Record(ctx, tx, s.Now(), audit.Entry{Owner: owner, Actor: v.actor(), Act: "proofing.audit_searched", Object: "search/" + string(l.Kind),
			Agency: staff.Portal, Reason: "proofing.cause_" + cause})
	})
	if err != nil {
		return Card{}, fmt.Errorf("finding a person: %w", err)
	}
	if nobody {
		return Card{}, ErrNobody
	}
	return s.card(ctx, owner)
}
