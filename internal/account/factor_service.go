package account

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// Factors returns what the account has for the second step.
func (s *Service) Factors(ctx context.Context, account string) (Factors, error) {
	a, err := s.Account(ctx, account)
	if err != nil {
		return Factors{}, err
	}
	return s.factorsOf(ctx, s.db, a)
}

func (s *Service) factorsOf(ctx context.Context, db *sqldb.DB, a Account) (f Factors, err error) {
	contacts, err := contactsOf(ctx, db, s.keys, a.ID)
	if err != nil {
		return f, fmt.Errorf("reading contacts: %w", err)
	}
	f.On, f.Obliged = a.NeedsSecond(), a.obliged()
	f.Phone, f.Email = confirmedContact(contacts, Phone), confirmedContact(contacts, Email)
	if s.mail == nil {
		f.Email = ""
	}
	if err := readFactors(ctx, db, a.ID, &f); err != nil {
		return f, fmt.Errorf("reading factors: %w", err)
	}
	return f, nil
}

// changeFactors changes the factors of an account in one transaction with the
// line of the audit log and the notice. change returns the factor and whether
// it was added. What was added switches the second step on; when nothing is
// left, the second step of those who may do without it goes off.
func (s *Service) changeFactors(ctx context.Context, account, session string, change func(tx *sqldb.DB, f *Factors) (one Factor, added bool, err error)) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, err := lockAccount(ctx, tx, account)
		if err != nil {
			return err
		}
		set, err := s.factorsOf(ctx, tx, a)
		if err != nil {
			return err
		}
		one, added, err := change(tx, &set)
		if err != nil {
			return err
		}
		if added && one != FactorBackup && one != FactorPasskey || !added && set.Last(one) {
			if _, err := setSecondFactor(ctx, tx, account, added); err != nil {
				return err
			}
		}
		return s.recordFactor(ctx, tx, account, session, one, added)
	})
	if err != nil {
		return fmt.Errorf("changing factors: %w", err)
	}
	return nil
}

func (s *Service) recordFactor(ctx context.Context, tx *sqldb.DB, account, session string, one Factor, added bool) error {
	act, title := "account.audit_factor_removed", "account.notice_factor_removed"
	if added {
		act, title = "account.audit_factor_added", "account.notice_factor_added"
	}
	err := s.tell(ctx, tx, notify.Notice{Owner: account, Key: title + "/" + string(one) + "/" + stamp(s.now()), Level: notify.Warning, SMS: true,
		Title: title, Text: "account.notice_factor_text", Args: []any{"factor", i18n.K(one.Text()), "at", notify.Moment{Time: s.now()}}})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: act, Object: "factor/" + string(one), Reason: one.Text()})
}

// lockAccount returns an account that is going to be changed. It returns
// ErrNone.
func lockAccount(ctx context.Context, tx *sqldb.DB, account string) (Account, error) {
	a, err := sqldb.One(ctx, tx, scanAccount, `SELECT `+accountColumns+` FROM account WHERE id = $1`+tx.ForUpdate(), account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return a, ErrNone
	}
	return a, err
}

// RemoveFactor takes a factor away: codes by SMS or e-mail, the app. It returns
// ErrFactor, and ErrSecondNeeded for the last one of somebody who may not do
// without.
func (s *Service) RemoveFactor(ctx context.Context, account, session string, one Factor) error {
	return s.changeFactors(ctx, account, session, func(tx *sqldb.DB, f *Factors) (Factor, bool, error) {
		if !f.Has(one) {
			return one, false, ErrFactor
		}
		if f.Obliged && f.Last(one) {
			return one, false, ErrSecondNeeded
		}
		switch one {
		case FactorSMS:
			return one, false, setSent(ctx, tx, account, false, f.Mail)
		case FactorEmail:
			return one, false, setSent(ctx, tx, account, f.SMS, false)
		case FactorApp:
			_, err := deleteApp(ctx, tx, account)
			return one, false, err
		}
		return one, false, ErrFactor
	})
}

// AddSent makes codes by SMS or e-mail a factor. The code that StartFactor sent
// confirms it. It returns ErrCodeOver or a *WrongCode.
func (s *Service) AddSent(ctx context.Context, account, session string, one Factor, codeID, typed string) error {
	err := s.changeFactors(ctx, account, session, func(tx *sqldb.DB, f *Factors) (Factor, bool, error) {
		if err := s.CheckCode(ctx, tx, account, codeID, PurposeFactor, string(one), typed); err != nil {
			return one, true, err
		}
		return one, true, setSent(ctx, tx, account, f.SMS || one == FactorSMS, f.Mail || one == FactorEmail)
	})
	return s.MissCode(ctx, account, codeID, err)
}

// PurposeFactor is the purpose of codes that make SMS or e-mail a factor.
const PurposeFactor = "account.factor"

// StartFactor sends the code that AddSent takes. It returns ErrNoPhone,
// ErrNoEmail and limit.ErrTooMany.
func (s *Service) StartFactor(ctx context.Context, account string, one Factor) (Code, error) {
	if one == FactorEmail {
		return s.startCode(ctx, account, Email, PurposeFactor, string(one))
	}
	return s.startCode(ctx, account, Phone, PurposeFactor, string(one))
}

// SwitchSecond asks for the second step at every sign-in, by what factors there
// are, or makes the password alone let in again. It returns ErrSecondNeeded.
func (s *Service) SwitchSecond(ctx context.Context, account, session string, on bool) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, err := lockAccount(ctx, tx, account)
		if err != nil {
			return err
		}
		if a.obliged() {
			return ErrSecondNeeded
		}
		changed, err := setSecondFactor(ctx, tx, account, on)
		if err != nil || !changed {
			return err
		}
		act := "account.audit_second_off"
		if on {
			act = "account.audit_second_on"
		}
		if err := s.tellSecond(ctx, tx, account, on); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: act})
	})
	if err != nil {
		return fmt.Errorf("switching the second step: %w", err)
	}
	return nil
}
