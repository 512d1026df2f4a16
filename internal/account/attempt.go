package account

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// attempt is one try of a password. It is counted before the password is looked
// at, so that tries made at once cannot get past the limit; a right one takes
// the count back.
type attempt struct {
	subject string // account, or what stands for a login that nobody has
	source  []byte // where it came from
	here    int    // tries in a row from there, this one included
	ever    int    // from all sources; 0 for a known device
}

// shutBy reports whether this try, when it fails, shuts the login.
func (a attempt) shutBy(l Locks) bool { return l.after(a.here) > 0 || a.ever >= l.Everywhere }

// reserve counts a try. It returns ErrLocked while the subject is shut for where
// c comes from. A browser known to the account counts apart from its address
// and from all others: strangers cannot lock the holder out of it.
func (s *Service) reserve(ctx context.Context, subject, account string, c Client) (attempt, error) {
	a := attempt{subject: subject, source: s.source(c.IP)}
	device, err := s.deviceFor(ctx, account, c.Devices[DeviceKey(account)])
	if err != nil {
		return a, fmt.Errorf("counting a try: %w", err)
	}
	known := device.ID != ""
	if known {
		a.source = s.keys.Index("source device", device.ID)
	}
	now := s.now()
	err = s.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		if a.here, err = countFailure(ctx, tx, subject, a.source, now, s.locks.Longest); err != nil {
			return err
		}
		if !known {
			if a.ever, err = countFailure(ctx, tx, subject, allSources, now, s.locks.Longest); err != nil {
				return err
			}
			if a.ever > s.locks.Everywhere {
				return ErrLocked
			}
		}
		if d := s.locks.after(a.here); d > 0 {
			return shut(ctx, tx, subject, a.source, now.Add(d))
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrLocked) {
		return a, fmt.Errorf("counting a try: %w", err)
	}
	return a, err
}

// checkPassword checks the password of a subject; account is "" when nobody has
// the login. The same work is done for both. The caller forgives the try when it
// was right. It returns ErrWrong, ErrLocked and ErrBusy.
func (s *Service) checkPassword(ctx context.Context, c Client, subject, account, password string) (cred credential, try attempt, err error) {
	if try, err = s.reserve(ctx, subject, account, c); err != nil {
		return cred, try, err
	}
	if cred, err = credentialOf(ctx, s.db, account); err != nil {
		return cred, try, fmt.Errorf("reading a password: %w", err)
	}
	right, stale, err := s.hasher.check(ctx, cred.hash, password)
	if err != nil {
		if undo := s.takeBack(context.WithoutCancel(ctx), try); undo != nil {
			return cred, try, undo
		}
		return cred, try, fmt.Errorf("checking a password: %w", err)
	}
	if !right {
		return cred, try, s.fail(ctx, try, c)
	}
	if stale {
		err = s.rehash(ctx, cred, password)
	}
	return cred, try, err
}

// takeBack takes a try back that was not looked at.
func (s *Service) takeBack(ctx context.Context, a attempt) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		sources := [][]byte{a.source, allSources}
		if a.ever == 0 {
			sources = sources[:1]
		}
		for _, source := range sources {
			if err := uncountFailure(ctx, tx, a.subject, source); err != nil {
				return fmt.Errorf("taking a try back: %w", err)
			}
		}
		return nil
	})
}

// nobody is the subject under which failures of a login count that no account
// has, so that it gets locked like any other.
func (s *Service) nobody(l Login) string {
	return "login " + hex.EncodeToString(s.keys.Index("nobody "+string(l.Kind), l.Value))
}

// fail writes down a wrong password and returns ErrWrong, or ErrLocked when it
// was one too many. What only an account needs, its audit line and notices, is
// left to a job, so that the answer takes as long for a login that nobody has.
func (s *Service) fail(ctx context.Context, a attempt, c Client) error {
	line := SignedIn{ID: id.New(), At: s.now(), Method: "account.method_password", Outcome: Wrong, Device: s.deviceOf(c)}
	verdict := error(ErrWrong)
	if a.shutBy(s.locks) {
		verdict = ErrLocked
		line.Outcome = Locked
	}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := insertSignIn(ctx, tx, s.keys, a.subject, line); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, failed{Account: a.subject, SignIn: line.ID, Here: a.here, Ever: a.ever})
	})
	if err != nil {
		return fmt.Errorf("writing down a failure: %w", err)
	}
	return verdict
}

// failed does what is left to do after a wrong password.
type failed struct {
	Account string // or the subject that stands for nobody
	SignIn  string
	Here    int
	Ever    int // 0: from a known device
}

// Kind implements jobs.Args.
func (failed) Kind() string { return "account.failed" }

// afterFailure writes the audit line and tells the holder of a lock, or of a
// try from an unknown device.
func (s *Service) afterFailure(ctx context.Context, j jobs.Job[failed]) error {
	f := j.Args
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		_, err := accountByID(ctx, tx, f.Account)
		if errors.Is(err, ErrNone) {
			return j.Finish(ctx, tx)
		}
		if err != nil {
			return err
		}
		act := "account.audit_failed"
		if (attempt{here: f.Here, ever: f.Ever}).shutBy(s.locks) {
			act = "account.audit_locked"
			err = s.tellLocked(ctx, tx, f.Account, f.Here, f.Ever)
		} else if f.Ever > 0 {
			err = s.tellAttempt(ctx, tx, f.Account, f.SignIn)
		}
		if err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, s.now(), audit.Entry{Owner: f.Account, Actor: audit.Portal(), Act: act}); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
}

// failedPolicy: a notice may come a day late.
var failedPolicy = jobs.Policy{Attempts: 12, Timeout: 30 * time.Second}
