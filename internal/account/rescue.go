package account

import (
	"context"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Rescue gives an account back to a holder who lost everything and whose
// identity was proved anew: the password with that hash, the new contact in
// place of all the others, and no second factor but a code to it. Every session
// ends, no device is trusted any more, what was locked is open. It returns
// ErrTaken when the contact belongs to another account.
func (s *Service) Rescue(ctx context.Context, tx *sqldb.DB, account string, to Login, hash string, by audit.Actor) error {
	if err := s.rescue(ctx, tx, account, to, hash); err != nil {
		return fmt.Errorf("rescuing an account: %w", err)
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: "account.audit_rescued"})
}

func (s *Service) rescue(ctx context.Context, tx *sqldb.DB, account string, to Login, hash string) error {
	if err := lockContacts(ctx, tx, account); err != nil {
		return err
	}
	all, err := contactsOf(ctx, tx, s.keys, account)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := s.takeContact(ctx, tx, account, c); err != nil {
			return err
		}
	}
	free, err := claimIdentifier(ctx, tx, s.keys, to, account)
	if err != nil {
		return err
	}
	if !free {
		return ErrTaken
	}
	if err := insertContact(ctx, tx, s.keys, account, contact{kind: to.Kind, id: id.New(), value: to.Value, confirmed: s.now(), role: roleMain}); err != nil {
		return err
	}
	if err := s.replacePassword(ctx, tx, account, hash, ""); err != nil {
		return err
	}
	if err := dropFactors(ctx, tx, account); err != nil {
		return err
	}
	if err := deleteDevices(ctx, tx, account); err != nil {
		return err
	}
	if err := askContacts(ctx, tx, account, s.now()); err != nil {
		return err
	}
	return forgiveAll(ctx, tx, account)
}

// dropFactors forgets every second factor of an account.
func dropFactors(ctx context.Context, tx *sqldb.DB, account string) error {
	for _, query := range []string{
		`DELETE FROM account_factor WHERE account = $1`,
		`DELETE FROM account_backup WHERE account = $1`,
		`DELETE FROM account_passkey WHERE account = $1`,
	} {
		if _, err := tx.Exec(ctx, query, account); err != nil {
			return err
		}
	}
	return nil
}
