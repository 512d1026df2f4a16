package account

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// StartPhone sends a code to a phone for another feature that must know whether
// somebody who is not signed in holds it, and returns the ID of the flow. It
// tells nothing of whether the phone has an account. It returns
// limit.ErrTooMany.
func (s *Service) StartPhone(ctx context.Context, c Client, phone string, lang i18n.Lang) (string, error) {
	owner, err := accountOf(ctx, s.db, s.keys, Login{Phone, phone})
	if err != nil {
		return "", fmt.Errorf("asking for a phone: %w", err)
	}
	if owner != "" {
		return s.StartRecovery(ctx, c, Login{Phone, phone}, lang)
	}
	return s.StartRegistration(ctx, c, phone, lang)
}

// PhoneStep returns what the page of the code of StartPhone shows; Proved and To
// tell what Prove found out. It returns ErrFlow.
func (s *Service) PhoneStep(ctx context.Context, c Client, flow string) (Step, error) {
	return s.Step(ctx, c, flow, flowRegister, flowRecover)
}

// ResendPhone sends a new code. It returns ErrFlow, ErrTooSoon and
// limit.ErrTooMany.
func (s *Service) ResendPhone(ctx context.Context, c Client, flow string) error {
	return s.Resend(ctx, c, flow, flowRegister, flowRecover)
}

// CanEnter reports whether the account can be got into by something of its own,
// without what other features offer.
func (s *Service) CanEnter(ctx context.Context, tx *sqldb.DB, account string) (bool, error) {
	_, err := passwordChanged(ctx, tx, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		n, err := countPasskeys(ctx, tx, account)
		return n > 0, err
	}
	return err == nil, err
}
