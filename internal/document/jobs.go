package document

import (
	"context"

	"kabinet/internal/platform/jobs"
)

// erase removes the content of a file whose row is gone. Five attempts over
// half a minute, a minute each: a folder that stays unwritable longer is an
// operator's matter.
type erase struct {
	Blob string `json:"blob"`
}

func (erase) Kind() string { return "document.erase" }

// Jobs tells the runner of this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 5}, func(_ context.Context, j jobs.Job[erase]) error {
		return s.cfg.Blobs.Delete(j.Args.Blob)
	})
}
