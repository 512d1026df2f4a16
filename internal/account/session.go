package account

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"kabinet/internal/audit"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Who acts: a session, as the pages of the signed-in give it.
func actor(account, session string) audit.Actor {
	return audit.Actor{Kind: audit.Person, ID: account, Session: session}
}

// visitor is what a request says besides its cookie.
type visitor struct {
	client  Client // its IP is "" when it is not to be compared
	passive bool   // the request is no doing of the person: it does not prolong
}

// Current returns the session of a cookie. When it is over or unknown, why is
// the message key of the reason, "" only for a value that never was one of
// ours. What is refused once is written down as ended, so that a clock that
// steps back does not revive it.
func (s *Service) Current(ctx context.Context, cookie string) (session Session, why string, err error) {
	return s.current(ctx, cookie, visitor{})
}

func (s *Service) current(ctx context.Context, cookie string, v visitor) (session Session, why string, err error) {
	account, secret, ok := strings.Cut(cookie, ".")
	if !ok || !id.Valid(account) || !id.Valid(secret) {
		return Session{}, "", nil
	}
	session, err = sessionBySecret(ctx, s.db, account, digest(secret))
	if err != nil {
		return Session{}, "", fmt.Errorf("reading a session: %w", err)
	}
	if session.ID == "" {
		return Session{Account: account}, "account.session_ended", nil
	}
	now := s.now()
	why = session.over(now, s.lives)
	if why == "" && v.client.IP != "" && !bytes.Equal(session.source, s.source(v.client.IP)) {
		if why, err = s.moved(ctx, session, v.client); err != nil {
			return Session{}, "", err
		}
	}
	if why != "" {
		if session.ended.IsZero() {
			if _, err := endSession(ctx, s.db, account, session.ID, why, now); err != nil {
				return Session{}, "", fmt.Errorf("ending a session: %w", err)
			}
		}
		return session, why, nil
	}
	if d := now.Sub(session.Seen); !v.passive && (d >= s.lives.seenEvery() || d <= -s.lives.seenEvery()) {
		if err := sawSession(ctx, s.db, account, session.ID, now); err != nil {
			return Session{}, "", fmt.Errorf("noting a session: %w", err)
		}
		session.Seen = now
	}
	return session, "", nil
}

// moved is called when a session goes on from another address. It returns the
// message key of why it must end, "" when it may go on: an address changes often
// on the move, a country seldom.
func (s *Service) moved(ctx context.Context, session Session, c Client) (why string, err error) {
	chosen, err := safetyOf(ctx, s.db, session.Account)
	if err != nil {
		return "", fmt.Errorf("reading what is chosen: %w", err)
	}
	before, err := sessionDevice(ctx, s.db, s.keys, session.Account, session.ID)
	if err != nil {
		return "", fmt.Errorf("reading a session: %w", err)
	}
	here := s.places.Find(c.IP)
	switch {
	case chosen.strictIP && len(session.source) > 0:
		return "account.session_address", nil
	case here.Known() && before.Place.Known() && (here.Country != before.Place.Country || !s.places.Reachable(before.Place, here, s.now().Sub(session.Seen))):
		err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
			if err := s.tellMoved(ctx, tx, session, before, here); err != nil {
				return err
			}
			if err := tx.Signal(ctx, EndedSignal, session.Account); err != nil {
				return err
			}
			return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: session.Account, Actor: audit.Portal(), Act: "account.audit_moved", Object: "session/" + session.ID})
		})
		if err != nil {
			return "", fmt.Errorf("ending a session that moved: %w", err)
		}
		return "account.session_moved", nil
	}
	before.IP, before.Place = c.IP, here
	if err := moveSession(ctx, s.db, s.keys, session.Account, session.ID, s.source(c.IP), before); err != nil {
		return "", fmt.Errorf("noting an address: %w", err)
	}
	return "", nil
}

// SignOut ends the session.
func (s *Service) SignOut(ctx context.Context, account, session string) error {
	return s.end(ctx, account, session, actor(account, session), "account.session_left", "account.audit_signed_out")
}

// EndSession ends another session of the account. It returns ErrSession when
// the account has no such session that is open.
func (s *Service) EndSession(ctx context.Context, account, by, session string) error {
	return s.end(ctx, account, session, actor(account, by), "account.session_ended", "account.audit_session_ended")
}

func (s *Service) end(ctx context.Context, account, session string, by audit.Actor, why, act string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		open, err := endSession(ctx, tx, account, session, why, s.now())
		if err != nil {
			return err
		}
		if !open {
			return ErrSession
		}
		if err := tx.Signal(ctx, EndedSignal, account); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: act, Object: "session/" + session})
	})
	if err != nil && !errors.Is(err, ErrSession) {
		return fmt.Errorf("ending session %s: %w", session, err)
	}
	return err
}

