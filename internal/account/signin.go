package account

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// SignIn is what the sign-in page sends.
type SignIn struct {
	Login    Login
	Password string
	Remember bool // «Запомнить меня»: the login name only
	Alien    bool // «Чужой компьютер»
	Next     string
	Kept     string
	Lang     i18n.Lang // in which the person reads; messages come in it from now on; "" changes nothing
}

// Entered is the outcome of a right password: a session, or the flow of the
// second step.
type Entered struct {
	Started
	Flow string // "" when no second step is needed
}

// Started is a new session with what goes into cookies.
type Started struct {
	Session Session
	Cookie  string // of the session
	Device  string // of the known device; "" when none is to be set
}

// SignIn checks a login and its password. It returns ErrWrong and ErrLocked,
// both whether or not there is such an account, and ErrTemporaryOver, ErrBusy,
// limit.ErrTooMany.
func (s *Service) SignIn(ctx context.Context, c Client, in SignIn) (Entered, error) {
	if err := s.limits.TakeFast(limitSignIn, sourceOf(c.IP)); err != nil {
		return Entered{}, err
	}
	owner, err := accountOf(ctx, s.db, s.keys, in.Login)
	if err != nil {
		return Entered{}, fmt.Errorf("signing in: %w", err)
	}
	subject := owner
	if owner == "" {
		subject = s.nobody(in.Login)
	}
	cred, try, err := s.checkPassword(ctx, c, subject, owner, in.Password)
	if err != nil {
		return Entered{}, err
	}
	if !cred.until.IsZero() && !s.now().Before(cred.until) {
		return Entered{}, ErrTemporaryOver
	}
	confined, err := s.weighPassword(ctx, cred, in.Password)
	if err != nil {
		return Entered{}, err
	}
	return s.enter(ctx, c, cred.Account, in, Proof{Method: "account.method_password", confined: confined, try: try})
}

// rehash stores the password anew at today's cost.
func (s *Service) rehash(ctx context.Context, cred credential, password string) error {
	fresh, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("renewing a hash: %w", err)
	}
	if err := rehash(ctx, s.db, cred.ID, cred.hash, fresh); err != nil {
		return fmt.Errorf("renewing a hash: %w", err)
	}
	return nil
}

// enter lets in whoever proved to be the holder, or starts the second step.
func (s *Service) enter(ctx context.Context, c Client, a Account, in SignIn, p Proof) (out Entered, err error) {
	device, err := s.deviceFor(ctx, a.ID, c.Devices[DeviceKey(a.ID)])
	if err != nil {
		return out, fmt.Errorf("signing in: %w", err)
	}
	risk, err := s.weigh(ctx, s.db, a.ID, c, device)
	if err != nil {
		return out, fmt.Errorf("signing in: %w", err)
	}
	chosen, err := safetyOf(ctx, s.db, a.ID)
	if err != nil {
		return out, fmt.Errorf("signing in: %w", err)
	}
	if why := chosen.admits(s, risk, device.ID != ""); why != nil {
		return out, s.refuse(ctx, c, a.ID, p.Method, why)
	}
	var way Factor
	var to Login
	second := !p.Strong && (a.NeedsSecond() && (!device.Trusted || in.Alien) || risk.demands())
	if second {
		way, to, err = s.firstWay(ctx, a)
		switch {
		case errors.Is(err, ErrNoPhone) && !a.NeedsSecond():
			second = false // the notice alone must do
		case err != nil:
			return out, err
		}
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if in.Lang != "" && string(in.Lang) != a.Lang {
			a.Lang = string(in.Lang)
			if err := setLang(ctx, tx, a.ID, a.Lang); err != nil {
				return err
			}
		}
		if p.try.subject != "" {
			if err := forgive(ctx, tx, p.try.subject, p.try.source); err != nil {
				return err
			}
		}
		if second {
			out.Flow, err = s.startFlow(ctx, tx, c, flow{kind: flowSecond, account: a.ID,
				data: flowData{Login: in.Login, To: to, Way: way, Lang: a.Lang, Next: in.Next, Kept: in.Kept, Remember: in.Remember, Alien: in.Alien, Confined: p.confined}})
			if err != nil {
				return err
			}
			return s.halfEntered(ctx, tx, a.ID, device, SignedIn{ID: out.Flow, At: s.now(), Method: p.Method, Outcome: Unfinished, Device: s.deviceOf(c)})
		}
		if p.Method == "account.method_password" && a.NeedsSecond() {
			p.Method = "account.method_device"
		}
		out.Started, err = s.start(ctx, tx, a, c, entry{method: p.Method, alien: in.Alien, confined: p.confined, weighed: &weighed{device, risk}})
		return err
	})
	if err != nil {
		return Entered{}, fmt.Errorf("signing in: %w", err)
	}
	return out, nil
}

