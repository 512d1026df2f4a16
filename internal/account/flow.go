package account

import (
	"context"
	"crypto/hmac"
	"fmt"
	"time"

	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/sqldb"
)

// Step is what a page of a flow shows.
type Step struct {
	ID       string
	Kind     string
	To       Login // where the code went, to be shown masked
	Left     int   // tries
	Life     time.Duration
	ResendAt time.Time
	Proved   bool
	Alien    bool
	Name     Name
	Email    string
	Consents []string
	Kept     string
	Next     string
	data     flowData
	account  string // whom it concerns; "" when nobody, or not known yet
}

// startFlow makes a flow and plans the sending of its first code. The work is
// the same whether or not there is somewhere to send it to.
func (s *Service) startFlow(ctx context.Context, tx *sqldb.DB, c Client, f flow) (string, error) {
	f.id, f.browser, f.until = id.New(), digest(c.Browser), s.now().Add(f.life())
	s.newCode(&f)
	if err := insertFlow(ctx, tx, s.keys, f); err != nil {
		return "", err
	}
	if f.kind == flowSecond && f.data.To.Value == "" {
		return f.id, nil // proved without a code of ours
	}
	return f.id, jobs.Add(ctx, tx, sendFlow{f.id, f.sends})
}

// newCode replaces the code of f. A flow that must not succeed gets a hash that
// no code has.
func (s *Service) newCode(f *flow) {
	digits := randomDigits(CodeDigits)
	f.sends++
	f.tries, f.sent, f.oneTime.until = 0, s.now(), s.now().Add(f.codeLife())
	f.hash = s.codeHash(f.id, digits)
	f.data.Link = nil
	if f.linked() {
		secret := id.Secret()
		f.data.Link = digest(secret)
		digits += " " + secret
	}
	if f.linkOnly() {
		f.oneTime.until = f.until
	}
	f.code = s.keys.SealString("account_flow", "code", f.id, digits)
	if f.hopeless() || f.linkOnly() {
		f.hash = digest(id.Secret())
	}
}

// codeLife is how long a code of the flow works. When the account was found by
// what is no contact it is the same wherever the code went, or did not go.
func (f *flow) codeLife() time.Duration {
	if f.kind != flowSecond && f.data.Login.Kind != "" && !f.data.Login.contact() {
		return EmailLife
	}
	return codeLife(f.data.To.Kind)
}

func codeLife(k Kind) time.Duration {
	if k == Email {
		return EmailLife
	}
	return CodeLife
}

// hopeless tells a flow whose code fits nothing: nobody has the login, the phone
// has an account already, or the second step is taken without a code of ours.
func (f *flow) hopeless() bool {
	return f.data.Exists || f.kind != flowRegister && f.account == "" || f.kind == flowSecond && f.data.To.Value == ""
}

// allowSending returns limit.ErrTooMany when too many codes went to a contact
// or were asked for from one source. It counts the login as typed, not whether
// somebody has it.
func (s *Service) allowSending(ctx context.Context, c Client, to Login) error {
	if err := s.limits.TakeFast(limitSMSPerSource, sourceOf(c.IP)); err != nil {
		return err
	}
	return s.limits.Take(ctx, perContact(to.Kind), to.Value)
}

func perContact(k Kind) limit.Rule {
	switch k {
	case Email:
		return limitMailPerPerson
	case Phone:
		return limitSMSPerPhone
	}
	return limitFinder
}

// flowFor returns the flow when it is of one of the kinds, not over, and of this
// browser; else ErrFlow.
func (s *Service) flowFor(ctx context.Context, db *sqldb.DB, c Client, flowID, lock string, kinds ...string) (flow, error) {
	if !id.Valid(flowID) {
		return flow{}, ErrFlow
	}
	f, err := flowByID(ctx, db, s.keys, flowID, lock)
	if err != nil {
		return f, err
	}
	ok := false
	for _, k := range kinds {
		ok = ok || f.kind == k
	}
	if !ok || !hmac.Equal(f.browser, digest(c.Browser)) || !f.done.IsZero() || !s.now().Before(f.until) {
		return f, ErrFlow
	}
	return f, nil
}

// Step returns what the page of a flow shows, or ErrFlow.
func (s *Service) Step(ctx context.Context, c Client, flowID string, kinds ...string) (Step, error) {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", kinds...)
	if err != nil {
		return Step{}, err
	}
	return Step{ID: f.id, Kind: f.kind, To: f.shown(), Left: f.left(), Life: f.codeLife(), ResendAt: f.resendAt(), Proved: !f.proved.IsZero(),
		Alien: f.data.Alien, Name: f.data.Name, Email: f.data.Email, Consents: f.data.Consents, Kept: f.data.Kept, Next: f.data.Next, data: f.data, account: f.account}, nil
}

// shown is where the page says the code went: what was typed, so that it says
// the same whoever has that login. Only the second step, after the password,
// names the phone itself.
func (f *flow) shown() Login {
	if f.kind == flowSecond {
		return f.data.To
	}
	return f.data.Login
}

// Resend sends a new code, which makes the old one useless. It returns ErrFlow,
// ErrTooSoon and limit.ErrTooMany.
func (s *Service) Resend(ctx context.Context, c Client, flowID string, kinds ...string) error {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", kinds...)
	if err != nil {
		return err
	}
	if err := f.mayResend(s.now()); err != nil {
		return err
	}
	if f.kind == flowSecond {
		err = s.limits.Take(ctx, limitCodes, f.account)
	} else {
		err = s.allowSending(ctx, c, f.data.Login)
	}
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), kinds...)
		if err != nil {
			return err
		}
		if err := f.mayResend(s.now()); err != nil {
			return err // somebody was quicker in another tab
		}
		s.newCode(&f)
		if err := updateFlow(ctx, tx, s.keys, f); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, sendFlow{f.id, f.sends})
	})
}

// prove checks the code of a flow inside tx. The wrong try is counted in tx,
// which must be committed: so the verdict comes apart from the error.
func (s *Service) prove(ctx context.Context, tx *sqldb.DB, f *flow, typed string) (verdict, err error) {
	if verdict = f.usable(s.now()); verdict != nil {
		return verdict, nil
	}
	if !s.fits(f.oneTime, f.id, typed) {
		return missed(f.tries + 1), missFlow(ctx, tx, f.id)
	}
	f.proved, f.hash, f.code = s.now(), []byte{}, []byte{}
	return nil, updateFlow(ctx, tx, s.keys, *f)
}

// Prove takes the code of a registration or recovery. It returns ErrFlow,
// ErrCodeOver or a *WrongCode. A flow that was proved before stays so.
func (s *Service) Prove(ctx context.Context, c Client, flowID, typed string) error {
	var verdict error
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowRegister, flowRecover)
		if err != nil || !f.proved.IsZero() {
			return err
		}
		verdict, err = s.prove(ctx, tx, &f, typed)
		return err
	})
	if err != nil {
		return fmt.Errorf("checking the code of a flow: %w", err)
	}
	return verdict
}

// finish marks the flow as done, so that it works once.
func (s *Service) finish(ctx context.Context, tx *sqldb.DB, f flow) error {
	f.done = s.now()
	return updateFlow(ctx, tx, s.keys, f)
}
