package recovery

import (
	"context"
	"errors"
	"fmt"
	"io"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/staff"
)

// Operator is a member of staff who looks at cases.
type Operator struct{ Account, Session string }

func (o Operator) actor() audit.Actor {
	return audit.Actor{Kind: audit.Staff, ID: o.Account, Session: o.Session}
}

func actorOf(acc string) audit.Actor { return audit.Actor{Kind: audit.Person, ID: acc} }

// Queue is a page of cases.
type Queue struct {
	Cases []Case
	More  string // what to go on after, "" for the last page
}

// Queue returns cases that wait for operators, the oldest first, or, with
// closed, those that are decided, the newest first. after is Queue.More of the
// page before, "" for the first. Names are not opened for it.
func (s *Service) Queue(ctx context.Context, closed bool, after string) (q Queue, err error) {
	list, err := listCases(ctx, s.db, s.opt.Keys, closed, after, pageSize+1)
	if err != nil {
		return q, fmt.Errorf("listing recoveries: %w", err)
	}
	if len(list) > pageSize {
		list = list[:pageSize]
		q.More = list[pageSize-1].ID
	}
	q.Cases = list
	return q, nil
}

// Look opens a case for an operator and writes down that it was looked at, where
// the account's holder reads it.
type Look struct {
	Case
	Person   person.Person // what is known of the account's holder; zero without an account
	Account  account.Account
	Other    string // where else the holder is reached, in their own words
	Compared []Difference
}

// Look returns a case with what is known of the account. It returns ErrNone and
// ErrOwn.
func (s *Service) Look(ctx context.Context, by Operator, caseID string) (l Look, err error) {
	if l.Case, err = s.caseFor(ctx, by, caseID); err != nil {
		return l, err
	}
	if l.Case.Account == "" {
		l.Compared = compare(l.Claim, person.Person{})
		return l, nil
	}
	if l.Account, err = s.opt.Accounts.Account(ctx, l.Case.Account); err != nil {
		return l, fmt.Errorf("looking at case %s: %w", caseID, err)
	}
	if l.Person, err = s.opt.People.Person(ctx, l.Case.Account); err != nil {
		return l, fmt.Errorf("looking at case %s: %w", caseID, err)
	}
	book, err := s.opt.Accounts.ContactBook(ctx, l.Case.Account)
	if err != nil {
		return l, fmt.Errorf("looking at case %s: %w", caseID, err)
	}
	l.Other, l.Compared = book.Other, compare(l.Claim, l.Person)
	return l, s.record(ctx, s.db, l.Case, by, "recovery.audit_looked")
}

func (s *Service) caseFor(ctx context.Context, by Operator, caseID string) (Case, error) {
	k, err := caseByID(ctx, s.db, s.opt.Keys, caseID, "")
	if err != nil {
		return k, err
	}
	if k.State == Draft {
		return k, ErrNone
	}
	if k.Account == by.Account {
		return k, ErrOwn
	}
	return k, nil
}

// record writes down what an operator did with a case of an account.
func (s *Service) record(ctx context.Context, db *sqldb.DB, k Case, by Operator, act string) error {
	if k.Account == "" {
		return nil // nobody's data but the applicant's own, who is nobody yet
	}
	e := audit.Entry{Owner: k.Account, Actor: by.actor(), Act: act, Object: "recovery/" + k.ID, Agency: staff.Portal}
	return db.Tx(ctx, func(tx *sqldb.DB) error { return audit.Record(ctx, tx, s.now(), e) })
}

// Picture opens a file of a case, and writes down who looked. It returns ErrNone
// and ErrOwn. The reader must be closed.
func (s *Service) Picture(ctx context.Context, by Operator, caseID, file string) (document.File, io.ReadCloser, error) {
	k, err := s.caseFor(ctx, by, caseID)
	if err != nil {
		return document.File{}, nil, err
	}
	for _, f := range k.Files {
		if f.ID != file {
			continue
		}
		r, err := s.opt.Blobs.Open(k.ID, f.Ref)
		if err != nil {
			return document.File{}, nil, fmt.Errorf("opening a picture of case %s: %w", k.ID, err)
		}
		if err := s.record(ctx, s.db, k, by, "recovery.audit_picture"); err != nil {
			return document.File{}, nil, errors.Join(err, r.Close())
		}
		return f.File(), r, nil
	}
	return document.File{}, nil, ErrNone
}

// Agree notes that an operator found the applicant to be the holder. The second
// of two different operators begins the wait. It returns ErrNone, ErrDecided,
// ErrSame, ErrOwn and ErrNobody.
func (s *Service) Agree(ctx context.Context, by Operator, caseID string) error {
	return s.decide(ctx, by, caseID, true, func(tx *sqldb.DB, k *Case) (act string, err error) {
		if k.State == First {
			k.State, k.FirstBy, k.FirstAt = Second, by.Account, s.now()
			return "recovery.audit_first", nil
		}
		k.State, k.Second, k.Closed = Approved, by.Account, s.now()
		k.Ready = s.now().Add(s.opt.Wait)
		return "recovery.audit_second", jobs.Add(ctx, tx, beginHold{k.ID})
	})
}

// Refuse ends a case. It returns ErrNone, ErrDecided, ErrOwn and ErrWhy.
func (s *Service) Refuse(ctx context.Context, by Operator, caseID string, why Why) error {
	if !known(why) {
		return ErrWhy
	}
	return s.decide(ctx, by, caseID, false, func(tx *sqldb.DB, k *Case) (act string, err error) {
		k.State, k.Second, k.Closed, k.Reason = Refused, by.Account, s.now(), why
		return "recovery.audit_refused", jobs.Add(ctx, tx, sendRefusal{k.ID})
	})
}

func known(why Why) bool {
	for _, w := range Reasons() {
		if w == why {
			return true
		}
	}
	return false
}

func (s *Service) decide(ctx context.Context, by Operator, caseID string, agree bool, f func(tx *sqldb.DB, k *Case) (act string, err error)) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		k, err := caseByID(ctx, tx, s.opt.Keys, caseID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := k.decide(by.Account, agree); err != nil {
			return err
		}
		act, err := f(tx, &k)
		if err != nil {
			return err
		}
		if err := updateCase(ctx, tx, s.opt.Keys, k); err != nil {
			return err
		}
		if k.Account == "" {
			return nil
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: k.Account, Actor: by.actor(), Act: act, Object: "recovery/" + k.ID, Agency: staff.Portal})
	})
	if err != nil {
		return fmt.Errorf("deciding on case %s: %w", caseID, err)
	}
	return nil
}

// cancel stops a recovery because somebody with an old contact of the account
// objected: account.Undo.
func (s *Service) cancel(ctx context.Context, tx *sqldb.DB, acc, caseID string) error {
	h, err := holdOf(ctx, tx, acc, caseID, tx.ForUpdate())
	if err != nil {
		return err
	}
	if !h.done.IsZero() {
		return ErrLink
	}
	h.cancelled, h.secret = s.now(), []byte{}
	if err := updateHold(ctx, tx, h); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, closeCase{caseID, Cancelled})
}

// tell puts a notice of a recovery into the feed of the account.
func (s *Service) tell(ctx context.Context, tx *sqldb.DB, acc, caseID, what string, level notify.Level) error {
	return s.opt.Notices.Send(ctx, tx, notify.Notice{Owner: acc, Key: "recovery/" + caseID + "/" + what, Topic: notify.TopicSecurity, Level: level,
		Title: "recovery.notice_" + what, Text: "recovery.notice_" + what + "_text", Link: "/settings/security"})
}
