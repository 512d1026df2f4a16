package proofing

import (
	"context"
	"errors"
	"slices"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/person"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Vouch is what somebody who may be believed says of the holder of an account.
type Vouch struct {
	Account string
	Method  string        // message key: "proofing.by_post", "centre.by_centre"
	Person  person.Person // with the values of Parts
	Parts   []person.Part // what they checked; nil: that the account is its holder's, whose data were verified before
	By      audit.Actor   // Person when the holder did it alone, by a signature or an outside account
}

// Confirm raises an account to Confirmed and takes over the data that were
// checked. Without Parts the account must be Standard: ErrLevel. When a number
// belongs to another account it returns ErrTaken and a verifier finds out who is
// who.
func (s *Service) Confirm(ctx context.Context, v Vouch) error {
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error { return s.ConfirmIn(ctx, tx, v) })
	if errors.Is(err, ErrTaken) {
		return errors.Join(err, s.doubt(ctx, v))
	}
	return told("confirming an account", err)
}

// ConfirmIn is Confirm within a transaction, which must be given up on an
// error; after ErrTaken no verifier is told.
func (s *Service) ConfirmIn(ctx context.Context, tx *sqldb.DB, v Vouch) error {
	a, err := s.Accounts.AccountIn(ctx, tx, v.Account)
	if err != nil {
		return err
	}
	if len(v.Parts) == 0 && !a.Level.AtLeast(account.Standard) {
		return ErrLevel
	}
	if err := s.settlePerson(ctx, tx, v.Account, v.Person, v.Parts, v.By); err != nil {
		return err
	}
	if err := s.Accounts.SetLevel(ctx, tx, v.Account, account.Confirmed, v.By); err != nil {
		return err
	}
	return s.prove(ctx, tx, v.Account, v.Method, account.Confirmed)
}

// settlePerson marks parts of a person as verified and claims their numbers;
// those that they replace are let go. It returns ErrTaken.
func (s *Service) settlePerson(ctx context.Context, tx *sqldb.DB, id string, p person.Person, parts []person.Part, by audit.Actor) error {
	if len(parts) == 0 {
		return nil
	}
	known, err := s.People.PersonIn(ctx, tx, id)
	if err != nil {
		return err
	}
	fresh := loginsOf(p, parts)
	for _, l := range loginsOf(known, parts) {
		if !slices.Contains(fresh, l) {
			if err := s.Accounts.Release(ctx, tx, id, l); err != nil {
				return err
			}
		}
	}
	for _, l := range fresh {
		if err := s.Accounts.Claim(ctx, tx, id, l); errors.Is(err, account.ErrTaken) {
			return ErrTaken
		} else if err != nil {
			return err
		}
	}
	_, err = s.People.Verify(ctx, tx, id, p, parts, by)
	return err
}

// prove keeps how the holder proved who they are, and tells them.
func (s *Service) prove(ctx context.Context, tx *sqldb.DB, owner, method string, level account.Level) error {
	p := Proof{ID: id.New(), Method: method, Level: level, At: s.Now()}
	if err := insertProof(ctx, tx, owner, p); err != nil {
		return err
	}
	return s.Notices.Send(ctx, tx, notify.Notice{Owner: owner, Key: "proofing/proof/" + p.ID, Title: "proofing.notice_" + string(level),
		Text: "proofing.notice_" + string(level) + "_text", Link: Path, Topic: notify.TopicPerson, Level: notify.Success, SMS: level == account.Confirmed})
}

// doubt asks a verifier who is who when somebody vouched for a person whose
// number another account has.
func (s *Service) doubt(ctx context.Context, v Vouch) error {
	now := s.Now()
	r := Request{Account: v.Account, ID: id.New(), Kind: Online, State: Checking, Created: now, Updated: now, Data: Data{Person: v.Person, Parts: v.Parts}}
	var err error
	if r.Other, err = s.holder(ctx, v.Account, v.Person, v.Parts); err != nil || r.Other == "" {
		return told("asking who is who", err)
	}
	err = s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.store.insert(ctx, tx, r); err != nil {
			return err
		}
		return s.review(ctx, tx, r, audit.Portal())
	})
	return told("asking who is who", err)
}

// holder returns the account that has one of a person's numbers, "" when none
// but id has.
func (s *Service) holder(ctx context.Context, id string, p person.Person, parts []person.Part) (string, error) {
	for _, l := range loginsOf(p, parts) {
		other, err := s.Accounts.Find(ctx, l)
		switch {
		case errors.Is(err, account.ErrNone) || other == id:
		case err != nil:
			return "", err
		default:
			return other, nil
		}
	}
	return "", nil
}
