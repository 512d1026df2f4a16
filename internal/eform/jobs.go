package eform

import (
	"context"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// expire removes drafts that nobody touched for KeepDrafts, once a day. Three
// attempts: what is left is found the next day.
type expire struct{}

func (expire) Kind() string { return "eform.expire" }

// Jobs tells the runner of this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Every: 24 * time.Hour, Attempts: 3, Timeout: 10 * time.Minute}, func(ctx context.Context, _ jobs.Job[expire]) error {
		return s.expire(ctx)
	})
}

// expireBatch is how many drafts are looked for at a time.
const expireBatch = 200

func (s *Service) expire(ctx context.Context) error {
	since := s.now().Add(-KeepDrafts)
	for {
		idle, err := idleDrafts(ctx, s.db, since, expireBatch)
		if err != nil {
			return fmt.Errorf("finding idle drafts: %w", err)
		}
		for _, p := range idle {
			if err := s.expireOne(ctx, p, since); err != nil {
				return fmt.Errorf("removing draft %s: %w", p.draft, err)
			}
		}
		if len(idle) < expireBatch {
			return nil
		}
	}
}

func (s *Service) expireOne(ctx context.Context, p place, since time.Time) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		gone, err := deleteIdle(ctx, tx, p, since)
		if err != nil || !gone {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: p.account, Actor: audit.Portal(), Act: "eform.audit_expired", Object: "draft/" + p.draft})
	})
}
