package desk

import (
	"time"

	"kabinet/internal/platform/fault"
)

// ErrGone is returned for a job that is not among the failed ones any more.
var ErrGone = fault.New(fault.Conflict, "desk.job_gone")

// Operations is how the portal works at the moment.
type Operations struct {
	Version  string
	Postgres bool // else SQLite
	Waiting  int  // jobs whose time will come
	Running  int
	Failed   int   // jobs that were given up
	Jobs     []Job // the newest of those that were given up
}

// Job is a piece of background work that was given up.
type Job struct {
	ID       string
	Kind     string // "notify.deliver"
	Attempts int
	Error    string // of the last attempt
	At       time.Time
}

// jobsShown is how many failed jobs the page shows.
const jobsShown = 50
