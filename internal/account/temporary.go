package account

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/sqldb"
)

// changePage is the one page that is open to somebody who must choose a
// password of their own first.
const changePage = "/settings/password"

var (
	// ErrTemporaryOver is returned for a temporary password that is too old.
	ErrTemporaryOver = fault.New(fault.Invalid, "account.temporary_over")
	// ErrSamePassword is returned for a new password that is the current one.
	ErrSamePassword = fault.New(fault.Invalid, "account.password_same")
)

// SetTemporary gives an account a password that serves until a time and only to
// choose another one: whoever signs in with it sees nothing else before that.
// hash is made by Hash. Every session ends, no device is trusted any more, what
// was locked is open, and the holder is told.
func (s *Service) SetTemporary(ctx context.Context, tx *sqldb.DB, account, hash string, until time.Time) error {
	if err := s.replacePassword(ctx, tx, account, hash, ""); err != nil {
		return fmt.Errorf("setting a temporary password: %w", err)
	}
	if err := limitPassword(ctx, tx, account, until); err != nil {
		return fmt.Errorf("setting a temporary password: %w", err)
	}
	if err := deleteDevices(ctx, tx, account); err != nil {
		return fmt.Errorf("setting a temporary password: %w", err)
	}
	if err := forgiveAll(ctx, tx, account); err != nil {
		return fmt.Errorf("setting a temporary password: %w", err)
	}
	err := s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/temporary/" + stamp(s.now()), Level: notify.Warning, SMS: true,
		Title: "account.notice_temporary", Text: "account.notice_temporary_text", Args: []any{"until", notify.Moment{Time: until}}})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: audit.Portal(), Act: "account.audit_temporary"})
}

// limitPassword makes the password of an account a temporary one.
func limitPassword(ctx context.Context, tx *sqldb.DB, account string, until time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_password SET must_change = $1, until = $2 WHERE account = $3`, true, sqldb.At(until), account)
	return err
}

// free opens everything again to a session whose holder chose a password.
func free(ctx context.Context, tx *sqldb.DB, account, session string) error {
	_, err := tx.Exec(ctx, `UPDATE account_session SET confined = $1 WHERE account = $2 AND id = $3`, false, account, session)
	return err
}
