package account

import (
	"context"
	"fmt"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// StartPhoneCode begins a sign-in by a code sent to a phone, without a password.
// in.Login is the phone; in.Password is not read. The ID of the flow comes back
// whether or not an account has the phone. It returns limit.ErrTooMany.
func (s *Service) StartPhoneCode(ctx context.Context, c Client, in SignIn) (string, error) {
	if err := s.allowSending(ctx, c, in.Login); err != nil {
		return "", err
	}
	owner, err := accountOf(ctx, s.db, s.keys, in.Login)
	if err != nil {
		return "", fmt.Errorf("starting a sign-in by code: %w", err)
	}
	f := flow{kind: flowPhone, account: owner, data: flowData{Login: in.Login, To: in.Login, Lang: string(in.Lang), Next: in.Next, Remember: in.Remember, Alien: in.Alien}}
	var flowID string
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		flowID, err = s.startFlow(ctx, tx, c, f)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("starting a sign-in by code: %w", err)
	}
	return flowID, nil
}

// PhoneCode takes the code of a sign-in by phone. An account for which one
// factor is enough is let in; for another the flow goes on to the password
// (more is true), since a second code to the same phone would prove nothing
// new. It returns ErrFlow, ErrCodeOver or a *WrongCode.
func (s *Service) PhoneCode(ctx context.Context, c Client, flowID, typed string) (in Entered, step Step, more bool, err error) {
	var a Account
	var verdict error
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowPhone)
		if err != nil {
			return err
		}
		step = Step{ID: f.id, Kind: f.kind, To: f.data.To, Next: f.data.Next, data: f.data}
		if f.proved.IsZero() {
			if verdict, err = s.prove(ctx, tx, &f, typed); err != nil || verdict != nil {
				return err
			}
		}
		if a, err = accountByID(ctx, tx, f.account); err != nil {
			return err
		}
		if more = a.NeedsSecond(); more {
			return nil
		}
		return s.finish(ctx, tx, f)
	})
	if err != nil {
		return in, step, false, fmt.Errorf("taking the code of a sign-in: %w", err)
	}
	if verdict != nil || more {
		return in, step, more, verdict
	}
	in, err = s.enter(ctx, c, a, step.signIn(), Proof{Method: "account.method_code", Strong: true})
	return in, step, false, err
}

// PhonePassword takes the password after the code, for an account that needs
// two factors. It returns ErrFlow, ErrWrong, ErrLocked and ErrBusy.
func (s *Service) PhonePassword(ctx context.Context, c Client, flowID, password string) (Entered, Step, error) {
	f, err := s.flowFor(ctx, s.db, c, flowID, "", flowPhone)
	if err != nil {
		return Entered{}, Step{}, err
	}
	step := Step{ID: f.id, Kind: f.kind, To: f.data.To, Next: f.data.Next, data: f.data}
	if f.proved.IsZero() {
		return Entered{}, step, ErrFlow
	}
	cred, try, err := s.checkPassword(ctx, c, f.account, f.account, password)
	if err != nil {
		return Entered{}, step, err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowFor(ctx, tx, c, flowID, tx.ForUpdate(), flowPhone)
		if err != nil {
			return err
		}
		return s.finish(ctx, tx, f)
	})
	if err != nil {
		return Entered{}, step, fmt.Errorf("taking the password of a sign-in: %w", err)
	}
	in, err := s.enter(ctx, c, cred.Account, step.signIn(), Proof{Method: "account.method_sms", Strong: true, confined: cred.mustChange, try: try})
	return in, step, err
}

// signIn is what the person asked for when the flow began.
func (step Step) signIn() SignIn {
	d := step.data
	return SignIn{Login: d.Login, Remember: d.Remember, Alien: d.Alien, Next: d.Next, Kept: d.Kept, Lang: i18n.Lang(d.Lang)}
}
