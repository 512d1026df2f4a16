package account

import (
	"context"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// StartRecovery sends a code to the contact that was typed, if it is a
// confirmed one of some account, and returns the ID of the flow in any case.
// Nothing about the account changes before the code comes back. It returns
// limit.ErrTooMany.
func (s *Service) StartRecovery(ctx context.Context, c Client, login Login, lang i18n.Lang) (string, error) {
	return s.startByLogin(ctx, c, flowRecover, login, lang)
}

// StartUnlock is StartRecovery for an account that is locked and whose password
// the person knows.
func (s *Service) StartUnlock(ctx context.Context, c Client, login Login, lang i18n.Lang) (string, error) {
	return s.startByLogin(ctx, c, flowUnlock, login, lang)
}

func (s *Service) startByLogin(ctx context.Context, c Client, kind string, login Login, lang i18n.Lang) (string, error) {
	if err := s.allowSending(ctx, c, login); err != nil {
		return "", err
	}
	owner, err := accountOf(ctx, s.db, s.keys, login)
	if err != nil {
		return "", fmt.Errorf("starting a recovery: %w", err)
	}
	f := flow{kind: kind, account: owner, data: flowData{Login: login, To: login, Lang: string(lang)}}
	var flowID string
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		flowID, err = s.startFlow(ctx, tx, c, f)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("starting a recovery: %w", err)
	}
	return flowID, nil
}

// Recover sets a new password in a proved flow, ends every session, forgets
// every known device and opens what was locked. It does not sign in: that asks
// for the second step as ever. It returns ErrFlow, ErrPassword and ErrBusy.
func (s *Service) Recover(ctx context.Context, c Client, flowID, password string) error {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", flowRecover)
	if err != nil {
		return err
	}
	if f.proved.IsZero() {
		return ErrFlow
	}
	if len(s.rules.Broken(password, f.data.Login.Value)) > 0 {
		return ErrPassword
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("recovering: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowRecover)
		if err != nil {
			return err
		}
		if err := s.finish(ctx, tx, f); err != nil {
			return err
		}
		if err := s.replacePassword(ctx, tx, f.account, hash, ""); err != nil {
			return err
		}
		if err := setRecovered(ctx, tx, f.account, f.data.To.Kind); err != nil {
			return err
		}
		if err := deleteDevices(ctx, tx, f.account); err != nil {
			return err
		}
		if err := forgiveAll(ctx, tx, f.account); err != nil {
			return err
		}
		if err := s.tellRecovered(ctx, tx, f.account, f.id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: f.account, Actor: person(f.account), Act: "account.audit_recovered"})
	})
	if err != nil {
		return fmt.Errorf("recovering: %w", err)
	}
	return nil
}

// replacePassword stores a new password and ends every session but keep.
func (s *Service) replacePassword(ctx context.Context, tx *sqldb.DB, account, hash, keep string) error {
	if err := setPassword(ctx, tx, account, hash, s.now()); err != nil {
		return err
	}
	return s.endAll(ctx, tx, account, keep, "account.session_password")
}

// Unlock opens a locked account when the code fits. It returns ErrFlow,
// ErrCodeOver or a *WrongCode.
func (s *Service) Unlock(ctx context.Context, c Client, flowID, typed string) error {
	var verdict error
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowUnlock)
		if err != nil {
			return err
		}
		if verdict, err = s.prove(ctx, tx, &f, typed); err != nil || verdict != nil {
			return err
		}
		if err := s.finish(ctx, tx, f); err != nil {
			return err
		}
		if err := forgiveAll(ctx, tx, f.account); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: f.account, Actor: person(f.account), Act: "account.audit_unlocked"})
	})
	if err != nil {
		return fmt.Errorf("unlocking: %w", err)
	}
	return verdict
}