// EndOthers ends every session but the one that asks, and trusts no device any
// more but asks each for a code again.
func (s *Service) EndOthers(ctx context.Context, account, session string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.endAll(ctx, tx, account, session, "account.session_ended"); err != nil {
			return err
		}
		if err := deleteDevices(ctx, tx, account); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_others_ended"})
	})
	if err != nil {
		return fmt.Errorf("ending sessions: %w", err)
	}
	return nil
}

// endAll ends every session of the account but keep, "" being none.
func (s *Service) endAll(ctx context.Context, tx *sqldb.DB, account, keep, why string) error {
	n, err := endOthers(ctx, tx, account, keep, why, s.now())
	if err != nil || n == 0 {
		return err
	}
	return tx.Signal(ctx, EndedSignal, account)
}

// Sessions returns the open sessions of the account, newest first.
func (s *Service) Sessions(ctx context.Context, account string) ([]Session, error) {
	all, err := openSessions(ctx, s.db, s.keys, account)
	if err != nil {
		return nil, fmt.Errorf("listing sessions: %w", err)
	}
	open := all[:0]
	for _, one := range all {
		if one.over(s.now(), s.lives) == "" {
			open = append(open, one)
		}
	}
	return open, nil
}

// TrustedDevices returns the devices in which no code is asked for.
func (s *Service) TrustedDevices(ctx context.Context, account string) ([]KnownDevice, error) {
	all, err := trustedDevices(ctx, s.db, s.keys, account, s.now())
	if err != nil {
		return nil, fmt.Errorf("listing devices: %w", err)
	}
	return all, nil
}

// Distrust forgets a device. It returns ErrSession when the account has none
// such.
func (s *Service) Distrust(ctx context.Context, account, by, device string) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		there, err := deleteDevice(ctx, tx, account, device)
		if err != nil {
			return fmt.Errorf("forgetting a device: %w", err)
		}
		if !there {
			return ErrSession
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, by), Act: "account.audit_device_forgotten", Object: "device/" + device})
	})
}

// SignIns returns the history of sign-ins, newest first, at most limit lines
// older than the one with ID before ("" is from the newest).
func (s *Service) SignIns(ctx context.Context, account, before string, limit int) ([]SignedIn, error) {
	return s.History(ctx, account, ShowAll, before, limit)
}

// History is SignIns of which only some are shown: ShowEntries, ShowFailed.
func (s *Service) History(ctx context.Context, account, show, before string, limit int) ([]SignedIn, error) {
	lines, err := signIns(ctx, s.db, s.keys, account, show, before, limit)
	if err != nil {
		return nil, fmt.Errorf("listing sign-ins: %w", err)
	}
	return lines, nil
}

// Fresh reports whether the session's holder gave a password or code within
// freshFor.
func (s *Service) Fresh(ctx context.Context, cookie string) (bool, error) {
	session, why, err := s.Current(ctx, cookie)
	return err == nil && why == "" && session.ID != "" && since(s.now(), session.Proved, freshFor), err
}

// checkOwn checks the password of somebody signed in. Failures count like those
// of a sign-in.
func (s *Service) checkOwn(ctx context.Context, c Client, account, password string) error {
	_, try, err := s.checkPassword(ctx, c, account, account, password)
	if err != nil {
		return err
	}
	if err := forgive(ctx, s.db, account, try.source); err != nil {
		return fmt.Errorf("taking a try back: %w", err)
	}
	return nil
}

// ChangePassword replaces the current password by fresh, ends the other
// sessions and tells the holder. It returns ErrWrong, ErrLocked, ErrPassword, ErrSamePassword and ErrBusy.
func (s *Service) ChangePassword(ctx context.Context, c Client, account, session, current, fresh string) error {
	if err := s.checkOwn(ctx, c, account, current); err != nil {
		return err
	}
	if fresh == current {
		return ErrSamePassword
	}
	a, err := s.Account(ctx, account)
	if err != nil {
		return err
	}
	rules, words, err := s.rulesFor(ctx, account)
	if err != nil {
		return err
	}
	if len(rules.Broken(fresh, words...)) > 0 {
		return ErrPassword
	}
	hash, err := s.hasher.hash(ctx, fresh)
	if err != nil {
		return fmt.Errorf("changing a password: %w", err)
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := s.replacePassword(ctx, tx, account, hash, session); err != nil {
			return err
		}
		if err := free(ctx, tx, account, session); err != nil {
			return err
		}
		if err := proveSession(ctx, tx, account, session, s.now()); err != nil {
			return err
		}
		if err := s.tellPassword(ctx, tx, account); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_password", Reason: s.passwords.changeReason(a)})
	})
	if err != nil {
		return fmt.Errorf("changing a password: %w", err)
	}
	return nil
}

// ErrSecondNeeded is returned to somebody who may not do without the second
// step: confirmed accounts and clerks.
var ErrSecondNeeded = fault.New(fault.Conflict, "account.second_needed")
