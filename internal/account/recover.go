package account

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
)

// Asked is what somebody typed to get back in.
type Asked struct {
	Login Login // a contact, or what only finds the account: СНИЛС, ИНН, passport
	Via   Kind  // of the contact that the code goes to when Login is none: Phone or Email
	Lang  i18n.Lang
}

// StartRecovery is StartRecoveryBy with a contact.
func (s *Service) StartRecovery(ctx context.Context, c Client, login Login, lang i18n.Lang) (string, error) {
	return s.StartRecoveryBy(ctx, c, Asked{Login: login, Lang: lang})
}

// StartRecoveryBy sends a code to the contact that was typed, if it is a
// confirmed one of some account, or to the main one of the account that was
// found. It returns the ID of the flow in any case. Nothing about the account
// changes before the code comes back. It returns limit.ErrTooMany.
func (s *Service) StartRecoveryBy(ctx context.Context, c Client, q Asked) (string, error) {
	return s.startByLogin(ctx, c, flowRecover, q)
}

// StartUnlock is StartUnlockBy with a contact.
func (s *Service) StartUnlock(ctx context.Context, c Client, login Login, lang i18n.Lang) (string, error) {
	return s.StartUnlockBy(ctx, c, Asked{Login: login, Lang: lang})
}

// StartUnlockBy is StartRecoveryBy for an account that is locked and whose
// password the person knows.
func (s *Service) StartUnlockBy(ctx context.Context, c Client, q Asked) (string, error) {
	return s.startByLogin(ctx, c, flowUnlock, q)
}

func (s *Service) startByLogin(ctx context.Context, c Client, kind string, q Asked) (string, error) {
	if err := s.allowSending(ctx, c, q.Login); err != nil {
		return "", err
	}
	owner, err := accountOf(ctx, s.db, s.keys, q.Login)
	if err != nil {
		return "", fmt.Errorf("starting a recovery: %w", err)
	}
	f := flow{kind: kind, account: owner, data: flowData{Login: q.Login, To: q.Login, Lang: string(q.Lang)}}
	if !q.Login.contact() {
		if err := s.aim(ctx, &f, q); err != nil {
			return "", fmt.Errorf("starting a recovery: %w", err)
		}
	}
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

// aim has the code of f go to the main contact of the account that was found.
// The work is the same when none was; and whoever asks too often about one
// account gets the same answer while nothing is sent.
func (s *Service) aim(ctx context.Context, f *flow, q Asked) error {
	all, err := contactsOf(ctx, s.db, s.keys, f.account)
	if err != nil {
		return err
	}
	to := mainContact(all, q.Via)
	if to.id == "" {
		to = mainContact(all, map[Kind]Kind{Phone: Email, Email: Phone}[q.Via])
	}
	f.data.To = Login{to.kind, to.value}
	subject := f.account
	if subject == "" {
		subject = s.nobody(q.Login)
	}
	err = s.limits.Take(ctx, limitFound, subject)
	if errors.Is(err, limit.ErrTooMany) {
		f.account, f.data.To, err = "", Login{}, nil
	}
	if to.id == "" {
		f.account, f.data.To = "", Login{}
	}
	return err
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
	rules, words, err := s.rulesFor(ctx, f.account)
	if err != nil {
		return err
	}
	if len(rules.Broken(password, words...)) > 0 {
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
		if err := s.reopen(ctx, tx, f.account); err != nil {
			return err
		}
		if err := s.warnRecovered(ctx, tx, f.account); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: f.account, Actor: person(f.account), Act: "account.audit_recovered"})
	})
	if err != nil {
		return fmt.Errorf("recovering: %w", err)
	}
	return nil
}

// warnRecovered tells every contact of an account that its password was
// recovered, and has the person look at the contacts at the next sign-in.
// Source: A-105.
func (s *Service) warnRecovered(ctx context.Context, tx *sqldb.DB, account string) error {
	if err := askContacts(ctx, tx, account, s.now()); err != nil {
		return err
	}
	all, err := contactsOf(ctx, tx, s.keys, account)
	if err != nil {
		return err
	}
	return s.warn(ctx, tx, warning{account: account, kind: warnRecovered, data: warningData{To: logins(confirmedOnes(all))}})
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
