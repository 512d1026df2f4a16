package account

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// Failures of somebody who gave the right proofs.
var (
	// ErrRemoteOff is returned for a sign-in from a device that is not known
	// while the holder keeps the account shut to all others.
	ErrRemoteOff = fault.New(fault.Conflict, "account.remote_is_off")
	// ErrSuspicious is returned for a suspicious sign-in from a device that is
	// not known when the holder wants such blocked.
	ErrSuspicious = fault.New(fault.Conflict, "account.suspicious")
)

// Outcome is how a try to sign in ended.
type Outcome string

// Outcomes.
const (
	Entry   Outcome = ""        // signed in
	Wrong   Outcome = "wrong"   // a wrong password
	Locked  Outcome = "locked"  // a wrong password that was one too many
	Blocked Outcome = "blocked" // the right proofs, but the holder shut such tries out
	// Unfinished is a right password after which the second step was not taken.
	Unfinished Outcome = "unfinished"
)

// Text returns the message key of the outcome's name.
func (o Outcome) Text() string {
	if o == Entry {
		return "account.outcome_entry"
	}
	return "account.outcome_" + string(o)
}

// right reports whether whoever tried gave the right password or proof.
func (o Outcome) right() bool { return o == Entry || o == Blocked || o == Unfinished }

// risk is what is unusual about a sign-in.
type risk struct {
	unknown bool // a device that the account was not signed in on before
	country bool // another country than last time
	travel  bool // too far from last time for the time between
}

// demands reports whether the sign-in needs proof anew, even on a trusted
// device. A new device alone is told of.
func (r risk) demands() bool { return r.country || r.travel }

// weigh compares a sign-in with the last one of the account. An address whose
// place is not known is not unusual.
func (s *Service) weigh(ctx context.Context, db *sqldb.DB, account string, c Client, device KnownDevice) (r risk, err error) {
	last, err := lastEntry(ctx, db, s.keys, account)
	if err != nil || last.ID == "" {
		return r, err
	}
	r.unknown = device.ID == ""
	from, to := last.Device.Place, s.places.Find(c.IP)
	if from.Known() && to.Known() {
		r.country = from.Country != to.Country
		r.travel = !s.places.Reachable(from, to, s.now().Sub(last.At))
	}
	return r, nil
}

// weighed is the device of a sign-in and what is unusual about it.
type weighed struct {
	device KnownDevice
	risk   risk
}

// weighIn finds both out in tx, unless they were a moment ago.
func (s *Service) weighIn(ctx context.Context, tx *sqldb.DB, account string, c Client, before *weighed) (KnownDevice, risk, error) {
	if before != nil {
		return before.device, before.risk, nil
	}
	device, err := s.deviceIn(ctx, tx, account, c.Devices[DeviceKey(account)])
	if err != nil {
		return device, risk{}, err
	}
	r, err := s.weigh(ctx, tx, account, c, device)
	return device, r, err
}

// admits returns why an account does not let in whoever gave the right proofs,
// nil when it does.
func (f safety) admits(s *Service, r risk, known bool) error {
	switch {
	case known:
		return nil
	case !f.remoteOff.IsZero():
		return ErrRemoteOff
	case f.blockRisky && r.demands() && !since(s.now(), f.recovered, recoveredFor):
		return ErrSuspicious
	}
	return nil
}

// refuse writes down that somebody with the right proofs was not let in, tells
// the holder, and returns why.
func (s *Service) refuse(ctx context.Context, c Client, account, method string, why error) error {
	if !errors.Is(why, ErrRemoteOff) && !errors.Is(why, ErrSuspicious) {
		return why
	}
	line := SignedIn{ID: id.New(), At: s.now(), Method: method, Outcome: Blocked, Device: s.deviceOf(c)}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := insertSignIn(ctx, tx, s.keys, account, line); err != nil {
			return err
		}
		if err := s.tellBlocked(ctx, tx, account, line); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: audit.Portal(), Act: "account.audit_blocked", Object: "signin/" + line.ID})
	})
	if err != nil {
		return fmt.Errorf("refusing a sign-in: %w", err)
	}
	return why
}

// halfEntered writes down in tx that the password was right and the second step
// is still to come. When it never comes, from a device that is not known, the
// holder is told: somebody has the password.
func (s *Service) halfEntered(ctx context.Context, tx *sqldb.DB, account string, device KnownDevice, line SignedIn) error {
	if err := insertSignIn(ctx, tx, s.keys, account, line); err != nil || device.ID != "" {
		return err
	}
	return jobs.Add(ctx, tx, unfinished{account, line.ID}, jobs.At(line.At.Add(unfinishedAfter)))
}

// unfinishedAfter is when a second step that was not taken will not be: no code
// works any more.
const unfinishedAfter = 2 * EmailLife

// unfinished tells of a sign-in that stopped at the second step.
type unfinished struct{ Account, SignIn string }

// Kind implements jobs.Args.
func (unfinished) Kind() string { return "account.unfinished" }

func (s *Service) tellUnfinished(ctx context.Context, j jobs.Job[unfinished]) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		line, err := signInByID(ctx, tx, s.keys, j.Args.Account, j.Args.SignIn, "")
		if err != nil {
			return err
		}
		if line.ID != "" && line.Outcome == Unfinished && line.Denied.IsZero() {
			err := s.tellOf(ctx, tx, notify.Notice{Owner: j.Args.Account, Key: "account/unfinished/" + line.ID, Level: notify.Danger,
				Title: "account.notice_unfinished", Text: "account.notice_unfinished_text", Args: s.aboutSignIn(j.Args.Account, line.ID, line.At, line.Device)}, j.Args.Account, line.ID)
			if err != nil {
				return err
			}
		}
		return j.Finish(ctx, tx)
	})
}
