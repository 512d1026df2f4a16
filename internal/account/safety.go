package account

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/sqldb"
)

// Safety is what the holder of an account chose about sign-ins.
type Safety struct {
	RemoteOff     bool // only devices known to the account may sign in
	StrictIP      bool // a session ends when its address changes
	BlockRisky    bool // suspicious sign-ins from unknown devices are refused
	QuietAttempts bool // no word of wrong passwords from unknown devices
}

// Safety returns what the account's holder chose.
func (s *Service) Safety(ctx context.Context, account string) (Safety, error) {
	f, err := safetyOf(ctx, s.db, account)
	if err != nil {
		return Safety{}, fmt.Errorf("reading what is chosen: %w", err)
	}
	return Safety{RemoteOff: !f.remoteOff.IsZero(), StrictIP: f.strictIP, BlockRisky: f.blockRisky, QuietAttempts: f.hush}, nil
}

// Choose writes down what the holder wants, all but RemoteOff.
func (s *Service) Choose(ctx context.Context, account, session string, want Safety) error {
	return s.changeSafety(ctx, account, func(tx *sqldb.DB, f *safety) error {
		f.strictIP, f.blockRisky, f.hush = want.StrictIP, want.BlockRisky, want.QuietAttempts
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_safety"})
	})
}

func (s *Service) changeSafety(ctx context.Context, account string, change func(tx *sqldb.DB, f *safety) error) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := safetyOf(ctx, tx, account)
		if err != nil {
			return err
		}
		if err := change(tx, &f); err != nil {
			return err
		}
		return putSafety(ctx, tx, account, f)
	})
	if err != nil {
		return fmt.Errorf("changing what is chosen: %w", err)
	}
	return nil
}

// ShutRemote switches remote access off: every other session ends, every device
// but that of secret (the cookie of this browser) is forgotten, and nobody signs
// in from a device that is not known. The holder comes back on this device, or
// anywhere by recovering access.
func (s *Service) ShutRemote(ctx context.Context, c Client, account, session string) error {
	return s.changeSafety(ctx, account, func(tx *sqldb.DB, f *safety) error {
		device, err := s.deviceIn(ctx, tx, account, c.Devices[DeviceKey(account)])
		if err != nil {
			return err
		}
		if err := deleteOtherDevices(ctx, tx, account, device.ID); err != nil {
			return err
		}
		if err := s.endAll(ctx, tx, account, session, "account.session_remote"); err != nil {
			return err
		}
		f.remoteOff = s.now()
		if err := s.tellRemote(ctx, tx, account, "off"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_remote_off"})
	})
}

// OpenRemote lets other devices sign in again.
func (s *Service) OpenRemote(ctx context.Context, account, session string) error {
	return s.changeSafety(ctx, account, func(tx *sqldb.DB, f *safety) error {
		if f.remoteOff.IsZero() {
			return nil
		}
		f.remoteOff = safety{}.remoteOff
		if err := s.tellRemote(ctx, tx, account, "on"); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session), Act: "account.audit_remote_on"})
	})
}

func (s *Service) tellRemote(ctx context.Context, tx *sqldb.DB, account, word string) error {
	return s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/remote/" + stamp(s.now()), Level: notify.Warning,
		Title: "account.notice_remote_" + word, Text: "account.notice_not_you"})
}

// reopen opens the account to all devices in tx, since its holder recovered
// access.
func (s *Service) reopen(ctx context.Context, tx *sqldb.DB, account string) error {
	f, err := safetyOf(ctx, tx, account)
	if err != nil {
		return err
	}
	f.remoteOff, f.recovered = safety{}.remoteOff, s.now()
	return putSafety(ctx, tx, account, f)
}

// ErrTrust is returned for a device that may not become a trusted one: the
// session on it was not begun with two factors, which trust stands for later, or
// it is on a stranger's computer.
var ErrTrust = fault.New(fault.Conflict, "account.trust_not_yet")

// MayTrust returns ErrTrust when the browser of a session may not become a
// trusted device.
func (s *Service) MayTrust(ctx context.Context, session Session) error {
	a, err := accountByID(ctx, s.db, session.Account)
	if err != nil {
		return err
	}
	line, err := signInByID(ctx, s.db, s.keys, session.Account, session.ID, "")
	if err != nil {
		return fmt.Errorf("reading a sign-in: %w", err)
	}
	two := line.Method == "account.method_device"
	for _, f := range []Factor{FactorSMS, FactorEmail, FactorApp, FactorPasskey, FactorBackup} {
		two = two || line.Method == f.method()
	}
	if session.Alien || !a.NeedsSecond() || !two {
		return ErrTrust
	}
	return nil
}