// firstWay is the way that the second step begins with, and where its code is
// to go. It returns ErrNoPhone when the account has none, and
// limit.ErrTooMany.
func (s *Service) firstWay(ctx context.Context, a Account) (Factor, Login, error) {
	set, err := s.factorsOf(ctx, s.db, a)
	if err != nil {
		return "", Login{}, err
	}
	ways := set.Ways()
	if len(ways) == 0 {
		return "", Login{}, ErrNoPhone
	}
	if ways[0].sent() {
		if err := s.limits.Take(ctx, limitCodes, a.ID); err != nil {
			return "", Login{}, err
		}
	}
	return ways[0], set.to(ways[0]), nil
}

// entry is how somebody came in.
type entry struct {
	flow string // of the second step; "" when there was none
	// weighed is what was found out a moment ago; nil when it must be now.
	weighed *weighed
	method  string // message key
	alien   bool
	trust   bool // ask for no code in this browser again
	// confined lets the person see nothing but the page of a new password.
	confined bool
}

// start begins a session in tx: the row, the line of the history, the audit
// line, the known device and, for a new device, the notice.
func (s *Service) start(ctx context.Context, tx *sqldb.DB, a Account, c Client, e entry) (Started, error) {
	now, secret := s.now(), id.Secret()
	session := Session{Account: a.ID, ID: id.New(), Device: s.deviceOf(c), Staff: a.Staff, Alien: e.alien, Created: now, Seen: now, Proved: now, Confined: e.confined, source: s.source(c.IP)}
	out := Started{Session: session, Cookie: a.ID + "." + secret}
	device, risk, err := s.weighIn(ctx, tx, a.ID, c, e.weighed)
	if err != nil {
		return out, err
	}
	if chosen, err := safetyOf(ctx, tx, a.ID); err != nil {
		return out, err
	} else if why := chosen.admits(s, risk, device.ID != ""); why != nil {
		return out, why // it was shut while the second step was taken
	}
	if err := insertSession(ctx, tx, s.keys, session, digest(secret)); err != nil {
		return out, err
	}
	if err := deleteSignIn(ctx, tx, a.ID, e.flow); err != nil { // it is finished now
		return out, err
	}
	if err := insertSignIn(ctx, tx, s.keys, a.ID, SignedIn{ID: session.ID, At: now, Method: e.method, Device: session.Device}); err != nil {
		return out, err
	}
	if !e.alien {
		if out.Device, err = s.knowDevice(ctx, tx, session, device, e.trust); err != nil {
			return out, err
		}
	}
	if risk.unknown || risk.demands() {
		if err := s.tellEntry(ctx, tx, session, risk); err != nil {
			return out, err
		}
	}
	actor := audit.Actor{Kind: audit.Person, ID: a.ID, Session: session.ID}
	return out, audit.Record(ctx, tx, now, audit.Entry{Owner: a.ID, Actor: actor, Act: "account.audit_signed_in", Object: "session/" + session.ID, Reason: e.method})
}

// knowDevice makes the browser of a session a known device and returns the
// secret of its cookie. The secret changes with every sign-in: a copied cookie
// serves the thief or the owner, and the other one notices.
func (s *Service) knowDevice(ctx context.Context, tx *sqldb.DB, session Session, before KnownDevice, trust bool) (string, error) {
	if before.ID != "" {
		if _, err := deleteDevice(ctx, tx, session.Account, before.ID); err != nil {
			return "", err
		}
	}
	secret := id.Secret()
	k := KnownDevice{ID: id.New(), Device: session.Device, Trusted: trust, Created: session.Created, Until: session.Created.Add(deviceLife)}
	if before.Trusted { // 90 days count from when trust was given
		k.Trusted, k.Created, k.Until = true, before.Created, before.Until
	}
	return secret, insertDevice(ctx, tx, s.keys, session.Account, k, digest(secret))
}

// DeviceKey names the cookie of a known device of an account: several people
// may use one browser.
func DeviceKey(account string) string { return hex.EncodeToString(digest(account)[:6]) }

// deviceFor returns the known device that a cookie's secret belongs to, the
// zero one when there is none.
func (s *Service) deviceFor(ctx context.Context, account, secret string) (KnownDevice, error) {
	return s.deviceIn(ctx, s.db, account, secret)
}

func (s *Service) deviceIn(ctx context.Context, db *sqldb.DB, account, secret string) (KnownDevice, error) {
	if !id.Valid(secret) {
		return KnownDevice{}, nil
	}
	k, err := deviceBySecret(ctx, db, s.keys, account, digest(secret), s.now())
	if err == nil && k.ID != "" && s.now().Before(k.Created.Add(-skew)) {
		return KnownDevice{}, nil
	}
	return k, err
}

// since reports whether t lies within d before now.
func since(now, t time.Time, d time.Duration) bool {
	return now.Sub(t) < d && now.After(t.Add(-skew))
}
