package account

import (
	"context"

	"kabinet/internal/notify"
	"kabinet/internal/platform/sqldb"
)

// What a person is told of what happened to their account. The key of a notice
// makes it one however often the event is handled.

func (s *Service) tell(ctx context.Context, tx *sqldb.DB, n notify.Notice) error {
	n.Topic, n.Link = notify.TopicSecurity, "/settings/security"
	return s.notices.Send(ctx, tx, n)
}

func (s *Service) tellNewDevice(ctx context.Context, tx *sqldb.DB, session Session) error {
	return s.tell(ctx, tx, notify.Notice{Owner: session.Account, Key: "account/device/" + session.ID, Level: notify.Warning,
		Title: "account.notice_device", Text: "account.notice_device_text",
		Args: []any{"device", session.Device.Text(), "at", notify.Moment{Time: session.Created}, "ip", session.Device.IP}})
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
