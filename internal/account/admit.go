package account

import (
	"context"
	"fmt"
	"net/http"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// Proof is how somebody proved to be the holder of an account.
type Proof struct {
	Method string // message key, for the history of sign-ins
	Strong bool   // stands for both steps: no code is asked for after it

	confined bool    // the password that was given must be changed before anything else
	try      attempt // of a password: forgiven when the person is let in
}

// Admit lets the holder of an account in whom another feature recognised, by an
// outside sign-in or a signature: with the second step where the account needs
// one and the proof does not stand for it. in.Login and in.Password are not
// read. It sets the cookies and answers the request. It returns ErrNone,
// ErrNoPhone and limit.ErrTooMany.
func (s *Service) Admit(w http.ResponseWriter, r *http.Request, account string, p Proof, in SignIn) error {
	a, err := s.Account(r.Context(), account)
	if err != nil {
		return err
	}
	entered, err := s.enter(r.Context(), s.clientOf(w, r), a, in, p)
	if err != nil {
		return err
	}
	return s.admitted(w, r, entered, in.Next, in.Kept)
}

// Client tells where a request came from, for features that let people in.
func (s *Service) Client(w http.ResponseWriter, r *http.Request) Client { return s.clientOf(w, r) }

// Newcomer is somebody whose account another feature makes: from what a bank,
// a signature or an operator vouches for.
type Newcomer struct {
	Name     Name
	Phone    string // E.164, confirmed; "" for none
	Email    string // canonical, confirmed; "" for none
	Hash     string // of the password, made by Hash; "" when there is none
	Consents []string
	Lang     i18n.Lang // "" is Russian
}

// Enrol makes the account of a newcomer in tx, at the Simplified level. It
// returns ErrTaken and ErrConsent.
func (s *Service) Enrol(ctx context.Context, tx *sqldb.DB, n Newcomer, by audit.Actor) (Account, error) {
	if !enough(n.Consents) {
		return Account{}, ErrConsent
	}
	a, err := s.Make(ctx, tx, Sample{Level: Simplified, Phone: n.Phone, Email: n.Email, Hash: n.Hash, Lang: n.Lang})
	if err != nil {
		return a, err
	}
	if err := s.agreed(ctx, tx, a.ID, n.Consents, by); err != nil {
		return a, fmt.Errorf("enrolling: %w", err)
	}
	if s.registered != nil {
		if err := s.registered(ctx, tx, a.ID, n.Name); err != nil {
			return a, err
		}
	}
	return a, audit.Record(ctx, tx, s.now(), audit.Entry{Owner: a.ID, Actor: by, Act: "account.audit_registered"})
}

// Claim makes an account findable by an identifier that was verified. It
// returns ErrTaken when it belongs to another account.
func (s *Service) Claim(ctx context.Context, tx *sqldb.DB, account string, l Login) error {
	free, err := claimIdentifier(ctx, tx, s.keys, l, account)
	if err != nil {
		return fmt.Errorf("claiming an identifier: %w", err)
	}
	if !free {
		return ErrTaken
	}
	return nil
}

// Release takes an identifier away from an account that has it.
func (s *Service) Release(ctx context.Context, tx *sqldb.DB, account string, l Login) error {
	if err := releaseIdentifier(ctx, tx, s.keys, l, account); err != nil {
		return fmt.Errorf("releasing an identifier: %w", err)
	}
	return nil
}
