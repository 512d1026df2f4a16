package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

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
// address serves to sign in. It returns ErrLink and
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
	err := s.confirmContact(ctx, tx, l.account, "", l.contact)
	if errors.Is(err, ErrContact) {
		return ErrLink
	}
	if err != nil {
		return err
	}
	return deleteLinks(ctx, tx, l.account)
}
