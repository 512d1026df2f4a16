package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// SetEmail adds an address to the account, in place of one that was not
// confirmed, and sends a link there that confirms it. The page says the same
// whether or not the address belongs to another account: the letter tells. It
// returns limit.ErrTooMany.
func (s *Service) SetEmail(ctx context.Context, account, session, address string) error {
	if err := s.limits.Take(ctx, limitMailPerPerson, address); err != nil {
		return err
	}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		contacts, err := contactsOf(ctx, tx, s.keys, account)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			if c.kind == Email && c.value == address && !c.confirmed.IsZero() {
				return nil // it is there already
			}
			if c.kind == Email && c.confirmed.IsZero() {
				if err := deleteContact(ctx, tx, account, Email, c.id); err != nil {
					return err
				}
			}
		}
		c := contact{kind: Email, id: id.New(), value: address}
		if err := insertContact(ctx, tx, s.keys, account, c); err != nil {
			return err
		}
		if err := s.sendLink(ctx, tx, account, c.id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_email_added"})
	})
	if err != nil {
		return fmt.Errorf("adding an address: %w", err)
	}
	return nil
}

// sendLink plans the letter that confirms an address. Links sent before stop
// working.
func (s *Service) sendLink(ctx context.Context, tx *sqldb.DB, account, contactID string) error {
	if err := deleteLinks(ctx, tx, account); err != nil {
		return err
	}
	secret := id.Secret()
	l := link{account: account, id: id.New(), contact: contactID, secret: digest(secret), until: s.now().Add(linkLife),
		sealed: s.keys.SealString("account_link", "sealed", account, secret)}
	if err := insertLink(ctx, tx, l); err != nil {
		return err
	}
	return jobs.Add(ctx, tx, sendLink{account, l.id})
}

// ConfirmEmail takes the parts of the link in a letter. From then on the
// address serves to sign in, in place of an older one. It returns ErrLink and
// ErrTaken.
func (s *Service) ConfirmEmail(ctx context.Context, account, linkID, secret string) error {
	if !id.Valid(account) || !id.Valid(linkID) {
		return ErrLink
	}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		l, err := linkByID(ctx, tx, account, linkID)
		if err != nil {
			return err
		}
		if !hmac.Equal(l.secret, digest(secret)) || !s.now().Before(l.until) {
			return ErrLink
		}
		return s.confirmEmail(ctx, tx, l)
	})
	if err != nil && !errors.Is(err, ErrLink) && !errors.Is(err, ErrTaken) {
		return fmt.Errorf("confirming an address: %w", err)
	}
	return err
}

func (s *Service) confirmEmail(ctx context.Context, tx *sqldb.DB, l link) error {
	contacts, err := contactsOf(ctx, tx, s.keys, l.account)
	if err != nil {
		return err
	}
	found := false
	for _, c := range contacts {
		switch {
		case c.kind != Email:
		case c.id == l.contact:
			found = true
			free, err := claimIdentifier(ctx, tx, s.keys, Login{Email, c.value}, l.account)
			if err != nil {
				return err
			}
			if !free {
				return ErrTaken
			}
			if err := confirmContact(ctx, tx, l.account, Email, c.id, s.now()); err != nil {
				return err
			}
		default: // the one before
			if err := releaseIdentifier(ctx, tx, s.keys, Login{Email, c.value}, l.account); err != nil {
				return err
			}
			if err := deleteContact(ctx, tx, l.account, Email, c.id); err != nil {
				return err
			}
		}
	}
	if !found {
		return ErrLink
	}
	if err := deleteLinks(ctx, tx, l.account); err != nil {
		return err
	}
	if err := s.tellEmail(ctx, tx, l.account, l.id); err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: l.account, Actor: person(l.account), Act: "account.audit_email_confirmed"})
}

// Contact is a phone or address of an account.
type Contact struct {
	Kind      Kind
	Value     string
	Confirmed bool
}

// ContactsOf returns the phones and addresses of the account.
func (s *Service) ContactsOf(ctx context.Context, account string) ([]Contact, error) {
	all, err := contactsOf(ctx, s.db, s.keys, account)
	if err != nil {
		return nil, fmt.Errorf("reading contacts: %w", err)
	}
	list := make([]Contact, len(all))
	for i, c := range all {
		list[i] = Contact{c.kind, c.value, !c.confirmed.IsZero()}
	}
	return list, nil
}
