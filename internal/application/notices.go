package application

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/catalogue"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// notice is what the citizen is told of a change.
type notice struct {
	title string // message key; its text has "_text" at the end; both know {number} and {service}
	level notify.Level
	sms   bool
	quiet bool // only in the feed: nothing for the person to do or to wait for
	args  []any
}

func sentNotice() notice {
	return notice{title: "application.notice_sent", level: notify.Info, sms: true}
}

func reviewNotice() notice {
	return notice{title: "application.notice_review", level: notify.Info, quiet: true}
}

func takenNotice() notice {
	return notice{title: "application.notice_taken", level: notify.Info}
}

func askedNotice(a Ask, loc *time.Location) notice {
	return notice{title: "application.notice_asked", level: notify.Warning, sms: true, args: []any{"until", notify.Day{Time: a.Until.At(loc)}}}
}

func answeredNotice() notice {
	return notice{title: "application.notice_answered", level: notify.Info, quiet: true}
}

func approvedNotice() notice {
	return notice{title: "application.notice_approved", level: notify.Success, quiet: true}
}

func refusedNotice() notice {
	return notice{title: "application.notice_refused", level: notify.Danger, sms: true}
}

func doneNotice() notice {
	return notice{title: "application.notice_done", level: notify.Success, sms: true}
}

func withdrawnNotice() notice {
	return notice{title: "application.notice_withdrawn", level: notify.Info}
}

func correctedNotice() notice {
	return notice{title: "application.notice_corrected", level: notify.Info, quiet: true}
}

// tell sends the notice of the journal's newest line: its number is in the key,
// so a line gives one notice however often the work around it is repeated.
func (s *Service) tell(ctx context.Context, tx *sqldb.DB, a Application, def *catalogue.Definition, n notice) error {
	if n.title == "" {
		return nil
	}
	err := s.Notices.Send(ctx, tx, notify.Notice{
		Owner: a.Account, Key: object(a.ID) + "/" + strconv.Itoa(a.Seq), Title: n.title, Text: n.title + "_text",
		Args: append([]any{"number", a.Number, "service", def.Title}, n.args...), ServiceTitle: def.Title,
		Link: "/applications/" + a.ID, Topic: notify.TopicApplication, Level: n.level, SMS: n.sms, Quiet: n.quiet,
	})
	if err != nil {
		return fmt.Errorf("telling about application %s: %w", a.ID, err)
	}
	return nil
}

// russian is the context of what is said once for all: the decision of a
// register, and papers.
func (s *Service) russian(ctx context.Context, at time.Time) context.Context {
	return s.Texts.With(ctx, i18n.RU, s.Location, at)
}

// reasonText is why a register refused, as it is kept for the citizen.
func (s *Service) reasonText(ctx context.Context, o Outcome) string {
	ctx = s.russian(ctx, s.Now())
	fields := make([]string, len(o.Fields))
	for i, key := range o.Fields {
		fields[i] = i18n.T(ctx, key)
	}
	return i18n.T(ctx, o.Reason, "fields", strings.Join(fields, ", "))
}
