package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"kabinet/internal/audit"
	"kabinet/internal/platform/sqldb"
)

// FactorPassword is the password as a proof before an act that needs a fresh
// one. In the second step of a sign-in it is none.
const FactorPassword Factor = "password"

// purposeProve is the purpose of codes that prove somebody signed in again; the
// object is the session.
const purposeProve = "account.prove"

// Proofs returns by what the holder of an account can prove themselves again
// before an act that needs it, the strongest first.
func (s *Service) Proofs(ctx context.Context, account string) ([]Factor, error) {
	set, err := s.Factors(ctx, account)
	if err != nil {
		return nil, err
	}
	return set.proofs(s.webauthn != nil), nil
}

func (f *Factors) proofs(passkeys bool) (all []Factor) {
	for _, one := range []Factor{FactorPasskey, FactorApp, FactorPassword, FactorSMS, FactorEmail} {
		switch {
		case one == FactorPasskey && !passkeys:
		case one == FactorPassword && f.password, f.Has(one):
			all = append(all, one)
		}
	}
	if len(all) == 0 {
		all = f.lastResort()
	}
	return all
}

// StartProof sends the code of a proof by SMS or e-mail. It returns ErrFactor,
// ErrNoPhone, ErrNoEmail and limit.ErrTooMany.
func (s *Service) StartProof(ctx context.Context, account, session string, by Factor) (Code, error) {
	all, err := s.Proofs(ctx, account)
	if err != nil {
		return Code{}, err
	}
	if !slices.Contains(all, by) || !by.sent() {
		return Code{}, ErrFactor
	}
	kind := Phone
	if by == FactorEmail {
		kind = Email
	}
	return s.startCode(ctx, account, kind, purposeProve, session)
}

// Reprove takes the password of a session's holder before an act that needs a
// fresh proof, which then serves for freshFor. It returns ErrWrong, ErrLocked
// and ErrBusy.
func (s *Service) Reprove(ctx context.Context, c Client, account, session, password string) error {
	if err := s.checkOwn(ctx, c, account, password); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error { return s.proved(ctx, tx, account, session, FactorPassword) })
}

// ReproveByApp is Reprove by a code of the app. It returns ErrFactor, ErrCode,
// ErrFactorLocked and limit.ErrTooMany.
func (s *Service) ReproveByApp(ctx context.Context, c Client, account, session, typed string) error {
	if err := s.limits.TakeFast(limitFactorTries, account); err != nil {
		return err
	}
	var verdict error
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, err := accountByID(ctx, tx, account)
		if err != nil {
			return err
		}
		set, err := s.factorsOf(ctx, tx, a)
		if err != nil {
			return err
		}
		if !set.App {
			return ErrFactor
		}
		if _, verdict, err = s.proveTyped(ctx, tx, c, account, &set, answer{typed: typed}); err != nil || verdict != nil {
			return err
		}
		return s.proved(ctx, tx, account, session, FactorApp)
	})
	if err = errors.Join(err, verdict); err != nil {
		return fmt.Errorf("proving by an app: %w", err)
	}
	return nil
}

// ReproveByCode is Reprove by the code that StartProof sent. It returns
// ErrCodeOver or a *WrongCode.
func (s *Service) ReproveByCode(ctx context.Context, account, session string, by Factor, codeID, typed string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.CheckCode(ctx, tx, account, codeID, purposeProve, session, typed); err != nil {
			return err
		}
		return s.proved(ctx, tx, account, session, by)
	})
	return s.MissCode(ctx, account, codeID, err)
}

// ReproveByPasskey is Reprove by a passkey. It returns ErrPasskey,
// ErrPasskeyCopied and limit.ErrTooMany.
func (s *Service) ReproveByPasskey(ctx context.Context, c Client, account, session, token, answer string) error {
	if err := s.limits.TakeFast(limitSignIn, sourceOf(c.IP)); err != nil {
		return err
	}
	var verdict error
	err := s.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		if _, verdict, err = s.fitsPasskey(ctx, tx, passkeyConfirm, account, token, answer); err != nil || verdict != nil {
			return err
		}
		return s.proved(ctx, tx, account, session, FactorPasskey)
	})
	if err = errors.Join(err, verdict); err != nil {
		return fmt.Errorf("proving by a passkey: %w", err)
	}
	return nil
}

// proved notes a fresh proof.
func (s *Service) proved(ctx context.Context, tx *sqldb.DB, account, session string, by Factor) error {
	if err := proveSession(ctx, tx, account, session, s.now()); err != nil {
		return fmt.Errorf("noting a proof: %w", err)
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_proved", Reason: by.Text()})
}
