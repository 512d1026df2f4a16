package outside

import (
	"context"
	"time"

	"kabinet/internal/platform/jobs"
)

// sweep deletes arrivals that are over.
type sweep struct{}

// Kind implements jobs.Args.
func (sweep) Kind() string { return "outside.sweep" }

// RegisterJobs names who does this feature's work.
func (s *Service) RegisterJobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: time.Hour}, func(ctx context.Context, _ jobs.Job[sweep]) error {
		return purge(ctx, s.db, s.now())
	})
}
