package consent

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// changes tells people of texts that changed since they agreed.
type changes struct{}

// Kind implements jobs.Args.
func (changes) Kind() string { return "consent.changes" }

// Jobs names who does this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: 24 * time.Hour, Timeout: 10 * time.Minute}, func(ctx context.Context, _ jobs.Job[changes]) error {
		for _, t := range s.library.asked() {
			if err := s.tellChanged(ctx, t); err != nil {
				return err
			}
		}
		return nil
	})
}

// tellChanged asks those anew who agreed to an older text. The key of the
// notice makes it one for each text.
func (s *Service) tellChanged(ctx context.Context, t text) error {
	const batch = 200
	for after := ""; ; {
		accounts, err := outdated(ctx, s.db, t.purpose, t.version, after, batch)
		if err != nil {
			return fmt.Errorf("finding consents to older texts: %w", err)
		}
		for _, account := range accounts {
			err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
				return s.notices.Send(ctx, tx, notify.Notice{Owner: account, Key: "consent/" + string(t.purpose) + "/" + t.version, Title: "consent.notice_changed",
					Text: "consent.notice_changed_text", Args: []any{"title", i18n.K("consent.purpose_" + string(t.purpose))}, Link: "/consents/" + string(t.purpose),
					Topic: notify.TopicPerson, Level: notify.Warning})
			})
			if err != nil {
				return fmt.Errorf("telling of a changed text: %w", err)
			}
		}
		if len(accounts) < batch {
			return nil
		}
		after = accounts[batch-1]
	}
}