// TrustThis makes the browser of a session a trusted device and returns the
// secret for its cookie, "" when it has one. It returns ErrTrust.
func (s *Service) TrustThis(ctx context.Context, c Client, session Session) (secret string, err error) {
	if err := s.MayTrust(ctx, session); err != nil {
		return "", err
	}
	account := session.Account
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		device, err := s.deviceIn(ctx, tx, account, c.Devices[DeviceKey(account)])
		if err != nil {
			return err
		}
		if device.ID == "" {
			session.Device, session.Created = s.deviceOf(c), s.now()
			secret, err = s.knowDevice(ctx, tx, session, device, true)
		} else {
			secret = ""
			_, err = trustDevice(ctx, tx, account, device.ID, s.now(), s.now().Add(deviceLife))
		}
		if err != nil {
			return err
		}
		err = s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/trusted/" + stamp(s.now()), Level: notify.Warning,
			Title: "account.notice_trusted", Text: "account.notice_trusted_text", Args: []any{"device", s.deviceOf(c).Text()}})
		if err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: actor(account, session.ID), Act: "account.audit_device_trusted"})
	})
	if err != nil {
		return "", fmt.Errorf("trusting a device: %w", err)
	}
	return secret, nil
}

// denyPath is the address at which a sign-in is denied without signing in.
func (s *Service) denyPath(account, signIn string) string {
	return "/not-me/" + account + "/" + signIn + "/" + s.denySeal(account, signIn)
}

// denySeal proves that the link came from us. It cannot be guessed: 128 bits.
func (s *Service) denySeal(account, signIn string) string {
	return base64.RawURLEncoding.EncodeToString(s.keys.MAC("not-me", []byte(account+"/"+signIn))[:16])
}

// Deniable returns the sign-in that a link denies. It returns ErrLink when the
// link is not ours, was used or is older than denyFor.
func (s *Service) Deniable(ctx context.Context, account, signIn, seal string) (SignedIn, error) {
	return s.deniable(ctx, s.db, account, signIn, seal, "")
}

func (s *Service) deniable(ctx context.Context, db *sqldb.DB, account, signIn, seal, lock string) (SignedIn, error) {
	if !hmac.Equal([]byte(seal), []byte(s.denySeal(account, signIn))) {
		return SignedIn{}, ErrLink
	}
	line, err := signInByID(ctx, db, s.keys, account, signIn, lock)
	if err != nil {
		return line, fmt.Errorf("reading a sign-in: %w", err)
	}
	if line.ID == "" || !line.Denied.IsZero() || !since(s.now(), line.At, denyFor) {
		return line, ErrLink
	}
	return line, nil
}

// Deny takes the holder's word that a sign-in was somebody else's: every session
// ends, every device is forgotten, the password serves no more, and a new one
// can only be had by recovering access. It works once. It returns ErrLink.
func (s *Service) Deny(ctx context.Context, account, signIn, seal string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if _, err := s.deniable(ctx, tx, account, signIn, seal, tx.ForUpdate()); err != nil {
			return err
		}
		return s.deny(ctx, tx, account, signIn, person(account))
	})
	if err != nil && !errors.Is(err, ErrLink) {
		return fmt.Errorf("denying a sign-in: %w", err)
	}
	return err
}

func (s *Service) deny(ctx context.Context, tx *sqldb.DB, account, signIn string, by audit.Actor) error {
	if err := denySignIn(ctx, tx, account, signIn, s.now()); err != nil {
		return err
	}
	if err := s.endAll(ctx, tx, account, "", "account.session_denied"); err != nil {
		return err
	}
	if err := deleteDevices(ctx, tx, account); err != nil {
		return err
	}
	if err := voidPassword(ctx, tx, account); err != nil {
		return err
	}
	err := s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/denied/" + signIn, Level: notify.Danger, SMS: true,
		Title: "account.notice_denied", Text: "account.notice_denied_text", Args: []any{"url", s.publicURL + "/recover"}})
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: "account.audit_denied", Object: "signin/" + signIn})
}
