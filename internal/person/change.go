package person

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

var (
	// ErrOver is returned for a change that is unknown, was made, or was not
	// confirmed in time.
	ErrOver = fault.New(fault.NotFound, "person.change_over")
	// ErrFamily is returned when there are maxFamily relatives already.
	ErrFamily = fault.New(fault.Conflict, "person.family_full")
	// ErrConsent is returned for what is kept by consent alone, without one.
	ErrConsent = fault.New(fault.Forbidden, "person.consent_needed")
)

const (
	// changePurpose is what a code for a change is good for.
	changePurpose = "person.change"
	// changeLife is how long a change waits for its code.
	changeLife = time.Hour
)

// Proposal is a change that waits for its code: values of parts, one relative,
// or a deletion.
type Proposal struct {
	ID       string   `json:"-"`
	Version  int64    `json:"version"`           // of the data that the form showed
	Parts    []Part   `json:"parts,omitempty"`   // whose values Person has
	Person   Person   `json:"person,omitzero"`   //
	Relative Relative `json:"relative,omitzero"` // new without an ID
	Remove   Part     `json:"remove,omitempty"`  // the part to delete; Family with Relative.ID is one relative
	Files    []string `json:"files,omitempty"`   // documents that show it is true: the change is asked for, and reviewed
	Comment  string   `json:"comment,omitempty"` // of such a change
	Code     string   `json:"code"`              // ID of the code that confirms it
}

// touched are the parts that the change concerns.
func (c Proposal) touched() []Part {
	switch {
	case c.Remove != "":
		return []Part{c.Remove}
	case c.Relative.Kin != "":
		return []Part{Family}
	}
	return c.Parts
}

// apply returns the person as they are after the change. It returns
// ErrVerified, ErrFamily and ErrOver.
func (c Proposal) apply(p Person, newID string) (Person, error) {
	switch {
	case c.Remove == Family && c.Relative.ID != "":
		if _, ok := p.relative(c.Relative.ID); !ok {
			return p, ErrOver
		}
		p.Relatives = slices.DeleteFunc(slices.Clone(p.Relatives), func(r Relative) bool { return r.ID == c.Relative.ID })
		return p, nil
	case c.Remove != "":
		return p.without(c.Remove), nil
	case c.Relative.Kin != "":
		return p.related(c.Relative, newID)
	}
	if len(c.Files) > 0 {
		return p, nil // others decide it
	}
	for _, part := range c.Parts {
		if p.Is(part) && !same(part, p, c.Person) {
			return p, ErrVerified
		}
		p = p.take(part, c.Person)
	}
	return p, nil
}

// related returns p with a relative who is new or changed.
func (p Person) related(r Relative, newID string) (Person, error) {
	p.Relatives = slices.Clone(p.Relatives)
	if r.ID == "" {
		if len(p.Relatives) >= maxFamily {
			return p, ErrFamily
		}
		r.ID = newID
		p.Relatives = append(p.Relatives, r)
		return p, nil
	}
	i := slices.IndexFunc(p.Relatives, func(old Relative) bool { return old.ID == r.ID })
	if i < 0 {
		return p, ErrOver
	}
	p.Relatives[i] = r
	return p, nil
}

// Propose keeps a change until a code confirms it, sends the code, and returns
// the ID of the proposal. It returns account.ErrUnreached while a phone or an
// e-mail address is not confirmed, ErrVerified, ErrConsent, ErrNoPart and
// limit.ErrTooMany.
func (s *Service) Propose(ctx context.Context, acc string, c Proposal) (string, error) {
	a, err := s.accounts.Account(ctx, acc)
	if err != nil {
		return "", err
	}
	if !a.Phone || !a.Email {
		return "", account.ErrUnreached
	}
	p, err := s.Person(ctx, acc)
	if err != nil {
		return "", err
	}
	for _, part := range c.touched() {
		if !slices.Contains(editable, part) && part != Family {
			return "", ErrNoPart
		}
		if err := s.mayKeep(ctx, nil, acc, part); err != nil && c.Remove == "" {
			return "", err
		}
	}
	if _, err := c.apply(p, ""); err != nil {
		return "", err
	}
	c.ID = id.New()
	code, err := s.accounts.StartCode(ctx, acc, changePurpose, "person/"+c.ID)
	if err != nil {
		return "", err
	}
	c.Code = code.ID
	if err := insertProposal(ctx, s.db, s.keys, acc, c, s.now().Add(changeLife)); err != nil {
		return "", fmt.Errorf("proposing a change: %w", err)
	}
	return c.ID, nil
}

// Proposal returns a change that waits, with its code as it stands. It returns
// ErrOver and account.ErrCodeOver.
func (s *Service) Proposal(ctx context.Context, acc, proposal string) (Proposal, account.Code, error) {
	c, err := proposalByID(ctx, s.db, s.keys, acc, proposal, s.now())
	if err != nil {
		return c, account.Code{}, err
	}
	code, err := s.accounts.CodeState(ctx, acc, c.Code)
	return c, code, err
}

