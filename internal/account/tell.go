package account

import (
	"context"
	"time"

	"kabinet/internal/notify"
	"kabinet/internal/platform/place"
	"kabinet/internal/platform/sqldb"
)

// What a person is told of what happened to their account. The key of a notice
// makes it one however often the event is handled.

func (s *Service) tell(ctx context.Context, tx *sqldb.DB, n notify.Notice) error {
	n.Topic, n.Link = notify.TopicSecurity, "/settings/security"
	return s.notices.Send(ctx, tx, n)
}

// tellEntry tells of a sign-in on a device that was not known, or from where
// the person could hardly be; the link in it denies the sign-in.
func (s *Service) tellEntry(ctx context.Context, tx *sqldb.DB, session Session, r risk) error {
	n := notify.Notice{Owner: session.Account, Key: "account/device/" + session.ID, Level: notify.Warning,
		Title: "account.notice_device", Text: "account.notice_device_text"}
	if r.demands() {
		n.Title, n.Level, n.SMS = "account.notice_far", notify.Danger, true
	}
	n.Args = s.aboutSignIn(session.Account, session.ID, session.Created, session.Device)
	return s.tellOf(ctx, tx, n, session.Account, session.ID)
}

// tellBlocked tells that somebody with the right proofs was kept out.
func (s *Service) tellBlocked(ctx context.Context, tx *sqldb.DB, account string, line SignedIn) error {
	return s.tellOf(ctx, tx, notify.Notice{Owner: account, Key: "account/blocked/" + line.ID, Level: notify.Danger, SMS: true,
		Title: "account.notice_blocked", Text: "account.notice_blocked_text", Args: s.aboutSignIn(account, line.ID, line.At, line.Device)}, account, line.ID)
}

// tellAttempt tells of a wrong password from a device that is not known, once a
// day at most, unless the holder wants no such word.
func (s *Service) tellAttempt(ctx context.Context, tx *sqldb.DB, account, signIn string) error {
	chosen, err := safetyOf(ctx, tx, account)
	if err != nil || chosen.hush {
		return err
	}
	line, err := signInByID(ctx, tx, s.keys, account, signIn, "")
	if err != nil || line.ID == "" {
		return err
	}
	return s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/attempt/" + line.At.UTC().Format("2006-01-02"), Level: notify.Info, Quiet: true,
		Title: "account.notice_attempt", Text: "account.notice_attempt_text", Args: s.aboutSignIn(account, line.ID, line.At, line.Device)})
}

// tellMoved tells that a session was ended since it went on from elsewhere.
func (s *Service) tellMoved(ctx context.Context, tx *sqldb.DB, session Session, before Device, to place.Place) error {
	here := before
	here.Place = to
	return s.tellOf(ctx, tx, notify.Notice{Owner: session.Account, Key: "account/moved/" + session.ID, Level: notify.Danger, SMS: true,
		Title: "account.notice_moved", Text: "account.notice_moved_text", Args: s.aboutSignIn(session.Account, session.ID, s.now(), here)}, session.Account, session.ID)
}

// aboutSignIn are the arguments of a notice about a sign-in.
func (s *Service) aboutSignIn(account, signIn string, at time.Time, d Device) []any {
	return []any{"device", d.Text(), "at", notify.Moment{Time: at}, "ip", d.IP, "place", d.where(), "url", s.publicURL + s.denyPath(account, signIn)}
}

// tellOf is tell with a link that denies a sign-in.
func (s *Service) tellOf(ctx context.Context, tx *sqldb.DB, n notify.Notice, account, signIn string) error {
	n.Topic, n.Link = notify.TopicSecurity, s.denyPath(account, signIn)
	return s.notices.Send(ctx, tx, n)
}

func (s *Service) tellPassword(ctx context.Context, tx *sqldb.DB, account string) error {
	return s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/password/" + stamp(s.now()), Level: notify.Warning, SMS: true,
		Title: "account.notice_password", Text: "account.notice_password_text", Args: []any{"at", notify.Moment{Time: s.now()}}})
}

// tellLocked tells of a lock once for each source and day: a stranger must not
// be able to flood somebody with messages.
func (s *Service) tellLocked(ctx context.Context, tx *sqldb.DB, account string, here, ever int) error {
	if here != s.locks.Failures && ever != s.locks.Everywhere {
		return nil
	}
	return s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/locked/" + s.now().UTC().Format("2006-01-02"), Level: notify.Danger, SMS: true,
		Title: "account.notice_locked", Text: "account.notice_locked_text", Args: []any{"url", s.publicURL + "/unlock"}})
}

func (s *Service) tellSecond(ctx context.Context, tx *sqldb.DB, account string, on bool) error {
	title, level := "account.notice_second_off", notify.Warning
	if on {
		title, level = "account.notice_second_on", notify.Success
	}
	return s.tell(ctx, tx, notify.Notice{Owner: account, Key: "account/second/" + stamp(s.now()), Level: level, SMS: true, Title: title, Text: "account.notice_not_you"})
}