// Resend sends another code for a change that waits. It returns ErrOver and
// limit.ErrTooMany.
func (s *Service) Resend(ctx context.Context, acc, proposal string) error {
	c, err := proposalByID(ctx, s.db, s.keys, acc, proposal, s.now())
	if err != nil {
		return err
	}
	code, err := s.accounts.StartCode(ctx, acc, changePurpose, "person/"+c.ID)
	if err != nil {
		return err
	}
	c.Code = code.ID
	if err := updateProposal(ctx, s.db, s.keys, acc, c); err != nil {
		return fmt.Errorf("sending a code anew: %w", err)
	}
	return nil
}

// Review passes a change of verified data with its papers on to who decides it,
// in tx, and returns the path of the page about it.
type Review func(ctx context.Context, tx *sqldb.DB, account, session string, c Proposal) (string, error)

// OnReview names who decides about changes of verified data. It is called while
// the portal is put together.
func (s *Service) OnReview(f Review) { s.review = f }

// Unproved forgets, in tx, what was kept because a part was verified that its
// holder deleted.
type Unproved func(ctx context.Context, tx *sqldb.DB, account string, before Person, part Part) error

// OnUnproved names who else must know of deleted data that were verified. It is
// called while the portal is put together.
func (s *Service) OnUnproved(f Unproved) { s.unproved = f }

// Confirm makes a change whose code was typed, or passes it on to be reviewed,
// and returns the page that tells of it. It returns ErrOver, ErrVerified,
// ErrChanged, ErrConsent, ErrFamily, the errors of Review and those of
// account.Service.CheckCode.
func (s *Service) Confirm(ctx context.Context, acc, session, proposal, typed string) (string, error) {
	c, err := proposalByID(ctx, s.db, s.keys, acc, proposal, s.now())
	if err != nil {
		return "", err
	}
	page := "/profile?saved=1"
	fresh := id.New()
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.accounts.CheckCode(ctx, tx, acc, c.Code, changePurpose, "person/"+c.ID, typed); err != nil {
			return err
		}
		gone, err := deleteProposal(ctx, tx, acc, c.ID)
		if err != nil {
			return err
		}
		if !gone {
			return ErrOver
		}
		if len(c.Files) > 0 && s.review != nil {
			page, err = s.review(ctx, tx, acc, session, c)
			return err
		}
		return s.make(ctx, tx, acc, audit.Actor{Kind: audit.Person, ID: acc, Session: session}, c, fresh)
	})
	return page, s.accounts.MissCode(ctx, acc, c.Code, err)
}

// make stores what a change makes of the person.
func (s *Service) make(ctx context.Context, tx *sqldb.DB, acc string, by audit.Actor, c Proposal, newID string) error {
	old, err := personOf(ctx, tx, s.keys, acc, tx.ForUpdate())
	if err != nil {
		return err
	}
	for _, part := range c.touched() {
		if err := s.mayKeep(ctx, tx, acc, part); err != nil && c.Remove == "" {
			return err
		}
	}
	fresh, err := c.apply(old, newID)
	if err != nil {
		return err
	}
	changed := changedIn(old, fresh, c.touched()...)
	switch {
	case len(changed) == 0:
		return nil
	case old.version != c.Version:
		return ErrChanged
	}
	if err := s.replace(ctx, tx, acc, old, fresh, by, changed...); err != nil {
		return err
	}
	if c.Remove.key() && old.Is(c.Remove) {
		if err := s.unprove(ctx, tx, acc, old, c.Remove); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, acc, changed, newID)
}

// unprove takes away what stood on a verified part that its holder deleted: the
// level, and the numbers as ways to sign in.
func (s *Service) unprove(ctx context.Context, tx *sqldb.DB, acc string, old Person, part Part) error {
	if s.unproved != nil {
		if err := s.unproved(ctx, tx, acc, old, part); err != nil {
			return err
		}
	}
	if part == Numbers {
		for _, l := range []account.Login{{Kind: account.SNILS, Value: old.SNILS}, {Kind: account.INN, Value: old.INN}} {
			if l.Value == "" {
				continue
			}
			if err := s.accounts.Release(ctx, tx, acc, l); err != nil {
				return err
			}
		}
	}
	return s.accounts.SetLevel(ctx, tx, acc, account.Simplified, audit.Portal())
}

// mayKeep returns ErrConsent for a part that is kept by consent alone, without
// one, and ErrNoPart when consents are not known here.
func (s *Service) mayKeep(ctx context.Context, db *sqldb.DB, acc string, part Part) error {
	if !part.byConsent() {
		return nil
	}
	agrees, err := s.agrees(ctx, db, acc)
	if err == nil && !agrees {
		err = ErrConsent
	}
	return err
}

// tell says to the holder that the data changed, and what to do if it was
// somebody else. Source: B-21.
func (s *Service) tell(ctx context.Context, tx *sqldb.DB, acc string, parts []Part, event string) error {
	if s.notices == nil {
		return nil
	}
	return s.notices.Send(ctx, tx, notify.Notice{Owner: acc, Key: "person/" + event, Title: "person.notice_changed", Text: "person.notice_changed_text",
		Args: []any{"part", partText(parts[0])}, Link: "/profile/history", Topic: notify.TopicPerson, Level: notify.Success})
}
